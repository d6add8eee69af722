import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { type Behaviours, closed, connected, SOCKET_EVENTS, type Trial } from './trial.ts'

const SERVER_EVENTS = 'listening connection error close drop'

async function listening(trial: Trial, ...args: unknown[]): Promise<Server> {
  const server = trial.watch('server', trial.keep(trial.net.createServer()), SERVER_EVENTS)
  server.listen(...(args as [number]))
  await Promise.race([once(server, 'listening'), new Promise((resolve) => server.once('error', resolve))])
  const address = server.address() as AddressInfo | null
  if (address?.port !== undefined) trial.port(address.port)
  trial.log('server', address, server.listening)
  return server
}

export const serverBehaviours: Behaviours = {
  'listening at a port of any address': (trial) => listening(trial, 0),
  'listening at nothing named': (trial) => listening(trial),
  'listening with a callback alone': (trial) => listening(trial, () => trial.log('server', 'callback')),
  'listening at IPv4 only': (trial) => listening(trial, 0, '0.0.0.0'),
  'listening at IPv6 only': (trial) => listening(trial, { port: 0, host: '::', ipv6Only: true }),
  'listening at a port that is text': (trial) => listening(trial, '0', '127.0.0.1'),
  'listening at a port that is null': (trial) => listening(trial, { port: null, host: '127.0.0.1' }),
  'listening at a port that is undefined': (trial) => listening(trial, { port: undefined, host: '127.0.0.1' }),
  'listening with a backlog': (trial) => listening(trial, 0, '127.0.0.1', 5, () => trial.log('server', 'callback')),
  'listening at an address of somebody else': (trial) => listening(trial, 0, '192.0.2.1'),
  'listening at an empty host': (trial) => listening(trial, 0, ''),
  'listening twice': async (trial) => {
    const server = await listening(trial, 0, '127.0.0.1')
    trial.throws('server', () => server.listen(0))
  },
  'a port that is taken': async (trial) => {
    const first = await listening(trial, 0, '127.0.0.1')
    const second = trial.watch('second', trial.net.createServer(), SERVER_EVENTS)
    second.listen((first.address() as AddressInfo).port, '127.0.0.1')
    await once(second, 'error')
    trial.log('second', second.listening, second.address())
    second.close((error) => trial.log('second', 'closed', error))
    await once(second, 'close')
  },
  'a port that is taken for any address': async (trial) => {
    const first = await listening(trial, 0)
    const second = trial.watch('second', trial.net.createServer(), SERVER_EVENTS)
    second.listen((first.address() as AddressInfo).port)
    await once(second, 'error')
  },
  'two servers that share a port': async (trial) => {
    const [first, second] = [trial.net.createServer(), trial.net.createServer()]
    trial.keep(second)
    first.listen({ port: 0, host: '127.0.0.1', reusePort: true })
    await once(first, 'listening')
    const { port } = first.address() as AddressInfo
    trial.port(port)
    second.listen({ port, host: '127.0.0.1', reusePort: true })
    await once(second, 'listening')
    trial.log('second', second.address())
    first.close()
    await once(first, 'close')
    second.on('connection', (socket) => socket.end('the second'))
    for await (const chunk of trial.net.connect(port, '127.0.0.1')) trial.log('client', chunk)
  },
  'listening again after close': async (trial) => {
    const server = await listening(trial, 0, '127.0.0.1')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    trial.log('server', server.address())
  },
  'close while a connection is open': async (trial) => {
    const [client, accepted, server] = await connected(trial)
    trial.watch('server', server, SERVER_EVENTS)
    server.close((error) => trial.log('server', 'callback', error))
    trial.log('server', server.listening, server.address())
    await new Promise((resolve) => setTimeout(resolve, 20))
    trial.log('server', 'still open')
    client.end()
    accepted.resume()
    await once(server, 'close')
  },
  'close without listening': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), SERVER_EVENTS)
    server.close((error) => trial.log('server', 'callback', error))
    await once(server, 'close')
  },
  'close before listening has been told': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), SERVER_EVENTS)
    server.listen(0)
    server.close((error) => trial.log('server', 'callback', error))
    await once(server, 'close')
  },
  'close before the host is looked up': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), SERVER_EVENTS)
    server.listen(0, '127.0.0.1')
    server.close((error) => trial.log('server', 'callback', error))
    await once(server, 'close')
    await new Promise((resolve) => setTimeout(resolve, 20))
  },
  'asynchronous disposal': async (trial) => {
    const server = await listening(trial, 0)
    await server[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    trial.log('server', server.listening)
  },
  'the number of connections': async (trial) => {
    const [client, accepted, server] = await connected(trial)
    server.getConnections((error, count) => trial.log('server', error, count))
    accepted.destroy()
    await closed(accepted)
    const returned = server.getConnections((error, count) => trial.log('server', error, count))
    trial.log('server', 'at once', returned === server)
    await new Promise(setImmediate)
    client.destroy()
  },
  'more connections than maxConnections': async (trial) => {
    const [, , server] = await connected(trial)
    server.maxConnections = 1
    server.on('drop', (data) => {
      trial.port(data!.remotePort!, 'DROPPED')
      trial.log('server', 'drop', data)
    })
    const port = (server.address() as AddressInfo).port
    const client = trial.watch('client', trial.net.connect(port, '127.0.0.1').resume(), 'end close')
    await Promise.all([once(server, 'drop'), closed(client)])
    trial.log('server', server.connections)
  },
  'no connections at all': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), 'connection')
    server.maxConnections = 0
    const port = await trial.listen(server)
    await closed(trial.watch('client', trial.net.connect(port, '127.0.0.1').resume(), 'end close error'))
  },
  pauseOnConnect: async (trial) => {
    const [client, accepted] = await connected(trial, { pauseOnConnect: true })
    accepted.on('data', (chunk) => trial.log('accepted', 'data', chunk))
    client.write('held')
    await new Promise((resolve) => setTimeout(resolve, 20))
    trial.log('accepted', accepted.bytesRead, accepted.isPaused())
    accepted.resume()
    await once(accepted, 'data')
  },
  'the high-water mark of a server': async (trial) => {
    const [, accepted] = await connected(trial, { highWaterMark: 1234 })
    trial.log('accepted', accepted.readableHighWaterMark, accepted.writableHighWaterMark)
  },
  'a server that knows its sockets': async (trial) => {
    const [, accepted, server] = await connected(trial)
    trial.log('accepted', (accepted as never as { server: unknown }).server === server)
    trial.log('server', server.connections, accepted instanceof trial.net.Socket)
  },
  'an abort signal closes the server': async (trial) => {
    const controller = new AbortController()
    const server = trial.watch('server', trial.net.createServer(), SERVER_EVENTS)
    server.listen({ port: 0, signal: controller.signal })
    await once(server, 'listening')
    controller.abort()
    await once(server, 'close')
  },
  'an abort signal that was given before': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), SERVER_EVENTS)
    server.listen({ port: 0, signal: AbortSignal.abort() })
    await once(server, 'close')
    trial.log('server', server.listening)
  },
  'a block list refuses': async (trial) => {
    const blockList = new trial.net.BlockList()
    blockList.addAddress('127.0.0.1')
    const server = trial.watch('server', trial.net.createServer({ blockList }), 'connection')
    const port = await trial.listen(server)
    await closed(trial.watch('client', trial.net.connect(port, '127.0.0.1').resume(), 'end close error'))
  },
  'a rejected listener destroys the socket': async (trial) => {
    const server = trial.net.createServer({ captureRejections: true } as never)
    const Server = trial.net.Server
    void Server
    ;(server as never as { [key: symbol]: unknown })[Symbol.for('nodejs.rejection')] ??= () => {}
    const port = await trial.listen(server)
    const method = (server as never as Record<symbol, (...args: unknown[]) => void>)[Symbol.for('nodejs.rejection')]
    trial.log('server', typeof method)
    const client = trial.net.connect(port, '127.0.0.1').resume()
    const [accepted] = await once(server, 'connection')
    trial.watch('accepted', accepted, 'error close')
    method!.call(server, new Error('failed'), 'connection', accepted)
    await closed(client, accepted)
  },
  'many clients': async (trial) => {
    const server = trial.net.createServer((socket) => socket.end('x'.repeat(1000)))
    const port = await trial.listen(server)
    const lengths = await Promise.all(
      Array.from({ length: 50 }, async () => {
        let length = 0
        for await (const chunk of trial.net.connect(port, '127.0.0.1')) length += chunk.length
        return length
      }),
    )
    trial.log('clients', lengths.join())
  },
  'a socket from a connection outlives the server': async (trial) => {
    const [client, accepted, server] = await connected(trial)
    trial.watch('client', client, SOCKET_EVENTS)
    server.close()
    accepted.end('bye')
    client.on('data', (chunk) => trial.log('client', chunk))
    await closed(client)
  },
  'methods that return the server': async (trial) => {
    const server = trial.net.createServer()
    trial.log('server', server.listen(0) === server, server.ref() === server, server.unref() === server)
    trial.log('server', server.close() === server)
    await once(server, 'close')
  },
}
