import { syncBuiltinESMExports } from 'node:module'
import type net from 'node:net'
import { normalizeArgs } from './arguments.ts'
import { nodeNet } from './builtins.ts'
import { connectSocket, type SocketConnectOptions } from './connecting.ts'
import { createDgram } from './datagram.ts'
import { defaultHost } from './default-host.ts'
import { socketClosed } from './errors.ts'
import type { NetHost } from './host.ts'
import { nodeDgram, nodeTls } from './install-builtins.ts'
import { patchChannels } from './install-processes.ts'
import { patchStreamSockets } from './install-streams.ts'
import {
  leaveEndToTls,
  patchedTlsConnect,
  patchedTlsMethods,
  patchedTlsServerEmit,
  patchedTlsSocket,
} from './install-tls.ts'
import { listenServer } from './listening.ts'
import { createNet, type NetModule, type Network } from './network.ts'
import { type AnyFunction, patch } from './patch.ts'
import { PipeHandle } from './pipe-handle.ts'
import type { Server } from './server.ts'
import { Socket } from './socket.ts'
import type { SocketOptions, SocketSettings } from './socket-options.ts'
import { adoptHandle, type UserBuffer } from './socket-read.ts'
import { dispatchWrite } from './socket-write.ts'
import { TcpHandle } from './tcp-handle.ts'

type Options = Record<string, unknown>

let undo: (() => void) | null = null

/**
 * Puts the TCP of an unmodified program onto a stack: `net.Socket.prototype.connect`, `net.Server.prototype.listen` and `tls.connect`
 * are patched, so that `http`, `https` and `fetch` run on it too; with `udp`, `dgram.createSocket` is. Pipes (`{ path }`), descriptors,
 * handles that are given, `dns` and child processes stay real. A second call does nothing.
 *
 * @param host the stack; without one, that of `@wirehub/netstack/node-net`
 */
export function install(host: NetHost = defaultHost(), options: { udp?: boolean } = {}): void {
  if (undo !== null) return
  const own = createNet(host)
  const network: Network = {
    host,
    createTcp: () => new TcpHandle(host),
    createPipe: () => new PipeHandle(host),
    createSocket: (options) => acceptedSocket(network, options),
  }
  // Before TLS is patched.
  const streamSockets = patchStreamSockets()
  const restore = [
    patch(nodeNet.Socket.prototype, 'connect', (original) => patchedConnect(network, original)),
    patch(nodeNet.Server.prototype, 'listen', (original) => patchedListen(network, own, original)),
    patch(nodeTls, 'connect', patchedTlsConnect),
    patch(nodeTls, 'TLSSocket', patchedTlsSocket),
    patch(nodeTls.Server.prototype, 'emit', patchedTlsServerEmit),
    ...streamSockets,
    ...patchChannels(),
    ...patchedTlsMethods().map(([name, make]) => patch(nodeTls.TLSSocket.prototype, name, make)),
  ]
  if (options.udp === true)
    restore.push(patch(nodeDgram, 'createSocket', () => createDgram(host).createSocket as AnyFunction))
  syncBuiltinESMExports()
  undo = () => {
    for (const each of restore) each()
    syncBuiltinESMExports()
  }
}

/** Takes the patches back. Sockets that are open stay where they are. */
export function uninstall(): void {
  undo?.()
  undo = null
}

function patchedConnect(network: Network, original: AnyFunction): AnyFunction {
  return function (this: net.Socket, ...args: unknown[]): unknown {
    const [options, callback] = normalizeArgs(args)
    const socket = this as unknown as Socket
    // TLS below a real handle, a pipe, and a handle that somebody has given belong to the kernel.
    const isKernels = this instanceof nodeTls.TLSSocket || options.path || (socket._handle && !socket.destroyed)
    if (isKernels || !options.port) return original.apply(this, args)
    transplant(socket, network)
    connectSocket(socket, options as SocketConnectOptions, callback)
    return this
  }
}

function patchedListen(network: Network, own: NetModule, original: AnyFunction): AnyFunction {
  return function (this: net.Server, ...args: unknown[]): unknown {
    const [options] = normalizeArgs(args)
    const given = (options._handle || options.handle || options) as Options
    const isKernels =
      given.path || typeof given.fd === 'number' || typeof given.listen === 'function' || given !== options
    if (isKernels) return original.apply(this, args)
    // TLS takes its bytes from the native handle of a real socket, or from any other stream as a stream.
    const isTls = this instanceof nodeTls.Server
    const createSocket = isTls ? (each: SocketOptions): Socket => socketForTls(own, each) : network.createSocket
    Object.defineProperty(this, '_network', { value: { ...network, createSocket }, configurable: true, writable: true })
    listenServer(this as unknown as Server, args)
    return this
  }
}

function socketForTls(own: NetModule, options: SocketOptions): Socket {
  const made = new own.Socket(options)
  // Once TLS has it.
  process.nextTick(leaveEndToTls, made)
  return made
}

/** The socket of a connection that has come in: Node's own class above our handle. */
function acceptedSocket(network: Network, options: SocketOptions): Socket {
  const made = new nodeNet.Socket({ ...options, manualStart: true } as net.SocketConstructorOpts) as unknown as Socket
  transplant(made, network)
  adoptHandle(made)
  if (!options.pauseOnCreate) made.read(0)
  return made
}

/** What Node's own socket does by its native handle is done by ours. */
function transplant(socket: Socket, network: Network): void {
  const methods = {
    _network: network,
    _settings: settingsOf(socket),
    _userBuffer: userBufferBehind(socket),
    _writeGeneric(
      this: Socket,
      many: boolean,
      data: unknown,
      encoding: string,
      callback: (error?: Error | null) => void,
    ) {
      dispatchWrite(this, many, data, encoding, callback)
    },
    _final: Socket.prototype._final,
    resetAndDestroy(this: Socket): Socket {
      if (!this._handle) this.destroy(socketClosed())
      else if (this.connecting) this.once('connect', () => this._reset())
      else this._reset()
      return this
    },
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(socket, name, { value, configurable: true, writable: true })
  }
}

/** What Node keeps behind symbols, by their descriptions. */
function readerOf(socket: object): (name: string) => unknown {
  const found = new Map(Object.getOwnPropertySymbols(socket).map((each) => [each.description, each]))
  return (name) => Reflect.get(socket, found.get(name) ?? name)
}

/** The option `onread`. */
function userBufferBehind(socket: object): UserBuffer | null {
  const read = readerOf(socket)
  const callback = read('kBufferCb') as UserBuffer['callback'] | null | undefined
  const make = (read('kBufferGen') as UserBuffer['make'] | undefined) ?? null
  const buffer = read('kBuffer')
  if (!callback || !buffer) return null
  return { current: buffer instanceof Uint8Array ? buffer : null, make, callback }
}

/** What was set before there was a handle. */
function settingsOf(socket: object): SocketSettings {
  const read = readerOf(socket)
  return {
    noDelay: Boolean(read('kSetNoDelay')),
    keepAlive: Boolean(read('kSetKeepAlive')),
    keepAliveDelay: Number(read('kSetKeepAliveInitialDelay')) || 0,
    keepAliveInterval: read('kSetKeepAliveInterval') as number | undefined,
    keepAliveCount: read('kSetKeepAliveCount') as number | undefined,
    typeOfService: read('kSetTOS') as number | undefined,
  }
}
