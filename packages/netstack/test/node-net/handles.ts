import { once } from 'node:events'
import nodeNet, { type AddressInfo, type Server, type Socket, type SocketConstructorOpts } from 'node:net'
import { type PerformanceEntry, type PerformanceMeasure, PerformanceObserver } from 'node:perf_hooks'
import { inherits } from 'node:util'
import { type Behaviours, closed, connected, type Net, SOCKET_EVENTS, type Trial } from './trial.ts'

// What is below a socket: handles of somebody else's making, numbers of descriptors, local ends that were bound before.

interface Bound {
  address(): AddressInfo | string
  fd(): number
  close(): void
  readonly isPipe: boolean
}
type BoundClass = new (options?: unknown) => Bound

/** Node has it since 24; before that there is nothing to compare with. */
const hasBoundSocket = 'BoundSocket' in nodeNet
const boundClassOf = (trial: Trial): BoundClass => (trial.net as unknown as { BoundSocket: BoundClass }).BoundSocket

type Described = { _handle: { fd: number } | null }
const descriptorOf = (of: Socket | Server): number => (of as unknown as Described)._handle!.fd

/** A client that is heard out by whoever listens at the address. */
async function ask(trial: Trial, client: Socket): Promise<void> {
  trial.watch('client', client, SOCKET_EVENTS)
  client.on('data', (chunk) => trial.log('client', 'data', chunk))
  await closed(client)
}

const socketOn = (trial: Trial, options: object): Socket => new trial.net.Socket(options as SocketConstructorOpts)

const bound: Behaviours = {
  'a bound socket tells its address': (trial) => {
    const BoundSocket = boundClassOf(trial)
    for (const options of [{ host: '127.0.0.1' }, { port: 0 }, undefined, { ipv6Only: true }, { host: '::1' }]) {
      const socket = new BoundSocket(options)
      trial.port((socket.address() as AddressInfo).port)
      trial.log('bound', socket.address(), socket.fd() >= 0, socket.isPipe)
      socket.close()
      trial.throws('bound', () => socket.address())
      trial.throws('bound', () => socket.fd())
      trial.throws('bound', () => socket.close())
    }
  },
  'a bound socket that cannot be': (trial) => {
    const BoundSocket = boundClassOf(trial)
    const wrong = [0, null, 'x', [], { host: 1 }, { host: 'localhost' }, { host: '192.0.2.1' }, { port: -1 }]
    for (const options of [...wrong, { ipv6Only: 1 }, { path: 1 }, { path: '/x', port: 0 }])
      trial.throws('bound', () => new BoundSocket(options))
  },
  'a bound socket at a port that is taken': async (trial) => {
    const port = await trial.listen(trial.net.createServer())
    trial.throws('bound', () => new (boundClassOf(trial))({ host: '127.0.0.1', port }))
  },
  'a server takes a bound socket over': async (trial) => {
    const socket = new (boundClassOf(trial))({ host: '127.0.0.1', port: 0 })
    const { port } = socket.address() as AddressInfo
    trial.port(port)
    const server = trial.keep(trial.net.createServer((accepted) => accepted.end('hello')))
    server.listen(socket as unknown as object)
    await once(server, 'listening')
    trial.log('server', server.address())
    trial.throws('bound', () => socket.address())
    await ask(trial, trial.net.connect(port, '127.0.0.1'))
  },
  'a client takes a bound socket over': async (trial) => {
    const port = await trial.listen(trial.net.createServer((accepted) => accepted.end(`${accepted.remotePort}`)))
    const socket = new (boundClassOf(trial))({ host: '127.0.0.1', port: 0 })
    const local = trial.port((socket.address() as AddressInfo).port, 'LOCAL')
    const client = socketOn(trial, { handle: socket })
    trial.throws('bound', () => socket.close())
    trial.throws('client', () => client.connect({ port, host: '127.0.0.1', localPort: 1 }))
    client.connect({ port, host: '127.0.0.1' })
    trial.log('client', client.localAddress, client.localPort === local, client.connecting)
    await ask(trial, client)
  },
  'a bound socket of the other family': async (trial) => {
    const port = await trial.listen(trial.net.createServer())
    const socket = new (boundClassOf(trial))({ host: '127.0.0.1', port: 0 })
    trial.port((socket.address() as AddressInfo).port)
    const client = socketOn(trial, { handle: socket })
    client.connect({ port, host: '::1' })
    const [error] = await once(client, 'error')
    trial.log('client', error.code, error.syscall)
  },
  'a pipe that is bound before it is connected': async (trial) => {
    const [from, to] = [trial.path('from'), trial.path('to')]
    const server = trial.keep(trial.net.createServer((accepted) => accepted.end('hello')))
    server.listen(to)
    await once(server, 'listening')
    const socket = new (boundClassOf(trial))({ path: from })
    trial.log('bound', socket.address(), socket.isPipe)
    trial.throws('another', () => new (boundClassOf(trial))({ path: from }))
    const client = socketOn(trial, { handle: socket })
    client.connect({ path: to })
    trial.log('client', client.localAddress)
    await ask(trial, client)
    client.connect({ path: to })
    await ask(trial, client)
  },
}

