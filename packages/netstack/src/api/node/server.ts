import diagnosticsChannel from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import type net from 'node:net'
import { getDefaultHighWaterMark } from 'node:stream'
import { promisify } from 'node:util'
import { nodeNet } from './builtins.ts'
import { errnoError, invalidArgType, serverNotRunning, validateType } from './errors.ts'
import { listenServer } from './listening.ts'
import type { Network } from './network.ts'
import type { PipeHandle } from './pipe-handle.ts'
import type { Socket } from './socket.ts'
import type { SocketOptions } from './socket-options.ts'
import { StreamHandle } from './stream-handle.ts'
import type { SocketName, TcpHandle } from './tcp-handle.ts'

const serverChannel = diagnosticsChannel.channel('net.server.socket')

export interface ServerOptions {
  allowHalfOpen?: boolean
  pauseOnConnect?: boolean
  noDelay?: boolean
  keepAlive?: boolean
  keepAliveInitialDelay?: number
  highWaterMark?: number
  blockList?: net.BlockList
}

type ConnectionListener = (socket: Socket) => void
type ListenHandle = TcpHandle | PipeHandle

/** `net.Server` on a stack, with the behaviour of Node's. */
export class Server extends EventEmitter {
  declare _connections: number
  declare _handle: ListenHandle | null
  declare _usingWorkers: boolean
  declare _workers: unknown[]
  declare _unref: boolean
  declare _listeningId: number
  declare _pipeName: string | undefined
  declare _connectionKey: string | undefined
  declare allowHalfOpen: boolean
  declare pauseOnConnect: boolean
  declare noDelay: boolean
  declare keepAlive: boolean
  declare keepAliveInitialDelay: number
  declare highWaterMark: number
  declare blockList: net.BlockList | undefined
  declare maxConnections: number | undefined
  declare _network: Network

  constructor(given?: ServerOptions | ConnectionListener | null, listener?: ConnectionListener) {
    super()
    startServer(this, given, listener)
  }

  /** What constructors of before there were classes do: `net.Server.call(this, options)`. */
  static initialize(
    server: Server,
    given?: ServerOptions | ConnectionListener | null,
    listener?: ConnectionListener,
  ): void {
    ;(EventEmitter as unknown as (this: EventEmitter) => void).call(server)
    startServer(server, given, listener)
  }

  listen(...args: unknown[]): this {
    listenServer(this, args)
    return this
  }

  get listening(): boolean {
    return this._handle !== null
  }

  address(): SocketName | string | null {
    const handle = this._handle
    if (handle !== null && 'getsockname' in handle) {
      const out: SocketName = {}
      const status = handle.getsockname(out)
      if (status) throw errnoError(status, 'address')
      return out
    }
    return this._pipeName ?? null
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this._connections)
    return this
  }

  close(callback?: (error?: Error) => void): this {
    this._listeningId++
    if (typeof callback === 'function') {
      if (this._handle) this.once('close', callback)
      else this.once('close', () => callback(serverNotRunning()))
    }
    if (this._handle) {
      this._handle.close()
      this._handle = null
    }
    this._emitCloseIfDrained()
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this._handle) return
    await promisify((done: (error?: Error) => void) => this.close(done))()
  }

  _emitCloseIfDrained(): void {
    if (this._handle || this._connections) return
    process.nextTick(() => this.emit('close'))
  }

  ref(): this {
    this._unref = false
    this._handle?.ref()
    return this
  }

  unref(): this {
    this._unref = true
    this._handle?.unref()
    return this
  }

  _setupWorker(): void {
    this._usingWorkers = true
  }
}

function startServer(
  server: Server,
  given: ServerOptions | ConnectionListener | null | undefined,
  listener: ConnectionListener | undefined,
): void {
  let options: ServerOptions = {}
  if (typeof given === 'function') server.on('connection', given)
  else if (given == null || typeof given === 'object') {
    options = { ...given }
    if (typeof listener === 'function') server.on('connection', listener)
  } else throw invalidArgType('options', 'Object', given)
  configure(server, options)
}

