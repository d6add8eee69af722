/** The way from a handle to the stream of its socket. */
import { errnoError, errnoOf } from './errors.ts'
import type { Socket } from './socket.ts'
import type { SocketOptions } from './socket-options.ts'
import type { StreamHandle } from './stream-handle.ts'

const EOF = errnoOf('EOF')
/** What an `http.Agent` puts in the place of `onread` of an idle connection; Node's own reads native memory. */
const AGENTS_GUARD = 'freeSocketOnReadGuard'

/** Memory of the user's own that is read into: the option `onread`. */
export interface UserBuffer {
  current: Uint8Array | null
  readonly make: (() => Uint8Array) | null
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean
}

export function userBufferOf({ onread }: SocketOptions): UserBuffer | null {
  if (onread === null || typeof onread !== 'object' || typeof onread.callback !== 'function') return null
  const { buffer, callback } = onread
  if (typeof buffer === 'function') return { current: null, make: buffer, callback }
  return buffer instanceof Uint8Array ? { current: buffer, make: null, callback } : null
}

/** Gives a handle to its socket. */
export function adoptHandle(socket: Socket): void {
  ;(socket as unknown as { _undestroy(): void })._undestroy()
  socket._sockname = null
  const handle = socket._handle
  if (!handle) return
  handle.owner = socket
  handle.onread = (chunk, status) => onRead(socket, chunk, status)
  handle.reader = handle.onread
  const user = socket._userBuffer
  if (!user) return
  if (user.make !== null) user.current = user.make()
  if (user.current instanceof Uint8Array) handle.useUserBuffer(user.current)
}

/** Another attempt, by another handle. */
export function replaceHandle(socket: Socket, handle: StreamHandle): void {
  socket._handle?.close()
  socket._handle = handle
  adoptHandle(socket)
}

/** The stream wants bytes. */
export function startReading(socket: Socket): void {
  const handle = socket._handle!
  handle.reading = true
  const status = handle.readStart()
  if (status) socket.destroy(errnoError(status, 'read'))
}

/** A socket with memory of its own for reading stops by itself, and goes on when it is asked for more. */
export function readAgain(socket: Socket): void {
  if (socket._userBuffer && !socket.connecting && socket._handle && !socket._handle.reading) startReading(socket)
}

function onRead(socket: Socket, chunk: Uint8Array | ArrayBuffer | null | undefined, given?: number): void {
  const status = given ?? (chunk ? chunk.byteLength : EOF)
  socket._unrefTimer()
  if (status === 0) return
  // What comes on a connection that nobody uses would be taken for the answer to the next request.
  if (socket._handle?.onread.name === AGENTS_GUARD) {
    socket.destroy()
    return
  }
  if (status > 0) {
    if (socket.destroyed) return
    if (!takeChunk(socket, chunk as Uint8Array, status)) {
      const handle = socket._handle
      if (!handle) return
      handle.reading = false
      const stopped = handle.readStop()
      if (stopped) socket.destroy(errnoError(stopped, 'read'))
    }
    return
  }
  if (status !== EOF) {
    socket.destroy(errnoError(status, 'read'))
    return
  }
  if (socket.readableEnded) return
  socket.push(null)
  socket.read(0)
}

/** False: no more for now. */
function takeChunk(socket: Socket, chunk: Uint8Array | ArrayBuffer, length: number): boolean {
  const user = socket._userBuffer
  if (!user?.current) {
    return socket.push(chunk instanceof ArrayBuffer ? Buffer.from(chunk, 0, length) : chunk)
  }
  const goesOn = user.callback.call(socket, length, user.current) !== false
  if (user.make !== null) {
    user.current = user.make()
    socket._handle?.useUserBuffer(user.current)
  }
  return goesOn
}
