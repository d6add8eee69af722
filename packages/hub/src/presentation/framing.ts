/** Framing: where one message ends in a stream of bytes and the next begins. */
import { HubError } from '../errors.ts'
import { ByteQueue } from './byte-queue.ts'
import type { Charset } from './charset.ts'

export const framingNames = ['chunk', 'newline', 'nul', 'length', 'whole'] as const

/**
 * - `chunk`: whatever one read brings; TCP gives no promise about where it cuts
 * - `newline`: LF or CRLF ends it
 * - `nul`: a NUL ends it
 * - `length`: its length stands before it
 * - `whole`: the sender's FIN ends it: one message for a connection
 */
export type FramingName = (typeof framingNames)[number]

/** The form of the length before a frame. */
export interface LengthPrefix {
  readonly bytes: 1 | 2 | 4
  readonly bigEndian: boolean
  /** Whether the length counts the prefix itself. */
  readonly includesItself: boolean
}

/** One direction of a listener. */
export interface Framing {
  readonly name: FramingName
  readonly prefix: LengthPrefix
  /** Whether lines are ended by CRLF (written only; both are read). */
  readonly crlf: boolean
}

/** Cuts a stream into frames. Bytes are pushed, frames are pulled, so that whoever reads may stop in between. */
export interface FrameReader {
  /** Bytes held that belong to no complete frame yet. */
  readonly bufferedBytes: number
  push(chunk: Buffer): void
  /**
   * The next complete frame, a view; undefined when more has to be read first.
   * @throws HubError WIREHUB_ERR_PAYLOAD_TOO_LARGE, WIREHUB_ERR_PROTOCOL; the rest of the stream means nothing then
   */
  next(): Buffer | undefined
  /**
   * The stream has ended in order: the frame that this completes, if any.
   * @throws HubError WIREHUB_ERR_TRUNCATED when it ended in the middle of a frame
   */
  finish(): Buffer | undefined
}

/** @param maxFrameBytes the largest frame, without its prefix or delimiter */
export function frameReader(framing: Framing, charset: Charset, maxFrameBytes: number): FrameReader {
  switch (framing.name) {
    case 'chunk':
      return new ChunkReader(charset, maxFrameBytes)
    case 'newline':
      return new DelimitedReader(0x0a, charset, maxFrameBytes)
    case 'nul':
      return new DelimitedReader(0x00, charset, maxFrameBytes)
    case 'length':
      return new LengthReader(framing.prefix, maxFrameBytes)
    case 'whole':
      return new WholeReader(maxFrameBytes)
  }
}

function tooLarge(maxFrameBytes: number, announced?: number): HubError {
  return new HubError(
    'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
    announced === undefined
      ? `A frame is longer than ${maxFrameBytes} bytes.`
      : `A frame of ${announced} bytes was announced; ${maxFrameBytes} are allowed.`,
    { cure: 'Send smaller messages, check the framing of this listener, or raise maxFrameBytes.' },
  )
}

function truncated(bytes: number): HubError {
  return new HubError('WIREHUB_ERR_TRUNCATED', `The stream ended ${bytes} bytes into a frame.`, {
    cure: 'Send the end of the last frame before the FIN.',
  })
}

/** Each read is a frame; only a character that is cut in two waits for its other half. */
class ChunkReader implements FrameReader {
  readonly #queue = new ByteQueue()
  readonly #charset: Charset
  readonly #maxBytes: number
  #fresh = false

  constructor(charset: Charset, maxBytes: number) {
    this.#charset = charset
    this.#maxBytes = maxBytes
  }

  get bufferedBytes(): number {
    return this.#queue.length
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
    this.#fresh = true
  }

