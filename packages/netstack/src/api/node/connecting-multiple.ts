import { nodeNet } from './builtins.ts'
import {
  afterConnect,
  attemptError,
  bindLocal,
  connectRequest,
  connectTo,
  type LocalEnd,
  localName,
  type SocketConnectOptions,
  startAttempt,
  wrongAddress,
} from './connecting.ts'
import { addressError, aggregateError, connectionTimeout, errnoOf, ipBlocked } from './errors.ts'
import type { HostTimer, Lookup, LookupAddress, LookupOptions } from './host.ts'
import type { Socket } from './socket.ts'
import { replaceHandle } from './socket-read.ts'
import type { ConnectRequest } from './tcp-handle.ts'

/** Happy Eyeballs (RFC 8305 5, as Node does it): one attempt after the other, each with a limited time. */
interface Attempts {
  readonly socket: Socket
  readonly addresses: readonly LookupAddress[]
  readonly port: number
  readonly localPort: number | undefined
  readonly timeoutMs: number
  readonly errors: Error[]
  current: number
  timer: HostTimer | null
}

export interface MultipleOptions {
  readonly lookup: Lookup
  readonly lookupOptions: LookupOptions
  readonly host: string
  readonly options: SocketConnectOptions
  readonly port: number
  readonly local: LocalEnd
  readonly attemptTimeoutMs: number
}

/** Looks up every address of the host and tries them in turn, the families alternating (RFC 8305 4). */
export function connectMultiple(socket: Socket, given: MultipleOptions): void {
  const { lookup, lookupOptions, host, options, port, local } = given
  lookup(host, lookupOptions, (error, found) => {
    if (!socket.connecting) return
    if (error) {
      socket.emit('lookup', error, undefined, undefined, host)
      process.nextTick(() => socket.destroy(error))
      return
    }
    const addresses = found as LookupAddress[]
    for (const { address, family } of addresses) {
      socket.emit('lookup', error, address, family, host)
      if (!socket.connecting) return
    }
    const ordered = interleave(addresses)
    if (ordered.length === 0) {
      const failure = wrongAddress(addresses[0]?.address, addresses[0]?.family, options)
      if (failure !== null) process.nextTick(() => socket.destroy(failure))
      return
    }
    socket._unrefTimer()
    if (ordered.length === 1) {
      connectTo(socket, ordered[0]!.address, port, ordered[0]!.family as 4 | 6, local)
      return
    }
    socket.autoSelectFamilyAttemptedAddresses = []
    tryNext({
      socket,
      addresses: ordered,
      port,
      localPort: local.port,
      timeoutMs: given.attemptTimeoutMs,
      errors: [],
      current: 0,
      timer: null,
    })
  })
}

/** Valid addresses without doubles: the first one's family and the other one by turns. */
function interleave(addresses: readonly LookupAddress[]): LookupAddress[] {
  const valid = addresses.filter(
    ({ address, family }, index) =>
      nodeNet.isIP(address) !== 0 &&
      (family === 4 || family === 6) &&
      addresses.findIndex((other) => other.address === address && other.family === family) === index,
  )
  const first = valid.filter(({ family }) => family === valid[0]!.family)
  const second = valid.filter(({ family }) => family !== valid[0]!.family)
  const ordered: LookupAddress[] = []
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    if (first[index] !== undefined) ordered.push(first[index]!)
    if (second[index] !== undefined) ordered.push(second[index]!)
  }
  return ordered
}

function tryNext(attempts: Attempts, canceled = false): void {
  attempts.timer?.cancel()
  const { socket, addresses, errors, port } = attempts
  if (socket._aborted) return
  if (canceled || attempts.current === addresses.length) {
    socket.destroy(errors.length === 0 ? connectionTimeout() : aggregateError(errors))
    return
  }
  const current = attempts.current++
  if (current > 0) replaceHandle(socket, socket._network.createTcp())
  const { address, family } = addresses[current]!
  const local: LocalEnd = { port: attempts.localPort }
  const bindError = bindLocal(socket, family as 4 | 6, local)
  if (bindError !== null) {
    errors.push(bindError)
    tryNext(attempts)
    return
  }
  if (socket.blockList?.check(address, `ipv${family as 4 | 6}`)) {
    refuse(attempts, address, family, ipBlocked(address))
    return
  }
  socket.emit('connectionAttempt', address, port, family)
  const request = connectRequest(address, port, family as 4 | 6, local)
  request.oncomplete = (status, handle, _request, readable, writable) => {
    attempts.timer?.cancel()
    if (status !== 0 || current !== attempts.current - 1) request.entry?.cancel()
    if (status !== 0) afterFailure(attempts, request, status)
    else if (current !== attempts.current - 1) (handle as { close(): void }).close()
    else afterConnect(socket, status, request, readable, writable)
  }
  socket.autoSelectFamilyAttemptedAddresses?.push(`${address}:${port}`)
  const handle = socket._handle
  const status = startAttempt(socket, request)
  if (status !== 0) {
    refuse(attempts, address, family, addressError(status, 'connect', address, port, localName(socket)))
    return
  }
  if (current === addresses.length - 1) return
  attempts.timer = socket._network.host.timer(attempts.timeoutMs, () => onTimeout(attempts, request, handle))
}

function refuse(attempts: Attempts, address: string, family: number, error: Error): void {
  attempts.errors.push(error)
  attempts.socket.emit('connectionAttemptFailed', address, attempts.port, family, error)
  tryNext(attempts)
}

function afterFailure(attempts: Attempts, request: ConnectRequest, status: number): void {
  const { socket } = attempts
  const error = attemptError(request, status)
  attempts.errors.push(error)
  socket.emit('connectionAttemptFailed', request.address, request.port, request.addressType, error)
  if (socket.connecting) tryNext(attempts, status === errnoOf('ECANCELED'))
}

function onTimeout(attempts: Attempts, request: ConnectRequest, handle: Socket['_handle']): void {
  const { socket } = attempts
  socket.emit('connectionAttemptTimeout', request.address, request.port, request.addressType)
  request.oncomplete = undefined
  request.entry?.cancel()
  attempts.errors.push(attemptError(request, errnoOf('ETIMEDOUT')))
  handle?.close()
  if (socket.connecting) tryNext(attempts)
}