export const handleBehaviours: Behaviours = {
  ...(hasBoundSocket ? bound : {}),
  'a server listens at the descriptor of another': async (trial) => {
    const first = trial.keep(trial.net.createServer())
    await trial.listen(first)
    const handle = (
      trial.net as unknown as { _createServerHandle: (...args: unknown[]) => { fd: number } }
    )._createServerHandle('127.0.0.1', 0, 4)
    trial.log('handle', handle.fd >= 0, descriptorOf(first) >= 0, descriptorOf(first) !== handle.fd)
    const server = trial.keep(trial.net.createServer((socket) => socket.end('hello')))
    server.listen({ fd: handle.fd })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    trial.port(port)
    await ask(trial, trial.net.connect(port, '127.0.0.1'))
  },
  'sockets have descriptors while they are open': async (trial) => {
    const [client, accepted] = await connected(trial)
    trial.log('sockets', descriptorOf(client) >= 0, descriptorOf(client) !== descriptorOf(accepted))
    const handle = (client as unknown as Described)._handle!
    client.destroy()
    await closed(client)
    trial.log('client', handle.fd)
  },
  'listening at a descriptor of a file': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), 'listening error')
    server.listen({ fd: 0x3fff_ffff })
    await once(server, 'error').catch(() => {})
  },
  'connecting from a port at which somebody listens': async (trial) => {
    const port = await trial.listen(trial.net.createServer())
    const localPort = await trial.listen(trial.net.createServer())
    const client = trial.net.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort })
    await closed(trial.watch('client', client, SOCKET_EVENTS))
  },
  'connecting from an address of the other family': async (trial) => {
    const server = trial.net.createServer()
    const port = await trial.listen(server, '::1')
    for (const [host, localAddress] of [
      ['::1', '127.0.0.1'],
      ['127.0.0.1', '::1'],
    ] as const)
      await closed(trial.watch('client', trial.net.connect({ host, port, localAddress }), SOCKET_EVENTS))
  },
  'a handle that can do hardly anything': (trial) => {
    const handle = { readStart: () => 0, setNoDelay: null, setKeepAlive: undefined, close() {} }
    const socket = socketOn(trial, { handle })
    trial.log('socket', socket.setNoDelay(true) === socket, socket.setKeepAlive(true, 1000) === socket)
    trial.log('socket', socket.ref() === socket, socket.unref() === socket, socket.address(), socket.remoteAddress)
  },
  'a handle that is told about Nagle once': (trial) => {
    const handle = { readStart: () => 0, setNoDelay: (on: boolean) => trial.log('handle', on) }
    const socket = socketOn(trial, { handle })
    for (const on of [undefined, true, 1, false, 0, true, '']) socket.setNoDelay(on as boolean)
  },
  'heirs of the old kind': async (trial) => {
    const { Socket: BaseSocket, Server: BaseServer } = trial.net as unknown as Record<
      string,
      (...args: unknown[]) => void
    >
    function OldSocket(this: Socket, options?: object): void {
      BaseSocket!.call(this, options)
    }
    function OldServer(this: Server, listener: (socket: Socket) => void): void {
      BaseServer!.call(this, listener)
    }
    inherits(OldSocket, BaseSocket as never)
    inherits(OldServer, BaseServer as never)
    const server = Reflect.construct(OldServer, [(socket: Socket) => socket.end('hello')]) as Server
    trial.log('server', server instanceof trial.net.Server, server instanceof OldServer, server.listening)
    const port = await trial.listen(server)
    const client = Reflect.construct(OldSocket, [{ allowHalfOpen: false }]) as Socket
    trial.log('client', client instanceof trial.net.Socket, client instanceof OldSocket, client.readyState)
    client.connect(port, '127.0.0.1')
    await ask(trial, client)
  },
  'an observer of performance sees connections that stand, and no others': async (trial) => {
    const port = await trial.listen(trial.net.createServer((socket) => socket.end()))
    const nobody = await trial.freePort()
    const entries: PerformanceEntry[] = []
    const observer = new PerformanceObserver((list) => void entries.push(...list.getEntries()))
    observer.observe({ type: 'net' as never })
    for (const target of [port, nobody])
      await closed(
        trial.net
          .connect(target, '127.0.0.1')
          .on('error', () => {})
          .resume(),
      )
    entries.push(...observer.takeRecords())
    observer.disconnect()
    for (const { name, entryType, startTime, duration, detail } of entries as PerformanceMeasure[])
      trial.log('entry', name, entryType, startTime > 0, duration >= 0, detail)
  },
  'ports are not to be guessed': async (trial) => {
    const start = async (net: Net): Promise<number> => {
      const server = net.createServer()
      await trial.listen(server)
      return (server.address() as AddressInfo).port
    }
    const ports = new Set([await start(trial.net), await start(trial.net)])
    trial.log('ports', ports.size)
  },
}
