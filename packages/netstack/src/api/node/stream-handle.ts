import type { ByteStream } from '../byte-stream.ts'
import { closeDescriptor, openDescriptor } from './descriptors.ts'
import { errnoOf } from './errors.ts'
import { LoopHandle } from './host.ts'

const EOF = errnoOf('EOF')
const ECANCELED = errnoOf('ECANCELED')
const ENOTCONN = errnoOf('ENOTCONN')
/** The most that is read at once, as libuv. */
const CHUNK_BYTES = 65_536
/** Chunks read in one turn, before others have theirs. */
const CHUNKS_PER_TURN = 16

/** A write or shutdown under way: `oncomplete` is called unless the call was done at once (`async` false). */
export interface HandleRequest {
  oncomplete?: ((status: number, handle: unknown, request: unknown) => void) | undefined
  async?: boolean
  bytes?: number
}

interface PendingWrite {
  readonly request: HandleRequest
  readonly bytes: Uint8Array
  done: number
}

type OnRead = (chunk: Uint8Array | null, status?: number) => void

/**
 * A connected stream as `net.Socket` uses it (`socket._handle`): calls return 0 or a negative error number and never throw;
 * what takes time is told to the request later.
 */
export class StreamHandle extends LoopHandle {
  /** Whoever reads; `status` is the number of bytes, or a negative error number. */
  onread: OnRead = () => {}
  /** Reads in the place of `onread`, which Node's http exchanges for functions of its own that read native memory. */
  reader: OnRead | null = null
  /** Kept by whoever owns the handle; `readStart` and `readStop` do what it says. */
  reading = false
  owner: unknown = undefined
  bytesRead = 0
  bytesWritten = 0
  #fd = -1
  protected stream: ByteStream | null = null
  readonly #writes: PendingWrite[] = []
  #shutdown: HandleRequest | null = null
  #isReading = false
  #readPosted = false
  #endTold = false
  #chunksOfTurn = 0
  /** An error that has not been told to anybody yet, and whether the stream is over. */
  #error = 0
  #failed = false
  #userBuffer: Uint8Array | null = null

