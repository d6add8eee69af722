import diagnosticsChannel from 'node:diagnostics_channel'
import { isPipeName, normalizeArgs } from './arguments.ts'
import { BoundSocket } from './bound-socket.ts'
import { nodeNet } from './builtins.ts'
import { handleOfDescriptor } from './descriptors.ts'
import {
  alreadyListening,
  errnoError,
  errnoOf,
  invalidArgValue,
  listenError,
  validateAbortSignal,
  validatePort,
} from './errors.ts'
import type { LookupAddress } from './host.ts'
import type { Network } from './network.ts'
import { PipeHandle } from './pipe-handle.ts'
import { onConnection, type Server } from './server.ts'
import { TCP_IPV6ONLY, TCP_REUSEPORT, TcpHandle } from './tcp-handle.ts'

const DEFAULT_BACKLOG = 511
const listenChannel = diagnosticsChannel.tracingChannel('net.server.listen')

interface ListenOptions {
  port?: unknown
  host?: string
  path?: string
  backlog?: number
  exclusive?: boolean
  /** How many connections may bring data in their SYN, and be answered, before the handshake is complete (RFC 7413 5.1). Default 0. */
  fastOpen?: number
  ipv6Only?: boolean
  reusePort?: boolean
  readableAll?: boolean
  writableAll?: boolean
  fd?: number
  signal?: AbortSignal
  handle?: unknown
  _handle?: unknown
}

/** What `listen` has been asked for. */
interface Wanted {
  /** Null: any address of both families. */
  address: string | null
  /** -1 with a pipe. */
  port: number
  family: 4 | 6 | -1
  backlog: number
  flags: number
  fastOpen?: number | undefined
}

/** The forms of `server.listen`. */
export function listenServer(server: Server, args: readonly unknown[]): void {
  const [given, callback] = normalizeArgs(args)
  let options = given as ListenOptions
  if (server._handle) throw alreadyListening()
  if (listenChannel.asyncStart.hasSubscribers) listenChannel.asyncStart.publish({ server, options } as never)
  if (callback !== null) server.once('listening', callback)
  const backlog = positive(args.length > 1 && args[1]) || positive(args.length > 2 && args[2]) || DEFAULT_BACKLOG
  const handle = givenHandle(options)
  options = (options._handle || options.handle || options) as ListenOptions
  server._listeningId++
  if (handle !== null) {
    server._handle = handle
    if (handle instanceof PipeHandle) server._pipeName = handle.path
    listenOn(server, { address: null, port: -1, family: -1, backlog, flags: 0 })
    return
  }
  watchSignal(server, options.signal)
  if (typeof options.fd === 'number' && options.fd >= 0) {
    listenOnDescriptor(server, options.fd, backlog)
    return
  }
  if (args.length === 0 || typeof args[0] === 'function' || ('port' in options && options.port == null)) {
    options.port = 0
  }
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    listenTcp(server, options, validatePort(options.port, 'options.port'), options.backlog || backlog)
  } else if (options.path && isPipeName(options.path)) listenPipe(server, options, options.path, backlog)
  else if (!('port' in options || 'path' in options)) {
    throw invalidArgValue('options', options, 'must have the property "port" or "path"')
  } else throw invalidArgValue('options', options)
}

function positive(value: unknown): number {
  const number = Number(value)
  return number >= 0 ? number : 0
}

/** A handle that the kernel's socket belongs to: it listens there, as `server.listen` of Node has it. */
function isNative(value: unknown): value is TcpHandle {
  const handle = value as { getAsyncId?: unknown; bind?: unknown; listen?: unknown } | undefined
  return [handle?.getAsyncId, handle?.bind, handle?.listen].every((each) => typeof each === 'function')
}

function givenHandle(options: ListenOptions): TcpHandle | PipeHandle | null {
  for (const each of [options, options.handle]) if (each instanceof BoundSocket) return each._consume()
  for (const each of [options._handle, options.handle, options]) {
    if (each instanceof TcpHandle || each instanceof PipeHandle || isNative(each)) return each
  }
  const described = handleOfDescriptor(((options._handle || options.handle || options) as ListenOptions).fd)
  if (described instanceof TcpHandle || described instanceof PipeHandle) return described
  return null
}

function watchSignal(server: Server, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  validateAbortSignal(signal, 'options.signal')
  const onAbort = (): void => {
    server.close()
  }
  if (signal.aborted) process.nextTick(onAbort)
  else {
    signal.addEventListener('abort', onAbort, { once: true })
    server.once('close', () => signal.removeEventListener('abort', onAbort))
  }
}

