/**
 * Bytes that have been read and not used yet, as one contiguous view. A chunk that arrives while nothing waits is taken as it is; otherwise it is
 * copied behind what waits, into memory that doubles. Bytes once handed out are never written over: views of them stay good.
 */
const EMPTY = Buffer.alloc(0)
/** A rest this much smaller than the memory that it keeps alive is copied out. */
const WASTE_FACTOR = 4
const FIRST_BYTES = 64

/** A queue with its front at `start`, its back at `end` of `buffer`. */
export class ByteQueue {
  buffer: Buffer = EMPTY
  start: number = 0
  end: number = 0
  /** Whether `buffer` is ours to append to, from `end` on. */
  #owned = false

  get length(): number {
    return this.end - this.start
  }

  push(chunk: Buffer): void {
    if (this.length === 0) {
      this.buffer = chunk
      this.start = 0
      this.end = chunk.length
      this.#owned = false
      return
    }
    if (!this.#owned || this.end + chunk.length > this.buffer.length) {
      this.#move(Math.max(FIRST_BYTES, (this.length + chunk.length) * 2))
    }
    chunk.copy(this.buffer, this.end)
    this.end += chunk.length
  }

  /** Takes `count` bytes off the front, as a view. */
  take(count: number): Buffer {
    const view = this.buffer.subarray(this.start, this.start + count)
    this.skip(count)
    return view
  }

  skip(count: number): void {
    this.start += count
    if (this.start === this.end) this.clear()
  }

  clear(): void {
    this.buffer = EMPTY
    this.start = 0
    this.end = 0
    this.#owned = false
  }

  /** Nothing more can be taken for now: lets go of memory that holds far more than what waits. */
  settle(): void {
    if (this.#owned || this.length * WASTE_FACTOR > this.buffer.length || this.length === 0) return
    this.#move(Math.max(FIRST_BYTES, this.length))
  }

  #move(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(bytes)
    this.buffer.copy(larger, 0, this.start, this.end)
    this.end -= this.start
    this.start = 0
    this.buffer = larger
    this.#owned = true
  }
}
