import dns from 'node:dns'
import type { Callback } from './arguments.ts'
import { nodeNet } from './builtins.ts'
import { beginConnectEntry } from './connect-entry.ts'
import { connectMultiple } from './connecting-multiple.ts'
import {
  addressError,
  invalidAddressFamily,
  invalidArgType,
  invalidArgValue,
  invalidIpAddress,
  ipBlocked,
  missingArgs,
  type SystemError,
  validateInt32,
  validatePort,
  validateType,
} from './errors.ts'
import type { Lookup, LookupAddress, LookupOptions } from './host.ts'
import { PipeHandle } from './pipe-handle.ts'
import { Socket } from './socket.ts'
import { adoptHandle } from './socket-read.ts'
import type { ConnectRequest, TcpHandle } from './tcp-handle.ts'

export interface SocketConnectOptions {
  port?: number | string
  host?: string
  path?: string
  localAddress?: string
  localPort?: number
  family?: number | string
  hints?: number
  lookup?: Lookup
  autoSelectFamily?: boolean
  autoSelectFamilyAttemptTimeout?: number
  /** What is sent first: in the SYN, where the peer is known from before and takes it (RFC 7413), else right behind the handshake. One address is tried. */
  fastOpen?: Uint8Array
}

/** Where a connection is to begin. */
export interface LocalEnd {
  address?: string | undefined
  port?: number | undefined
  /** What goes along with the first attempt. */
  data?: Uint8Array | undefined
}

/** What `socket.connect` does with its options. */
export function connectSocket(socket: Socket, options: SocketConnectOptions, callback: Callback | null): void {
  if (callback !== null) socket.once('connect', callback)
  if (socket._parent?.connecting) return
  if (options.port === undefined && options.path == null) throw missingArgs(['options', 'port', 'path'])
  // A socket that had been ended by its peer has a `write` of its own.
  if (socket.write !== Socket.prototype.write) socket.write = Socket.prototype.write
  if (socket.destroyed) {
    socket._handle = null
    socket._peername = null
    socket._sockname = null
  }
  const { path } = options
  // What has been bound already is a pipe or TCP, whatever is said now.
  const isPipe = socket._boundSource && socket._handle ? socket._handle instanceof PipeHandle : Boolean(path)
  if (!socket._handle) {
    socket._handle = isPipe ? socket._network.createPipe() : socket._network.createTcp()
    adoptHandle(socket)
  }
  socket._unrefTimer()
  socket.connecting = true
  if (isPipe) {
    validateType(path, 'options.path', 'string')
    if (options.fastOpen !== undefined) throw invalidArgValue('options.fastOpen', options.fastOpen, 'is for TCP')
    connectPipe(socket, path as string)
  } else lookupAndConnect(socket, options)
}

function connectPipe(socket: Socket, path: string): void {
  socket.emit('connectionAttempt', path, undefined, undefined)
  const request: ConnectRequest = { address: path }
  request.oncomplete = (status, _handle, _request, readable, writable) =>
    afterConnect(socket, status, request, readable, writable)
  const handle = socket._handle as unknown as { connect(request: ConnectRequest, path: string): number }
  const status = handle.connect(request, path)
  if (status !== 0) socket.destroy(addressError(status, 'connect', path, undefined, localName(socket)))
}

function lookupAndConnect(socket: Socket, options: SocketConnectOptions): void {
  const { localAddress, localPort } = options
  const host = options.host || 'localhost'
  if (typeof host !== 'string') throw invalidArgType('options.host', 'string', host)
  if (host.includes('\0')) throw invalidArgValue('options.host', host, 'must be a string without null bytes')
  if (socket._boundSource && (localAddress !== undefined || localPort !== undefined)) {
    const reason = 'localAddress and localPort cannot be used with an adopted bound socket'
    throw invalidArgValue('options', options, reason)
  }
  if (localAddress && !nodeNet.isIP(localAddress)) throw invalidIpAddress(localAddress)
  if (localPort) validateType(localPort, 'options.localPort', 'number')
  const port = portOf(options)
  const auto = autoSelectOf(options)
  const { fastOpen } = options
  if (fastOpen !== undefined && !(fastOpen instanceof Uint8Array))
    throw invalidArgType('options.fastOpen', ['Buffer', 'Uint8Array'], fastOpen)
  const local: LocalEnd = { address: localAddress, port: localPort, data: fastOpen }
  const family = nodeNet.isIP(host)
  if (family !== 0 && socket._boundSource) {
    // Nothing has to be waited for: the local end is to be seen at once.
    connectTo(socket, host, port, family as 4 | 6, local)
    return
  }
  if (family !== 0) {
    process.nextTick(() => {
      if (socket.connecting) connectTo(socket, host, port, family as 4 | 6, local)
    })
    return
  }
  if (options.lookup != null) validateType(options.lookup, 'options.lookup', 'function')
  const lookupOptions: LookupOptions = { family: familyNumber(options.family), hints: options.hints || 0 }
  const anyFamily = lookupOptions.family !== 4 && lookupOptions.family !== 6
  if (anyFamily && lookupOptions.hints === 0 && process.platform !== 'win32') lookupOptions.hints = dns.ADDRCONFIG
  socket._host = host
  const lookup = options.lookup || socket._network.host.lookup
  // Of several attempts at once each would bring the data: RFC 7413 6.
  if (anyFamily && !localAddress && auto.enabled && !socket._boundSource && fastOpen === undefined) {
    lookupOptions.all = true
    connectMultiple(socket, { lookup, lookupOptions, host, options, port, local, attemptTimeoutMs: auto.timeoutMs })
    return
  }
  lookup(host, lookupOptions, (error, address, found) => {
    socket.emit('lookup', error, address, found, host)
    if (!socket.connecting) return
    const failure = error ?? wrongAddress(address, found, options)
    if (failure) process.nextTick(() => socket.destroy(failure))
    else {
      socket._unrefTimer()
      connectTo(socket, address as string, port, found as 4 | 6, local)
    }
  })
}

