import { once } from 'node:events'
import type { LookupFunction, Socket } from 'node:net'
import { type Behaviours, closed, connected, SOCKET_EVENTS } from './trial.ts'

const ATTEMPTS = 'lookup connectionAttempt connectionAttemptFailed connectionAttemptTimeout connect error close'

const found =
  (...addresses: [string, 4 | 6][]): LookupFunction =>
  (_name, options, callback) => {
    const list = addresses.map(([address, family]) => ({ address, family }))
    setImmediate(() => {
      if (options.all) callback(null, list)
      else callback(null, list[0]!.address, list[0]!.family)
    })
  }

export const optionBehaviours: Behaviours = {
  'a lookup of its own': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end()))
    const lookup: LookupFunction = (name, options, callback) => {
      trial.log('lookup', name, options.family, options.all, options.hints)
      found(['127.0.0.1', 4])(name, options, callback)
    }
    const client = trial.watch('client', trial.net.connect({ port, host: 'name.invalid', lookup }).resume(), ATTEMPTS)
    await closed(client)
    trial.log('client', client.autoSelectFamilyAttemptedAddresses)
  },
  'a lookup for one family': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end()))
    const lookup: LookupFunction = (name, options, callback) => {
      trial.log('lookup', name, options.family, options.all, options.hints)
      found(['127.0.0.1', 4])(name, options, callback)
    }
    const options = { port, host: 'name.invalid', lookup, family: 4, hints: 0 }
    await closed(trial.watch('client', trial.net.connect(options).resume(), ATTEMPTS))
  },
  'a lookup that fails': async (trial) => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 4)
    await closed(trial.watch('client', trial.net.connect({ port: 1, host: 'name.invalid', lookup }), ATTEMPTS))
  },
  'a lookup that finds no address': async (trial) => {
    const options = { port: 80, host: 'name.invalid', lookup: found(['nonsense', 4]) }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'a lookup that finds no family': async (trial) => {
    const options = { port: 80, host: 'name.invalid', lookup: found(['127.0.0.1', 5 as 4]) }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'a lookup of one address without a family': async (trial) => {
    const options = { port: 80, host: 'name.invalid', lookup: found(['127.0.0.1', 5 as 4]), family: 4 }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'the second address answers': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end()))
    const lookup = found(['::1', 6], ['127.0.0.1', 4])
    const options = { port, host: 'name.invalid', lookup, autoSelectFamily: true }
    const client = trial.watch('client', trial.net.connect(options).resume(), ATTEMPTS)
    await closed(client)
    trial.log('client', client.autoSelectFamilyAttemptedAddresses, client.destroyed)
  },
  'no address answers': async (trial) => {
    const port = await trial.freePort()
    const lookup = found(['::1', 6], ['127.0.0.1', 4])
    const options = { port, host: 'name.invalid', lookup, autoSelectFamily: true }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'families alternate': async (trial) => {
    const port = await trial.freePort()
    const lookup = found(['127.0.0.1', 4], ['127.0.0.2', 4], ['::1', 6], ['127.0.0.1', 4])
    const options = { port, host: 'name.invalid', lookup, autoSelectFamily: true }
    const client = trial.watch('client', trial.net.connect(options), ATTEMPTS)
    await closed(client)
    trial.log('client', client.autoSelectFamilyAttemptedAddresses)
  },
  'without autoSelectFamily the first address alone': async (trial) => {
    const port = await trial.freePort()
    const lookup = found(['::1', 6], ['127.0.0.1', 4])
    const options = { port, host: 'name.invalid', lookup, autoSelectFamily: false }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'destroyed during the lookup': async (trial) => {
    const options = { port: 1, host: 'name.invalid', lookup: found(['127.0.0.1', 4]) }
    const client = trial.watch('client', trial.net.connect(options), ATTEMPTS)
    client.destroy()
    await closed(client)
    await new Promise((resolve) => setTimeout(resolve, 20))
  },
  'a block list refuses to connect': async (trial) => {
    const blockList = new trial.net.BlockList()
    blockList.addAddress('127.0.0.1')
    const options = { port: 1, host: '127.0.0.1', blockList }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'an abort signal': async (trial) => {
    const [client] = await connected(trial)
    const controller = new AbortController()
    const port = client.remotePort!
    const aborted = trial.net.connect({ port, host: '127.0.0.1', signal: controller.signal } as never)
    trial.watch('client', aborted, SOCKET_EVENTS)
    await once(aborted, 'connect')
    controller.abort()
    await closed(aborted)
  },
  'an abort signal that was given before': async (trial) => {
    const socket = trial.watch('client', new trial.net.Socket({ signal: AbortSignal.abort() }), SOCKET_EVENTS)
    await closed(socket)
  },
  'a timeout while nothing happens': async (trial) => {
    const [client] = await connected(trial)
    trial.watch('client', client, SOCKET_EVENTS)
    trial.log('client', client.setTimeout(15, () => trial.log('client', 'callback')) === client, client.timeout)
    await once(client, 'timeout')
    trial.log('client', client.destroyed)
  },
  'a timeout that is taken back': async (trial) => {
    const [client] = await connected(trial)
    const callback = (): void => trial.log('client', 'timeout')
    client.setTimeout(10, callback)
    client.setTimeout(0, callback)
    await new Promise((resolve) => setTimeout(resolve, 30))
    trial.log('client', client.timeout, client.listenerCount('timeout'))
  },
  'a timeout of a socket that is not connected': async (trial) => {
    const socket = new trial.net.Socket()
    socket.setTimeout(5)
    await once(socket, 'timeout')
    trial.log('socket', 'timeout', socket.destroyed)
  },
  'the option timeout': async (trial) => {
    const [client] = await connected(trial, {}, { timeout: 1234 })
    trial.log('client', client.timeout)
  },
  'onread with a buffer of its own': async (trial) => {
    const buffer = Buffer.alloc(4)
    const port = await trial.listen(trial.net.createServer((socket) => socket.end('abcdefghij')))
    let text = ''
    const onread = {
      buffer,
      callback: (bytes: number, given: Uint8Array): boolean => {
        text += Buffer.from(given.subarray(0, bytes)).toString()
        trial.log('client', given === buffer)
        return true
      },
    }
    const client = trial.net.connect({ port, host: '127.0.0.1', onread })
    trial.watch('client', client, 'data end close')
    await closed(client)
    trial.log('client', text, client.bytesRead)
  },
  'onread with fresh buffers, and a pause': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end('abcdef')))
    let text = ''
    const onread = {
      buffer: () => Buffer.alloc(2),
      callback: (bytes: number, given: Uint8Array): boolean => {
        text += Buffer.from(given.subarray(0, bytes)).toString()
        setTimeout(() => client.resume(), 2)
        return false
      },
    }
    const client: Socket = trial.net.connect({ port, host: '127.0.0.1', onread })
    await closed(client)
    trial.log('client', text)
  },
  'highWaterMark of a socket': async (trial) => {
    const [client] = await connected(trial, {}, { highWaterMark: 100 })
    trial.log('client', client.readableHighWaterMark, client.writableHighWaterMark, client.write('x'.repeat(200)))
  },
  'noDelay reaches the handle': async (trial) => {
    const port = await trial.listen(trial.net.createServer())
    const calls: unknown[] = []
    const client = trial.keep(trial.net.connect({ port, host: '127.0.0.1', noDelay: true }))
    watchHandle(client, 'setNoDelay', calls)
    await once(client, 'connect')
    client.setNoDelay(true).setNoDelay(false).setNoDelay(false).setNoDelay()
    trial.log('client', calls)
  },
  'keepAlive reaches the handle': async (trial) => {
    const port = await trial.listen(trial.net.createServer())
    const calls: unknown[] = []
    const options = { port, host: '127.0.0.1', keepAlive: true, keepAliveInitialDelay: 3000 }
    const client = trial.keep(trial.net.connect(options))
    watchHandle(client, 'setKeepAlive', calls)
    await once(client, 'connect')
    client.setKeepAlive(true, 3000).setKeepAlive(true, 5500).setKeepAlive(false)
    trial.log(
      'client',
      calls.map((each) => (each as unknown[]).slice(0, 2)),
    )
  },
  'localAddress and localPort': async (trial) => {
    const localPort = await trial.freePort()
    const [client] = await connected(trial, {}, { localAddress: '127.0.0.1', localPort })
    trial.log('client', client.localAddress, client.localPort)
  },
  'a local address of somebody else': async (trial) => {
    const options = { port: 1, host: '127.0.0.1', localAddress: '192.0.2.7' }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'a local address of the other family': async (trial) => {
    const options = { port: 1, host: '127.0.0.1', localAddress: '::1' }
    await closed(trial.watch('client', trial.net.connect(options), ATTEMPTS))
  },
  'options are left as they were': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end()))
    const options = Object.freeze({ port, host: '127.0.0.1' })
    await closed(trial.net.connect(options).resume())
    trial.log('client', options)
  },
  'the type of service': async (trial) => {
    const [client] = await connected(trial)
    const modern = client as never as { setTypeOfService?(value: unknown): unknown; getTypeOfService?(): number }
    if (modern.setTypeOfService === undefined) return
    trial.log('client', modern.getTypeOfService!(), modern.setTypeOfService(16) === client, modern.getTypeOfService!())
    trial.throws('client', () => modern.setTypeOfService!(256))
    trial.throws('client', () => modern.setTypeOfService!('1'))
    trial.throws('client', () => modern.setTypeOfService!(Number.NaN))
  },
}

/** Notes the calls of one method of a socket's handle. */
function watchHandle(socket: Socket, name: string, calls: unknown[]): void {
  const handle = (socket as never as { _handle: Record<string, (...args: unknown[]) => unknown> })._handle
  const method = handle[name]!.bind(handle)
  handle[name] = (...args) => {
    calls.push(args)
    return method(...args)
  }
}
