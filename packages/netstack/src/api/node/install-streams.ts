import { Duplex } from 'node:stream'
import { errnoOf } from './errors.ts'
import { FrameCutter } from './http2-frames.ts'
import { nodeTls } from './install-builtins.ts'
import { type AnyFunction, askBelow, patch, redefine, tellBelow } from './patch.ts'
import type { Socket } from './socket.ts'
import type { HandleRequest } from './stream-handle.ts'

// http2 reads and writes native handles. Over a socket that has none, as over any other stream, Node makes a socket of a class of its
// own (`JSStreamSocket`), which takes it that a stream stands, has no name and is not to be told anything. Over a socket of ours it asks.

/** Node's socket over a stream. */
interface StreamSocket {
  readonly stream?: unknown
  readonly destroyed: boolean
  readonly _handle: NativeStream | null
  listeners(event: string): AnyFunction[]
  emit(event: string, ...values: unknown[]): boolean
}

/** What is native of it. */
interface NativeStream {
  hasRef?: () => boolean
  finishWrite(request: object, status: number): void
  readBuffer(chunk: Uint8Array): void
  emitEOF(): void
}

/** A socket above a handle of ours, of Node's class or of our own. */
type SocketBelow = Pick<Socket, '_handle' | 'connecting' | 'destroyed' | 'once' | 'writableLength'>

/** Calls that go to the socket below: those that give something, and those after which one goes on with the socket itself. */
const ASKED = ['_getpeername', '_getsockname', 'getTypeOfService'] as const
const TOLD = ['ref', 'unref', 'setNoDelay', 'setKeepAlive', 'setTypeOfService', 'resetAndDestroy'] as const

/** What a write says that is over already: 0 is one that lasts, and of the others http2 asks no more; TLS takes them for errors. */
const DONE = 1
const ECANCELED = errnoOf('ECANCELED')

let prototype: object | null = null

/** The class is not exported; TLS over a stream makes one. Null where a version of Node hides it. */
function streamSocketPrototype(): object | null {
  if (prototype !== null) return prototype
  const secure = new nodeTls.TLSSocket(new Duplex())
  const { _handle } = secure as unknown as { _handle?: { _parentWrap?: object } }
  prototype = _handle?._parentWrap ? (Object.getPrototypeOf(_handle._parentWrap) as object) : null
  secure.destroy()
  return prototype
}

/** Patches Node's sockets over streams for those over a socket of ours; gives what takes the patches back. */
export function patchStreamSockets(): (() => void)[] {
  const target = streamSocketPrototype()
  if (target === null) return []
  return [
    redefine(target, 'connecting', connecting()),
    redefine(target, 'destroyed', destroyed),
    patch(target, '_read', tellingConnect),
    patch(target, 'doWrite', writingBelow),
    ...ASKED.map((name) => patch(target, name, askBelow(belowOf, name))),
    ...TOLD.map((name) => patch(target, name, tellBelow(belowOf, name))),
  ]
}

/** Whether the connection below is still to come. What Node writes there itself is kept for streams of others. */
function connecting(): PropertyDescriptor {
  const written = new WeakMap<object, unknown>()
  return {
    configurable: true,
    get(this: StreamSocket) {
      const below = belowOf(this)
      return below === null ? (written.get(this) ?? false) : below.connecting && !this.destroyed
    },
    set(this: StreamSocket, value: unknown) {
      written.set(this, value)
    },
  }
}

const ofDuplex = Object.getOwnPropertyDescriptor(Duplex.prototype, 'destroyed')!

/** A session whose connection has broken does not wait for its socket: what stands below tells of the error first, and of its close a turn later. */
const destroyed: PropertyDescriptor = {
  ...ofDuplex,
  get(this: StreamSocket) {
    return Boolean(ofDuplex.get!.call(this)) || (isHttp2(this) && belowOf(this)?.destroyed === true)
  },
}

/** A socket begins to read as soon as it is made: the place at which it is known what it stands on. */
function tellingConnect(original: AnyFunction): AnyFunction {
  const known = new WeakSet<object>()
  return function (this: StreamSocket, ...args) {
    const below = belowOf(this)
    if (below !== null && !known.has(this)) {
      known.add(this)
      if (this._handle) {
        this._handle.hasRef = () => below._handle?.hasRef() ?? false
        readByFrames(this, this._handle)
      }
      if (below.connecting) below.once('connect', () => this.emit('connect'))
    }
    return original.apply(this, args)
  }
}

const sessions = new WeakSet<object>()

/** A session of http2 listens to its socket from the first; TLS does by other names. */
function isHttp2(socket: StreamSocket): boolean {
  if (sessions.has(socket)) return true
  const isSession = socket.listeners('error').some((listener) => listener.name === 'socketOnError')
  if (isSession) sessions.add(socket)
  return isSession
}

/**
 * Gives http2 its frames one by one. Of a native handle it tells them so too: what the program has put off by `process.nextTick` about one
 * comes before the next. Called from JavaScript, it would tell all that a chunk holds before anything that is put off.
 */
function readByFrames(socket: StreamSocket, handle: NativeStream): void {
  const cutter = new FrameCutter()
  const { readBuffer, emitEOF } = handle
  const queue: (() => void)[] = []
  const next = (): void => {
    if (socket._handle === handle) queue[0]?.()
    queue.shift()
    // Behind all that is put off, promises too, and before anything that is written in a later turn.
    if (queue.length > 0) process.nextTick(queueMicrotask, next)
  }
  const add = (calls: (() => void)[]): void => {
    const isIdle = queue.length === 0
    queue.push(...calls)
    if (isIdle) next()
  }
  handle.readBuffer = (chunk) => {
    const pieces = isHttp2(socket) ? cutter.cut(chunk) : [chunk]
    add(pieces.map((piece) => () => readBuffer.call(handle, piece)))
  }
  handle.emitEOF = () => add([() => emitEOF.call(handle)])
}

/**
 * Bytes go to the handle below, which takes what it can at once: then the write is over in this turn, and what http2 says last before it
 * destroys a session is not held back by it. Through the stream each write lasts two turns, and there may be one at a time.
 */
function writingBelow(original: AnyFunction): AnyFunction {
  return function (this: StreamSocket, ...args) {
    const below = belowOf(this)
    const [request, chunks] = args as [object, Uint8Array[]]
    const handle = this._handle
    if (below?.destroyed && isHttp2(this)) return ECANCELED
    if (below === null || handle === null || below._handle === null || below.connecting || below.writableLength > 0) {
      return original.apply(this, args)
    }
    const finish = (status: number): void => handle.finishWrite(request, status)
    const own: HandleRequest = { oncomplete: finish }
    const status = below._handle.writev(own, chunks, true)
    if (status !== 0 || own.async) return status
    if (isHttp2(this)) return DONE
    // Once Node knows that it waits for it.
    process.nextTick(finish, 0)
    return 0
  }
}

/** The socket of ours that a stream socket stands on. */
function belowOf(socket: { stream?: unknown }): SocketBelow | null {
  const { stream } = socket
  return typeof stream === 'object' && stream !== null && '_network' in stream
    ? (stream as unknown as SocketBelow)
    : null
}
