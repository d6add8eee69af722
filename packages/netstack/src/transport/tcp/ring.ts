/** Memory of send and receive buffers: a power of two of bytes in which the byte of sequence number s stands at `(s - origin) & mask`. */

const SMALLEST_BYTES = 4096
/** A ring that was emptied begins again with what it held at most since it was emptied before, up to this: a steady stream does not grow it anew each time. */
const LARGEST_START_BYTES = 1024 * 1024
/** Free memory that is kept for the next ring of that size, in bytes for each power of two. */
const KEPT_BYTES = 4 * 1024 * 1024
const EMPTY = new Uint8Array(0)

/** Memory given back, by the logarithm of its size: what one connection leaves serves the next, and an idle one holds nothing. */
const free: Uint8Array<ArrayBuffer>[][] = []

function take(size: number): Uint8Array<ArrayBuffer> {
  return free[31 - Math.clz32(size)]?.pop() ?? new Uint8Array(size)
}

function giveBack(bytes: Uint8Array<ArrayBuffer>): void {
  const list = (free[31 - Math.clz32(bytes.length)] ??= [])
  if ((list.length + 1) * bytes.length <= KEPT_BYTES) list.push(bytes)
}

/** Ring memory that grows as it is used and goes back when it is empty, so that an idle connection holds none. */
export class Ring {
  bytes: Uint8Array<ArrayBuffer> = EMPTY
  mask = -1
  #start: number = SMALLEST_BYTES
  /** The most that was asked for since the ring was empty. */
  #peak = 0

  /** Bytes of memory held. */
  get capacity(): number {
    return this.bytes.length
  }

  /** Makes room for `length` bytes that begin at `offset`, keeping what stands there: `kept` bytes from `offset`. */
  reserve(offset: number, kept: number, length: number): void {
    if (length > this.#peak) this.#peak = length
    if (length <= this.bytes.length) return
    let size = Math.max(this.bytes.length, this.#start)
    while (size < length) size *= 2
    const bytes = take(size)
    const mask = size - 1
    let copied = 0
    while (copied < kept) {
      const from = (offset + copied) & this.mask
      const to = (offset + copied) & mask
      const run = Math.min(kept - copied, this.bytes.length - from, size - to)
      bytes.set(this.bytes.subarray(from, from + run), to)
      copied += run
    }
    if (this.bytes.length > 0) giveBack(this.bytes)
    this.bytes = bytes
    this.mask = mask
  }

  /** Copies `source[start..end)` in at `offset`; room must have been reserved. */
  write(offset: number, source: Uint8Array, start: number, end: number): void {
    const at = offset & this.mask
    const run = this.bytes.length - at
    if (end - start <= run) {
      this.bytes.set(source.subarray(start, end), at)
    } else {
      this.bytes.set(source.subarray(start, start + run), at)
      this.bytes.set(source.subarray(start + run, end), 0)
    }
  }

  /** Copies `length` bytes from `offset` out to `target` at `to`. */
  read(offset: number, length: number, target: Uint8Array, to: number): void {
    const at = offset & this.mask
    const run = this.bytes.length - at
    if (length <= run) {
      target.set(this.bytes.subarray(at, at + length), to)
    } else {
      target.set(this.bytes.subarray(at), to)
      target.set(this.bytes.subarray(0, length - run), to + run)
    }
  }

  /** A view of at most `length` bytes from `offset` that lie in one piece. */
  view(offset: number, length: number): Uint8Array {
    if (length === 0) return EMPTY
    const at = offset & this.mask
    return this.bytes.subarray(at, Math.min(at + length, this.bytes.length))
  }

  /** Gives the memory back. */
  drop(): void {
    if (this.bytes.length === 0) return
    this.#start = Math.min(Math.max(SMALLEST_BYTES, 2 ** (32 - Math.clz32(this.#peak - 1))), LARGEST_START_BYTES)
    this.#peak = 0
    giveBack(this.bytes)
    this.bytes = EMPTY
    this.mask = -1
  }
}