function configure(server: Server, options: ServerOptions): void {
  if (options.keepAliveInitialDelay !== undefined) {
    validateType(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay', 'number')
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0
  }
  if (options.highWaterMark !== undefined) {
    validateType(options.highWaterMark, 'options.highWaterMark', 'number')
    if (options.highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark(false)
  }
  server._connections = 0
  server._handle = null
  server._usingWorkers = false
  server._workers = []
  server._unref = false
  server._listeningId = 1
  server.allowHalfOpen = options.allowHalfOpen || false
  server.pauseOnConnect = Boolean(options.pauseOnConnect)
  server.noDelay = Boolean(options.noDelay)
  server.keepAlive = Boolean(options.keepAlive)
  server.keepAliveInitialDelay = ~~((options.keepAliveInitialDelay ?? 0) / 1000)
  server.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark(false)
  if (options.blockList) {
    if (!nodeNet.BlockList.isBlockList(options.blockList))
      throw invalidArgType('options.blockList', 'net.BlockList', options.blockList)
    server.blockList = options.blockList
  }
}

// A listener that is asynchronous has failed: of 'connection', it takes its socket along.
Object.defineProperty(Server.prototype, EventEmitter.captureRejectionSymbol, {
  value(this: Server, error: Error, event: string | symbol, socket?: Socket): void {
    if (event === 'connection') socket?.destroy(error)
    else this.emit('error', error)
  },
  configurable: true,
  writable: true,
})

/** A connection has come in at `server._handle`. */
export function onConnection(server: Server, status: number, client: TcpHandle | PipeHandle): void {
  if (status !== 0) {
    server.emit('error', errnoError(status, 'accept'))
    return
  }
  if (server.maxConnections != null && server._connections >= server.maxConnections) {
    drop(server, client)
    return
  }
  if (server.blockList) {
    const { address = '' } = namesOf(client).remote
    const family = nodeNet.isIP(address)
    if (family !== 0 && server.blockList.check(address, `ipv${family as 4 | 6}`)) {
      client.close()
      return
    }
  }
  const options: SocketOptions = {
    handle: client,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
    noDelay: server.noDelay && 'setNoDelay' in client,
  }
  if (server.keepAlive && 'setKeepAlive' in client) {
    options.keepAlive = true
    options.keepAliveInitialDelay = server.keepAliveInitialDelay * 1000
  }
  // What comes in at a handle of the kernel is a socket of the kernel.
  const isOurs = client instanceof StreamHandle
  const socket = isOurs
    ? server._network.createSocket(options)
    : (new nodeNet.Socket(options as net.SocketConstructorOpts) as unknown as Socket)
  if (server.noDelay && 'setNoDelay' in client) client.setNoDelay(true)
  if (server.keepAlive && 'setKeepAlive' in client) client.setKeepAlive(true, server.keepAliveInitialDelay)
  server._connections++
  socket.server = server
  socket._server = server
  server.emit('connection', socket)
  if (serverChannel.hasSubscribers) serverChannel.publish({ socket })
}

function namesOf(client: TcpHandle | PipeHandle): { local: SocketName; remote: SocketName } {
  const local: SocketName = {}
  const remote: SocketName = {}
  if ('getsockname' in client) {
    client.getsockname(local)
    client.getpeername(remote)
  }
  return { local, remote }
}

function drop(server: Server, client: TcpHandle | PipeHandle): void {
  if ('getsockname' in client) {
    const { local, remote } = namesOf(client)
    const data = {
      localAddress: local.address,
      localPort: local.port,
      localFamily: local.family,
      remoteAddress: remote.address,
      remotePort: remote.port,
      remoteFamily: remote.family,
    }
    // Without a prototype, as Node's.
    server.emit('drop', Object.setPrototypeOf(data, null))
  } else server.emit('drop')
  client.close()
}