  next(): Buffer | undefined {
    const queue = this.#queue
    if (!this.#fresh || queue.length === 0) return undefined
    this.#fresh = false
    const whole = queue.buffer.subarray(queue.start, queue.end)
    const count = queue.length - this.#charset.incompleteBytes(whole)
    if (count > this.#maxBytes) throw tooLarge(this.#maxBytes)
    if (count === 0) return undefined
    const frame = queue.take(count)
    queue.settle()
    return frame
  }

  finish(): Buffer | undefined {
    if (this.#queue.length > 0) throw truncated(this.#queue.length)
    return undefined
  }
}

const CARRIAGE_RETURN = 0x0d

/** A delimiter of one code unit ends each frame. */
class DelimitedReader implements FrameReader {
  readonly #queue = new ByteQueue()
  readonly #delimiter: number
  readonly #isLine: boolean
  readonly #unit: 1 | 2
  /** Offset of the low byte in a unit, where the delimiter's value stands. */
  readonly #low: number
  readonly #maxBytes: number
  /** Bytes from the front that are known to hold no delimiter; a whole number of units. */
  #scanned = 0

  constructor(delimiter: number, charset: Charset, maxBytes: number) {
    this.#delimiter = delimiter
    this.#isLine = delimiter === 0x0a
    this.#unit = charset.unitBytes
    this.#low = charset.unitBytes === 2 && charset.bigEndian ? 1 : 0
    this.#maxBytes = maxBytes
  }

  get bufferedBytes(): number {
    return this.#queue.length
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
  }

  next(): Buffer | undefined {
    const queue = this.#queue
    if (queue.length === 0) return undefined
    const found = this.#find()
    // One unit more: a carriage return may stand before the line feed.
    if ((found < 0 ? queue.length : found) > this.#maxBytes + this.#unit) throw tooLarge(this.#maxBytes)
    if (found < 0) {
      queue.settle()
      return undefined
    }
    this.#scanned = 0
    const frame = this.#withoutReturn(queue.take(found + this.#unit).subarray(0, found))
    if (frame.length > this.#maxBytes) throw tooLarge(this.#maxBytes)
    return frame
  }

  #find(): number {
    const { buffer, start, end } = this.#queue
    const unit = this.#unit
    let at = start + this.#scanned
    for (;;) {
      const found = buffer.indexOf(this.#delimiter, at + this.#low)
      if (found < 0 || found >= end) break
      if (unit === 1) return found - start
      // Two bytes to a unit: it must stand at the place of the low byte, and the high byte must be zero.
      const first = found - this.#low
      if (((first - start) & 1) === 0) {
        if (first + 2 > end) break
        if (buffer[first + 1 - this.#low] === 0) return first - start
      }
      at = start + ((first - start + 2) & ~1)
      if (at >= end) break
    }
    this.#scanned = unit === 1 ? end - start : (end - start) & ~1
    return -1
  }

  #withoutReturn(frame: Buffer): Buffer {
    if (!this.#isLine || frame.length < this.#unit) return frame
    const last = frame.length - this.#unit
    if (frame[last + this.#low] !== CARRIAGE_RETURN) return frame
    return this.#unit === 1 || frame[last + 1 - this.#low] === 0 ? frame.subarray(0, last) : frame
  }

  /** A last line need not be ended, as every reader of text files has it; what NUL ends must be. */
  finish(): Buffer | undefined {
    const rest = this.#queue.length
    if (rest === 0) return undefined
    if (!this.#isLine) throw truncated(rest)
    this.#scanned = 0
    return this.#withoutReturn(this.#queue.take(rest))
  }
}

/** The length of each frame stands before it. */
class LengthReader implements FrameReader {
  readonly #queue = new ByteQueue()
  readonly #prefix: LengthPrefix
  readonly #maxBytes: number

  constructor(prefix: LengthPrefix, maxBytes: number) {
    this.#prefix = prefix
    this.#maxBytes = maxBytes
  }

  get bufferedBytes(): number {
    return this.#queue.length
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
  }

  next(): Buffer | undefined {
    const queue = this.#queue
    const { bytes, bigEndian, includesItself } = this.#prefix
    if (queue.length >= bytes) {
      const said = bigEndian ? queue.buffer.readUIntBE(queue.start, bytes) : queue.buffer.readUIntLE(queue.start, bytes)
      const size = includesItself ? said - bytes : said
      if (size < 0) {
        throw new HubError('WIREHUB_ERR_PROTOCOL', `A length of ${said} cannot include its own ${bytes} bytes.`, {
          cure: 'Check lengthIncludesItself and byteOrder of this listener.',
        })
      }
      // Refused by what it announces: a length alone reserves no memory.
      if (size > this.#maxBytes) throw tooLarge(this.#maxBytes, size)
      if (queue.length >= bytes + size) {
        queue.skip(bytes)
        return queue.take(size)
      }
    }
    queue.settle()
    return undefined
  }

  finish(): Buffer | undefined {
    if (this.#queue.length > 0) throw truncated(this.#queue.length)
    return undefined
  }
}

/** All bytes of the connection are one frame, complete when the sender has finished. */
class WholeReader implements FrameReader {
  readonly #queue = new ByteQueue()
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bufferedBytes(): number {
    return this.#queue.length
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
  }

  next(): Buffer | undefined {
    if (this.#queue.length > this.#maxBytes) throw tooLarge(this.#maxBytes)
    return undefined
  }

  finish(): Buffer | undefined {
    return this.#queue.length === 0 ? undefined : this.#queue.take(this.#queue.length)
  }
}