function portOf({ port }: SocketConnectOptions): number {
  if (port === undefined) return 0
  if (typeof port !== 'number' && typeof port !== 'string') {
    throw invalidArgType('options.port', ['number', 'string'], port)
  }
  return validatePort(port)
}

function autoSelectOf(options: SocketConnectOptions): { enabled: boolean; timeoutMs: number } {
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = options
  if (autoSelectFamily != null) validateType(autoSelectFamily, 'options.autoSelectFamily', 'boolean')
  let timeoutMs = nodeNet.getDefaultAutoSelectFamilyAttemptTimeout()
  if (autoSelectFamilyAttemptTimeout != null) {
    validateInt32(autoSelectFamilyAttemptTimeout, 'options.autoSelectFamilyAttemptTimeout', 1)
    timeoutMs = Math.max(10, autoSelectFamilyAttemptTimeout)
  }
  return { enabled: autoSelectFamily ?? nodeNet.getDefaultAutoSelectFamily(), timeoutMs }
}

function familyNumber(family: number | string | undefined): number | string | undefined {
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : family
}

/** Why an answer of a lookup cannot be connected to. */
export function wrongAddress(
  address: string | LookupAddress[] | undefined,
  family: number | undefined,
  options: SocketConnectOptions,
): Error | null {
  if (typeof address !== 'string' || !nodeNet.isIP(address)) return invalidIpAddress(address)
  return family === 4 || family === 6 ? null : invalidAddressFamily(family, options.host, options.port)
}

/** One attempt at one address. */
export function connectTo(socket: Socket, address: string, port: number, family: 4 | 6, local: LocalEnd): void {
  const bindError = bindLocal(socket, family, local)
  if (bindError !== null) {
    socket.destroy(bindError)
    return
  }
  socket.emit('connectionAttempt', address, port, family)
  if (socket.blockList?.check(address, `ipv${family}`)) {
    socket.destroy(ipBlocked(address))
    return
  }
  const request = connectRequest(address, port, family, local)
  request.data = local.data
  request.oncomplete = (status, _handle, _request, readable, writable) =>
    afterConnect(socket, status, request, readable, writable)
  const status = startAttempt(socket, request)
  if (status !== 0) socket.destroy(addressError(status, 'connect', address, port, localName(socket)))
}

export function connectRequest(address: string, port: number, family: 4 | 6, local: LocalEnd): ConnectRequest {
  return { address, port, addressType: family, localAddress: local.address, localPort: local.port }
}

/** 0 or a negative error number. */
export function startAttempt(socket: Socket, request: ConnectRequest): number {
  const handle = socket._handle as TcpHandle
  const { address = '', port = 0 } = request
  const status =
    request.addressType === 4 ? handle.connect(request, address, port) : handle.connect6(request, address, port)
  if (status === 0) request.entry = beginConnectEntry(address, port)
  return status
}

/** Binds where the options say; null when there is nothing wrong. */
export function bindLocal(socket: Socket, family: 4 | 6, local: LocalEnd): SystemError | null {
  if (!local.address && !local.port) return null
  local.address ||= family === 4 ? '0.0.0.0' : '::'
  const handle = socket._handle as TcpHandle
  const port = local.port ?? 0
  const bound = family === 4 ? handle.bind(local.address, port) : handle.bind6(local.address, port)
  // A port that is taken is told by whatever comes after `bind`.
  const status = bound === 0 && port > 0 ? handle.getsockname({}) : bound
  return status === 0 ? null : addressError(status, 'bind', local.address, port)
}

export function localName(socket: Socket): string {
  const { address, port } = socket._getsockname()
  return `${address}:${port}`
}

/** The error of an attempt that somebody else has refused. */
export function attemptError(request: ConnectRequest, status: number): SystemError {
  const { localAddress, localPort } = request
  const local = localAddress && localPort ? `${localAddress}:${localPort}` : undefined
  const error = addressError(status, 'connect', request.address, request.port, local)
  if (local !== undefined) Object.assign(error, { localAddress, localPort })
  return error
}

/** An attempt has ended. */
export function afterConnect(
  socket: Socket,
  status: number,
  request: ConnectRequest,
  readable: boolean,
  writable: boolean,
): void {
  if (socket.destroyed || status !== 0) request.entry?.cancel()
  if (socket.destroyed) return
  socket.connecting = false
  socket._sockname = null
  if (status !== 0) {
    const error = attemptError(request, status)
    socket.emit('connectionAttemptFailed', request.address, request.port, request.addressType, error)
    socket.destroy(error)
    return
  }
  if (socket.readable && !readable) {
    socket.push(null)
    socket.read()
  }
  if (socket.writable && !writable) socket.end()
  socket._unrefTimer()
  applySettings(socket)
  socket.emit('connect')
  socket.emit('ready')
  if (readable && !socket.isPaused()) socket.read(0)
  request.entry?.end()
}

function applySettings(socket: Socket): void {
  const handle = socket._handle as TcpHandle
  const settings = socket._settings
  if (settings === undefined) return
  if (settings.noDelay) handle.setNoDelay?.(true)
  if (settings.keepAlive) {
    handle.setKeepAlive?.(true, settings.keepAliveDelay, settings.keepAliveInterval, settings.keepAliveCount)
  }
  if (settings.typeOfService !== undefined) handle.setTypeOfService?.(settings.typeOfService)
}
