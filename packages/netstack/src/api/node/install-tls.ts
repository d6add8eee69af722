import type net from 'node:net'
import type tls from 'node:tls'
import { normalizeArgs } from './arguments.ts'
import { nodeNet } from './builtins.ts'
import { type AnyFunction, askBelow, tellBelow } from './patch.ts'
import { StreamHandle } from './stream-handle.ts'

// TLS takes its bytes from the native handle of a socket, or from any other stream as a stream. Ours have no native handle: so TLS is given
// a stream, and what a stream has not (names of its ends, options of TCP, the way to a connection) is asked of the socket below.

type Options = Record<string, unknown>

/** What belongs to the connection and not to TLS. */
const BELOW = [
  'lookup',
  'host',
  'port',
  'family',
  'hints',
  'localAddress',
  'localPort',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
] as const

/** What is told of the way to a connection; 'connect' is told by Node. */
const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout', 'ready'] as const

/** Calls that go to the socket below: those that give something, and those after which one goes on with the socket itself. */
const ASKED = ['_getsockname', 'getTypeOfService'] as const
const TOLD = ['ref', 'unref', 'setNoDelay', 'setKeepAlive', 'setTypeOfService'] as const

/** `tls.connect` over a socket that is connected by `net.Socket.prototype.connect`, which is patched. */
export function patchedTlsConnect(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    const [options, callback] = normalizeArgs(args)
    const rest = args.find((each, index) => index > 0 && typeof each === 'object' && each !== null) as
      | Options
      | undefined
    const whole: Options = { ...options, ...(rest === options ? {} : rest) }
    if (whole['socket']) {
      return wrapping(whole['socket'], () => original.apply(this, args))
    }
    if (whole['path'] || !whole['port']) return original.apply(this, args)
    const below = new nodeNet.Socket({ allowHalfOpen: Boolean(whole['allowHalfOpen']) })
    const secure = original.call(
      this,
      { ...whole, socket: below },
      ...(callback === null ? [] : [callback]),
    ) as tls.TLSSocket
    // A signal may have come before, of which the socket shows nothing.
    if (secure.destroyed || (whole['signal'] as AbortSignal | undefined)?.aborted) {
      below.destroy()
      return secure
    }
    leaveEndToTls(below)
    tellTheWay(below, secure)
    if (whole['timeout']) secure.setTimeout(whole['timeout'] as number)
    const present = BELOW.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]])
    below.connect(Object.fromEntries(present) as net.SocketConnectOpts)
    return secure
  }
}

/** A function of its own: what it adds would else hold what the caller was called with, its callback too, for as long as the socket lives. */
function tellTheWay(below: net.Socket, secure: tls.TLSSocket): void {
  for (const event of EVENTS) below.on(event, (...values: unknown[]) => secure.emit(event, ...values))
  below.once('connect', () => {
    Reflect.set(secure, 'autoSelectFamilyAttemptedAddresses', below.autoSelectFamilyAttemptedAddresses)
  })
}

/** The class of TLS sockets, for whoever makes one by hand over a socket of ours. */
export function patchedTlsSocket(original: AnyFunction): AnyFunction {
  return new Proxy(original, {
    construct: (target, args, newTarget) =>
      wrapping(args[0], () => Reflect.construct(target, args, newTarget) as object),
  })
}

/** `emit` of a TLS server, for whoever gives it a connection by hand: `server.emit('connection', socket)`. */
export function patchedTlsServerEmit(original: AnyFunction): AnyFunction {
  return function (this: object, ...args: unknown[]): unknown {
    const emit = (): unknown => original.apply(this, args)
    return args[0] === 'connection' ? wrapping(args[1], emit) : emit()
  }
}

/** Does what makes a TLS socket over one that may be Node's class above a handle of ours. */
function wrapping<T>(given: unknown, make: () => T): T {
  if (!(given instanceof nodeNet.Socket)) return make()
  const { _handle } = given as unknown as { _handle: unknown }
  if (!(_handle instanceof StreamHandle)) {
    const made = make()
    if (!_handle) leaveEndToTls(given)
    return made
  }
  const before = new Set(given.rawListeners('connect'))
  // With a handle it would be taken for a socket of the kernel.
  Object.defineProperty(given, '_handle', { value: null, configurable: true, writable: true })
  let made: T
  try {
    made = make()
  } finally {
    Reflect.deleteProperty(given, '_handle')
  }
  leaveEndToTls(given)
  // Without one TLS waits for a connection, which may be there already.
  if (!given.connecting) for (const each of given.rawListeners('connect')) if (!before.has(each)) each.call(given)
  return made
}

/** TLS says farewell after the peer has, so the socket below must not end by itself. TLS has asked already what it is to do. */
export function leaveEndToTls(below: { allowHalfOpen: boolean }): void {
  below.allowHalfOpen = true
}

/** The socket of ours that a TLS socket stands on. */
function belowOf(secure: object): Record<string, AnyFunction> | null {
  const { _handle } = secure as { _handle?: { _parentWrap?: { stream?: Record<string, AnyFunction> } } | null }
  const below = _handle?._parentWrap?.stream
  return (below?.['_handle'] as unknown) instanceof StreamHandle ? (below as Record<string, AnyFunction>) : null
}

/** Patches for the class of TLS sockets: each method by its name. */
export function patchedTlsMethods(): [name: string, make: (original: AnyFunction) => AnyFunction][] {
  const asked = ASKED.map((name): [string, (original: AnyFunction) => AnyFunction] => [name, askBelow(belowOf, name)])
  const told = TOLD.map((name): [string, (original: AnyFunction) => AnyFunction] => [name, tellBelow(belowOf, name)])
  return [['_getpeername', rememberedPeer], ...asked, ...told]
}

/** Node keeps it for when the connection is over. */
function rememberedPeer(original: AnyFunction): AnyFunction {
  return function (this: object, ...args) {
    const answer = belowOf(this)?.['_getpeername']?.(...args)
    if (answer !== undefined) Reflect.set(this, '_peername', answer)
    return answer ?? original.apply(this, args)
  }
}