function listenTcp(server: Server, options: ListenOptions, port: number, backlog: number): void {
  const flags = (options.ipv6Only === true ? TCP_IPV6ONLY : 0) | (options.reusePort === true ? TCP_REUSEPORT : 0)
  if (options.reusePort === true) options.exclusive = true
  if (!options.host) {
    listenOn(server, { address: null, port, family: 4, backlog, flags, fastOpen: options.fastOpen })
    return
  }
  const listeningId = server._listeningId
  server._network.host.lookup(options.host, { all: true }, (error, found) => {
    if (listeningId !== server._listeningId) return
    if (error) {
      server.emit('error', error)
      return
    }
    const addresses = found as LookupAddress[]
    const chosen = addresses.find(({ address }) => !isLinkLocal(address)) ?? addresses[0]
    listenOn(server, {
      address: chosen?.address ?? null,
      port,
      family: (chosen?.family ?? 4) as 4 | 6,
      backlog,
      flags,
      fastOpen: options.fastOpen,
    })
  })
}

/** A descriptor is the kernel's, and so are the connections that come in there. */
function listenOnDescriptor(server: Server, fd: number, backlog: number): void {
  const make = (nodeNet as unknown as { _createServerHandle(...args: unknown[]): TcpHandle | number })
    ._createServerHandle
  const made = make(null, null, null, fd)
  if (typeof made === 'number') {
    fail(server, listenError(made, 'listen', null, undefined))
    return
  }
  server._handle = made
  listenOn(server, { address: null, port: -1, family: -1, backlog, flags: 0 })
}

/** fe80::/10 needs a zone, which a lookup does not tell. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address)
}

function listenPipe(server: Server, options: ListenOptions, path: string, backlog: number): void {
  const { readableAll, writableAll } = options
  if (path.startsWith('\0') && (readableAll || writableAll)) {
    throw invalidArgValue(
      'options',
      options,
      'can not set readableAll or writableAllt to true when path is abstract unix socket',
    )
  }
  server._pipeName = path
  listenOn(server, { address: path, port: -1, family: -1, backlog: options.backlog || backlog, flags: 0 })
  const handle = server._handle as PipeHandle | null
  const mode = (readableAll === true ? 1 : 0) | (writableAll === true ? 2 : 0)
  if (handle === null || mode === 0) return
  const status = handle.fchmod(mode)
  if (status === 0) return
  handle.close()
  server._handle = null
  throw errnoError(status, 'uv_pipe_chmod')
}

function listenOn(server: Server, wanted: Wanted): void {
  const { port, backlog } = wanted
  let { address, family } = wanted
  if (server._handle === null) {
    if (address === null && family !== -1) {
      address = '::'
      family = 6
    }
    const made = createServerHandle(server._network, address, port, family, undefined, wanted.flags)
    if (typeof made === 'number') {
      fail(server, listenError(made, 'listen', address, port))
      return
    }
    server._handle = made
  }
  const handle = server._handle
  handle.owner = server
  ;(handle as TcpHandle).onconnection = (status, client) => onConnection(server, status, client)
  if (wanted.fastOpen !== undefined && handle instanceof TcpHandle) handle.fastOpenBacklog = wanted.fastOpen
  const status = handle.listen(backlog)
  if (status !== 0) {
    handle.close()
    server._handle = null
    fail(server, listenError(status, 'listen', address, port))
    return
  }
  if (listenChannel.asyncEnd.hasSubscribers) listenChannel.asyncEnd.publish({ server } as never)
  server._connectionKey = `${family}:${address}:${port}`
  if (server._unref) server.unref()
  process.nextTick(() => {
    if (server._handle) server.emit('listening')
  })
}

function fail(server: Server, error: Error): void {
  if (listenChannel.error.hasSubscribers) listenChannel.error.publish({ server, error } as never)
  process.nextTick(() => server.emit('error', error))
}

/** A bound handle, or a negative error number: what `net._createServerHandle` gives. */
export function createServerHandle(
  network: Network,
  address: string | null,
  port: number,
  family: number | undefined,
  fd: number | undefined,
  flags: number,
): TcpHandle | PipeHandle | number {
  if (typeof fd === 'number' && fd >= 0) {
    const described = handleOfDescriptor(fd)
    return described instanceof TcpHandle || described instanceof PipeHandle ? described : errnoOf('EINVAL')
  }
  if (port === -1 && family === -1) {
    const handle = network.createPipe()
    const status = handle.bind(address ?? '')
    if (status === 0) return handle
    handle.close()
    return status
  }
  const handle = network.createTcp()
  const is6 = !address || family === 6
  const status = is6 ? handle.bind6(address || '::', port, flags) : handle.bind(address, port, flags)
  if (status === 0) return handle
  handle.close()
  return status
}
