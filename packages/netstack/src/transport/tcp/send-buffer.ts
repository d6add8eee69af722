import { type BufferMemory, GUARANTEED_SEND_BYTES } from './buffer-memory.ts'
import { ByteBlocks } from './byte-blocks.ts'

/** What is lent is at least this large: below it, a copy costs less than to keep account. */
const LENT_BYTES = 32_768

/** Bytes of the user's own that stand in the stream from one offset (int32) on. */
interface Loan {
  readonly bytes: Uint8Array
  readonly offset: number
}

/**
 * Bytes that the user gave and the peer has not yet acknowledged, by sequence number. They are copies, but for those that the user
 * has lent, until he wants them back.
 */
export class SendBuffer {
  readonly #blocks: ByteBlocks = new ByteBlocks()
  readonly #origin: number
  /** In the order of the stream. What lies in one of them is not in the blocks. */
  readonly #loans: Loan[] = []
  /** Sequence number of the first byte kept. */
  base: number
  /** Bytes kept. */
  length = 0
  /** Most bytes that may be kept. */
  limit: number
  readonly #memory: BufferMemory

  /**
   * @param first sequence number of the first byte of the stream
   * @param memory where what is kept counts
   */
  constructor(first: number, limit: number, memory: BufferMemory) {
    this.#origin = first
    this.base = first
    this.limit = limit
    this.#memory = memory
  }

  /** Sequence number behind the last byte. */
  get end(): number {
    return (this.base + this.length) | 0
  }

  get room(): number {
    const shared = Math.max(this.#memory.room, GUARANTEED_SEND_BYTES - this.length)
    return Math.max(0, Math.min(this.limit - this.length, shared))
  }

  /** It would take more if all together held less. */
  get isRefusedMemory(): boolean {
    return this.room < this.limit - this.length
  }

  /** Something of the user's own is read where it lies. */
  get hasLoans(): boolean {
    return this.#loans.length > 0
  }

  get #first(): number {
    return (this.base - this.#origin) | 0
  }

  /** Copies what fits; returns how many bytes that were. */
  append(source: Uint8Array, start: number, end: number): number {
    const count = Math.min(end - start, this.room)
    if (count <= 0) return 0
    const first = this.#first
    this.#blocks.write(first, (first + this.length) | 0, source, start, start + count)
    this.length += count
    this.#memory.held += count
    return count
  }

  /** As `append`, but many bytes are read where they lie: `reclaim` has to be called before they are changed. */
  borrow(source: Uint8Array, start: number, end: number): number {
    const count = Math.min(end - start, this.room)
    if (count < LENT_BYTES) return this.append(source, start, end)
    this.#loans.push({ bytes: source.subarray(start, start + count), offset: (this.#first + this.length) | 0 })
    this.length += count
    this.#memory.held += count
    return count
  }

  /** Copies what is still needed of the bytes that were lent: the user may change them. */
  reclaim(): void {
    const first = this.#first
    for (const { bytes, offset } of this.#loans) {
      const done = Math.max(0, (first - offset) | 0)
      this.#blocks.write(first, (offset + done) | 0, bytes, done, bytes.length)
    }
    this.#loans.length = 0
  }

  /** Copies `length` bytes from `sequence` to `target[at..]`. */
  copyTo(sequence: number, length: number, target: Uint8Array, at: number): void {
    const offset = (sequence - this.#origin) | 0
    if (this.#loans.length === 0) {
      this.#blocks.read(offset, length, target, at)
      return
    }
    for (const view of this.views(sequence, length)) {
      target.set(view, at)
      at += view.length
    }
  }

  /** `length` bytes from `sequence` where they lie; good until they are acknowledged or reclaimed. */
  views(sequence: number, length: number): Uint8Array[] {
    const views: Uint8Array[] = []
    let offset = (sequence - this.#origin) | 0
    let rest = length
    for (const loan of this.#loans) {
      if (rest === 0) break
      const before = Math.min(rest, (loan.offset - offset) | 0)
      if (before > 0) {
        this.#blocks.views(offset, before, views)
        offset = (offset + before) | 0
        rest -= before
      }
      const at = (offset - loan.offset) | 0
      const within = Math.min(rest, loan.bytes.length - at)
      if (within <= 0) continue
      views.push(loan.bytes.subarray(at, at + within))
      offset = (offset + within) | 0
      rest -= within
    }
    if (rest > 0) this.#blocks.views(offset, rest, views)
    return views
  }

  /** Forgets bytes before `sequence`: they were acknowledged. */
  releaseTo(sequence: number): void {
    const count = Math.min((sequence - this.base) | 0, this.length)
    if (count <= 0) return
    this.base = (this.base + count) | 0
    this.length -= count
    this.#memory.held -= count
    this.#releaseLoans()
    if (this.length === 0) this.#blocks.clear()
    else this.#blocks.release(this.#first)
  }

  #releaseLoans(): void {
    const first = this.#first
    while (this.#loans.length > 0) {
      const { bytes, offset } = this.#loans[0]!
      if (((offset + bytes.length - first) | 0) > 0) return
      this.#loans.shift()
    }
  }

  /** Nothing of it will be sent any more. */
  clear(): void {
    this.base = this.end
    this.#memory.held -= this.length
    this.length = 0
    this.#loans.length = 0
    this.#blocks.clear()
  }
}