  /** A number of this stack's own, given when somebody asks for it; -1 once the handle is closed. */
  get fd(): number {
    if (this.#fd < 0 && !this.isClosed) this.#fd = openDescriptor(this)
    return this.#fd
  }

  /** The connection stands. */
  protected attach(stream: ByteStream): void {
    this.stream = stream
    this.active = this.#isReading
    this.postRead()
  }

  get isConnected(): boolean {
    return this.stream !== null
  }

  /** Bytes written that the stream has not taken yet. */
  get writeQueueSize(): number {
    let bytes = 0
    for (const write of this.#writes) bytes += write.bytes.length - write.done
    return bytes
  }

  // --- reading ---------------------------------------------------------------------------------

  readStart(): number {
    if (this.isClosed) return errnoOf('EBADF')
    this.#isReading = true
    if (this.stream === null) return ENOTCONN
    this.active = true
    this.postRead()
    return 0
  }

  readStop(): number {
    this.#isReading = false
    if (this.#writes.length === 0) this.active = false
    return 0
  }

  /** From now on bytes are read into this memory. */
  useUserBuffer(buffer: Uint8Array): void {
    this.#userBuffer = buffer
  }

  protected postRead(): void {
    if (!this.#isReading || this.#readPosted || this.isClosed) return
    this.#readPosted = true
    this.#chunksOfTurn = 0
    setImmediate(this.#readTurn)
  }

  /** One chunk, or the end. What the program does about a chunk by `process.nextTick` comes before the next one; the end has a turn of its own. */
  readonly #readNow = (): void => {
    this.#readPosted = false
    const stream = this.stream
    if (!this.#isReading || this.isClosed || stream === null) return
    if (stream.readableBytes === 0) {
      this.#tellEnd(stream)
      return
    }
    const user = this.#userBuffer
    const chunk = user ?? asBuffer(stream.take(CHUNK_BYTES, Buffer.allocUnsafeSlow, this.host.now()))
    const length = user === null ? chunk.length : stream.read(user, this.host.now())
    this.bytesRead += length
    this.host.kick()
    this.#deliver(chunk, length)
    if (stream.readableBytes > 0 && ++this.#chunksOfTurn < CHUNKS_PER_TURN) this.#readSoon()
    else if (stream.readableBytes > 0 || stream.ended || this.#failed) this.postRead()
  }

  /** One function for all turns: each chunk has one. */
  readonly #readTurn = (): void => this.run(this.#readNow)

  #readSoon(): void {
    if (!this.#isReading || this.#readPosted || this.isClosed) return
    this.#readPosted = true
    // In this turn still, behind what has been put off by `process.nextTick` until now.
    process.nextTick(this.#readTurn)
  }

  #deliver(chunk: Uint8Array | null, status: number): void {
    if (this.reader !== null) this.reader(chunk, status)
    else this.onread(chunk, status)
  }

  #tellEnd(stream: ByteStream): void {
    if (this.#endTold) return
    if (this.#error !== 0) {
      this.#endTold = true
      const status = this.#error
      this.#error = 0
      this.#deliver(null, status)
    } else if (stream.ended || this.#failed) {
      this.#endTold = true
      if (this.#writes.length === 0) this.active = false
      this.#deliver(null, EOF)
    }
  }

  // --- writing ---------------------------------------------------------------------------------

  writeBuffer(request: HandleRequest, bytes: Uint8Array): number {
    return this.#write(request, bytes)
  }

  /** @param chunks buffers, or pairs of a chunk and its encoding */
  writev(request: HandleRequest, chunks: readonly unknown[], allBuffers: boolean): number {
    const buffers: Uint8Array[] = []
    if (allBuffers) buffers.push(...(chunks as Uint8Array[]))
    else {
      for (let index = 0; index < chunks.length; index += 2) {
        const chunk = chunks[index] as string | Uint8Array
        buffers.push(typeof chunk === 'string' ? Buffer.from(chunk, chunks[index + 1] as BufferEncoding) : chunk)
      }
    }
    return this.#write(request, Buffer.concat(buffers))
  }

  writeUtf8String(request: HandleRequest, text: string): number {
    return this.#write(request, Buffer.from(text, 'utf8'))
  }

  writeAsciiString(request: HandleRequest, text: string): number {
    return this.#write(request, Buffer.from(text, 'latin1'))
  }

  writeLatin1String(request: HandleRequest, text: string): number {
    return this.#write(request, Buffer.from(text, 'latin1'))
  }

  writeUcs2String(request: HandleRequest, text: string): number {
    return this.#write(request, Buffer.from(text, 'utf16le'))
  }

  #write(request: HandleRequest, bytes: Uint8Array): number {
    if (this.isClosed) return errnoOf('EBADF')
    const { stream } = this
    if (stream === null) return ENOTCONN
    request.bytes = bytes.length
    request.async = false
    const failure = this.#failure()
    if (failure !== 0) return failure
    let done = 0
    if (this.#writes.length === 0) {
      done = this.#send(stream, bytes, 0)
      if (done < 0) return done
    }
    this.bytesWritten += bytes.length
    this.host.kick()
    if (done === bytes.length && !stream.hasLoans) return 0
    request.async = true
    if (done === bytes.length) {
      this.#complete(request, 0)
      return 0
    }
    this.#writes.push({ request, bytes, done })
    this.active = true
    return 0
  }

  /** The number taken, or a negative error number. */
  #send(stream: ByteStream, bytes: Uint8Array, start: number): number {
    if (start === bytes.length) return 0
    try {
      return stream.send(bytes, this.host.now(), start, bytes.length, true, true)
    } catch (error) {
      return errnoOf((error as { code?: string }).code ?? 'EPIPE')
    }
  }

  /** What a write on a broken stream says: the error once, then EPIPE. */
  #failure(): number {
    if (!this.#failed) return 0
    const error = this.#error
    this.#error = 0
    return error === 0 ? errnoOf('EPIPE') : error
  }

  /** The stream takes bytes again. */
  protected flush(): void {
    const { stream } = this
    if (stream === null) return
    while (this.#writes.length > 0) {
      const write = this.#writes[0]!
      const taken = this.#send(stream, write.bytes, write.done)
      if (taken >= 0) write.done += taken
      if (taken >= 0 && write.done < write.bytes.length) break
      this.#writes.shift()
      this.#complete(write.request, Math.min(0, taken))
    }
    if (this.#writes.length === 0) this.#finishShutdown()
    if (this.#writes.length === 0 && !this.#isReading) this.active = false
    this.host.kick()
  }

  shutdown(request: HandleRequest): number {
    if (this.isClosed) return errnoOf('EBADF')
    if (this.stream === null || this.#failed) return ENOTCONN
    this.#shutdown = request
    if (this.#writes.length === 0) this.#finishShutdown()
    return 0
  }

  #finishShutdown(): void {
    const request = this.#shutdown
    if (request === null) return
    this.#shutdown = null
    this.stream?.shutdown(this.host.now())
    this.host.kick()
    this.#complete(request, 0)
  }

  #complete(request: HandleRequest, status: number): void {
    this.host.retain()
    this.post(() => {
      this.host.release()
      // By now much of what was lent has been acknowledged, where the way is short.
      this.stream?.reclaim?.()
      request.oncomplete?.(status, this, request)
    })
  }

  // --- the end ---------------------------------------------------------------------------------

  /** The stream has broken. */
  protected fail(code: string): void {
    if (this.#failed || this.isClosed) return
    this.#failed = true
    this.#error = errnoOf(code)
    if (this.#writes.length > 0) {
      const error = this.#error
      this.#error = 0
      for (const { request } of this.#writes.splice(0)) this.#complete(request, error)
    }
    if (this.#shutdown !== null) {
      this.#complete(this.#shutdown, ENOTCONN)
      this.#shutdown = null
    }
    this.postRead()
  }

  /** Closes; `callback` is called in a later turn. Writes under way are told ECANCELED. */
  close(callback?: () => void): void {
    this.#close(callback, false)
  }

  /** Closes by RST. Returns 0 or a negative error number. */
  reset(callback?: () => void): number {
    if (this.isClosed) return errnoOf('EINVAL')
    this.#close(callback, true)
    return 0
  }

  #close(callback: (() => void) | undefined, byReset: boolean): void {
    if (!this.endLoop()) return
    closeDescriptor(this.#fd)
    this.#fd = -1
    this.#isReading = false
    this.stream?.reclaim?.()
    this.closeStream(byReset)
    for (const { request } of this.#writes.splice(0)) this.#complete(request, ECANCELED)
    if (this.#shutdown !== null) this.#complete(this.#shutdown, ECANCELED)
    this.#shutdown = null
    this.host.kick()
    this.host.retain()
    this.post(() => {
      this.host.release()
      callback?.()
    })
  }

  protected closeStream(byReset: boolean): void {
    if (byReset) this.stream?.abort(this.host.now())
    else this.stream?.abandon(this.host.now())
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
