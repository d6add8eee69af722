import { Duplex } from 'node:stream'
import { closedBeforeConnection, errnoError, socketClosed } from './errors.ts'
import type { Socket } from './socket.ts'
import type { HandleRequest, StreamHandle } from './stream-handle.ts'

type WriteCallback = (error?: Error | null) => void
interface Chunk {
  chunk: string | Uint8Array
  encoding: BufferEncoding
}
type Chunks = (Chunk | Uint8Array)[] & { allBuffers?: boolean }

/** Writes what the stream has, now or when the socket is connected. */
export function dispatchWrite(
  socket: Socket,
  many: boolean,
  data: unknown,
  encoding: string,
  callback: WriteCallback,
): void {
  if (socket.connecting) {
    socket._pendingData = data
    socket._pendingEncoding = encoding
    const onClose = (): void => callback(closedBeforeConnection())
    socket.once('connect', () => {
      socket.off('close', onClose)
      socket._writeGeneric(many, data, encoding, callback)
    })
    socket.once('close', onClose)
    return
  }
  socket._pendingData = null
  socket._pendingEncoding = ''
  const handle = socket._handle
  if (!handle) {
    callback(socketClosed())
    return
  }
  socket._unrefTimer()
  const request: HandleRequest = {
    async: false,
    oncomplete: (status) => {
      if (status < 0) {
        callback(errnoError(status, 'write'))
        return
      }
      if (!socket.destroyed) {
        socket._unrefTimer()
        socket._lastQueueSize = 0
      }
      callback()
    },
  }
  const status = many
    ? writeMany(handle, request, data as Chunks)
    : writeOne(handle, request, data as string | Uint8Array, encoding)
  if (status !== 0) callback(errnoError(status, 'write'))
  else if (request.async) socket._lastQueueSize = request.bytes ?? 0
  else callback()
}

function writeMany(handle: StreamHandle, request: HandleRequest, data: Chunks): number {
  if (data.allBuffers) return handle.writev(request, data.map(bytesOf), true)
  const flat: unknown[] = []
  for (const each of data as Chunk[]) flat.push(each.chunk, each.encoding)
  return handle.writev(request, flat, false)
}

function bytesOf(each: Chunk | Uint8Array): Uint8Array {
  return each instanceof Uint8Array ? each : (each.chunk as Uint8Array)
}

function writeOne(handle: StreamHandle, request: HandleRequest, data: string | Uint8Array, encoding: string): number {
  if (typeof data !== 'string') return handle.writeBuffer(request, data)
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return handle.writeUtf8String(request, data)
    case 'latin1':
    case 'binary':
      return handle.writeLatin1String(request, data)
    case 'ascii':
      return handle.writeAsciiString(request, data)
    case 'ucs2':
    case 'ucs-2':
    case 'utf16le':
    case 'utf-16le':
      return handle.writeUcs2String(request, data)
    default:
      return handle.writeBuffer(request, Buffer.from(data, encoding as BufferEncoding))
  }
}

/** Bytes written and those that wait in the stream. */
export function pendingBytes(socket: Socket, dispatched: number): number | undefined {
  const waiting = (socket as unknown as { writableBuffer?: Chunk[] }).writableBuffer
  if (!waiting) return undefined
  let bytes = dispatched
  for (const { chunk, encoding } of waiting) bytes += lengthOf(chunk, encoding)
  const data = socket._pendingData as Chunks | string | Uint8Array | null
  if (Array.isArray(data)) {
    for (const each of data) bytes += each instanceof Uint8Array ? each.length : lengthOf(each.chunk, each.encoding)
  } else if (data) bytes += lengthOf(data as string | Uint8Array, socket._pendingEncoding as BufferEncoding)
  return bytes
}

function lengthOf(chunk: string | Uint8Array, encoding: BufferEncoding): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length
}

/** `write` of a socket whose peer has ended and that may not stay half open. */
export function writeAfterEnd(this: Socket, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  if (!this.writableEnded)
    return Duplex.prototype.write.call(this, chunk, encoding as BufferEncoding, callback as never)
  const done = typeof encoding === 'function' ? encoding : callback
  const error = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' })
  if (typeof done === 'function') process.nextTick(done as (error: Error) => void, error)
  this.destroy(error)
  return false
}
