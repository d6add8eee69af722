import { ByteBlocks } from './byte-blocks.ts'

/** Bytes that the user gave and the peer has not yet acknowledged, by sequence number. */
export class SendBuffer {
  readonly #blocks: ByteBlocks = new ByteBlocks()
  readonly #origin: number
  /** Sequence number of the first byte kept. */
  base: number
  /** Bytes kept. */
  length = 0
  /** Most bytes that may be kept. */
  limit: number

  /** @param first sequence number of the first byte of the stream */
  constructor(first: number, limit: number) {
    this.#origin = first
    this.base = first
    this.limit = limit
  }

  /** Sequence number behind the last byte. */
  get end(): number {
    return (this.base + this.length) | 0
  }

  get room(): number {
    return Math.max(0, this.limit - this.length)
  }

  /** Copies what fits; returns how many bytes that were. */
  append(source: Uint8Array, start: number, end: number): number {
    const count = Math.min(end - start, this.room)
    if (count <= 0) return 0
    const first = (this.base - this.#origin) | 0
    this.#blocks.write(first, (first + this.length) | 0, source, start, start + count)
    this.length += count
    return count
  }

  /** Copies `length` bytes from `sequence` to `target[at..]`. */
  copyTo(sequence: number, length: number, target: Uint8Array, at: number): void {
    this.#blocks.read((sequence - this.#origin) | 0, length, target, at)
  }

  /** `length` bytes from `sequence` where they lie; good until they are acknowledged. */
  views(sequence: number, length: number): Uint8Array[] {
    return this.#blocks.views((sequence - this.#origin) | 0, length)
  }

  /** Forgets bytes before `sequence`: they were acknowledged. */
  releaseTo(sequence: number): void {
    const count = Math.min((sequence - this.base) | 0, this.length)
    if (count <= 0) return
    this.base = (this.base + count) | 0
    this.length -= count
    if (this.length === 0) this.#blocks.clear()
    else this.#blocks.release((this.base - this.#origin) | 0)
  }

  /** Nothing of it will be sent any more. */
  clear(): void {
    this.base = this.end
    this.length = 0
    this.#blocks.clear()
  }
}
