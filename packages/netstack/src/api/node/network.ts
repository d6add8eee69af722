import type net from 'node:net'
import { normalizeArgs } from './arguments.ts'
import { bindClass } from './bind-class.ts'
import { BoundSocket } from './bound-socket.ts'
import { nodeNet } from './builtins.ts'
import type { NetHost } from './host.ts'
import { createServerHandle } from './listening.ts'
import { PipeHandle } from './pipe-handle.ts'
import { Server, type ServerOptions } from './server.ts'
import { Socket } from './socket.ts'
import type { SocketOptions } from './socket-options.ts'
import { setSocketTimeout } from './socket-timeout.ts'
import { TcpHandle } from './tcp-handle.ts'

/** The sockets of one program: what its classes make is bound to one host. */
export interface Network {
  readonly host: NetHost
  createTcp(): TcpHandle
  createPipe(): PipeHandle
  createSocket(options: SocketOptions): Socket
}

/** Everything that `node:net` exports, bound to a host. */
export interface NetModule {
  readonly Socket: typeof Socket
  readonly Stream: typeof Socket
  readonly Server: typeof Server
  readonly BoundSocket: typeof BoundSocket
  readonly BlockList: typeof net.BlockList
  readonly SocketAddress: typeof net.SocketAddress
  connect(...args: unknown[]): Socket
  createConnection(...args: unknown[]): Socket
  createServer(options?: ServerOptions | ((socket: Socket) => void), listener?: (socket: Socket) => void): Server
  isIP(input: unknown): number
  isIPv4(input: unknown): boolean
  isIPv6(input: unknown): boolean
  getDefaultAutoSelectFamily(): boolean
  setDefaultAutoSelectFamily(value: boolean): void
  getDefaultAutoSelectFamilyAttemptTimeout(): number
  setDefaultAutoSelectFamilyAttemptTimeout(value: number): void
  _normalizeArgs(args: unknown[]): unknown[]
  _createServerHandle(
    address: string | null,
    port: number,
    family?: number,
    fd?: number,
    flags?: number,
  ): TcpHandle | PipeHandle | number
  _setSimultaneousAccepts(): void
}

/** Makes a `net` whose sockets live on `host`. */
export function createNet(host: NetHost): NetModule {
  const network: Network = {
    host,
    createTcp: () => new TcpHandle(host),
    createPipe: () => new PipeHandle(host),
    createSocket: (options) => new OwnSocket(options),
  }
  const OwnSocket = bindClass(Socket, '_network', network, 'Socket', Socket.initialize as (self: object) => void)
  const OwnServer = bindClass(Server, '_network', network, 'Server', Server.initialize as (self: object) => void)
  const OwnBoundSocket = bindClass(BoundSocket, '_network', network, 'BoundSocket')
  // Functions of the old kind, which programs also call with `new`.
  function createServer(
    options?: ServerOptions | ((socket: Socket) => void),
    listener?: (socket: Socket) => void,
  ): Server {
    return new OwnServer(options, listener)
  }
  function connect(...args: unknown[]): Socket {
    const [options, callback] = normalizeArgs(args)
    const socket = new OwnSocket(options as SocketOptions)
    const timeout = (options as { timeout?: number }).timeout
    if (timeout) setSocketTimeout(socket, timeout, undefined)
    return socket.connect(options, ...(callback === null ? [] : [callback]))
  }
  return {
    Socket: OwnSocket,
    Stream: OwnSocket,
    Server: OwnServer,
    BoundSocket: OwnBoundSocket,
    // No part of these touches a network: they are Node's own.
    BlockList: nodeNet.BlockList,
    SocketAddress: nodeNet.SocketAddress,
    isIP: nodeNet.isIP as (input: unknown) => number,
    isIPv4: nodeNet.isIPv4 as (input: unknown) => boolean,
    isIPv6: nodeNet.isIPv6 as (input: unknown) => boolean,
    getDefaultAutoSelectFamily: nodeNet.getDefaultAutoSelectFamily,
    setDefaultAutoSelectFamily: nodeNet.setDefaultAutoSelectFamily,
    getDefaultAutoSelectFamilyAttemptTimeout: nodeNet.getDefaultAutoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout: nodeNet.setDefaultAutoSelectFamilyAttemptTimeout,
    connect,
    createConnection: connect,
    createServer,
    _normalizeArgs: (args) => normalizeArgs(args),
    _createServerHandle: (address, port, family, fd, flags = 0) =>
      createServerHandle(network, address, port, family, fd, flags),
    _setSimultaneousAccepts: warnSimultaneousAccepts,
  }
}

let warned = false

function warnSimultaneousAccepts(): void {
  if (warned) return
  warned = true
  const message = 'net._setSimultaneousAccepts() is deprecated and will be removed.'
  process.emitWarning(message, 'DeprecationWarning', 'DEP0121')
}
