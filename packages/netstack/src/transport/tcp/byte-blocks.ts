/** Memory of send and receive buffers: blocks that come and go with the bytes in them, so that nothing is copied when a buffer grows. */

const BLOCK_BYTES = 32_768
const BLOCK_MASK: number = BLOCK_BYTES - 1
const BLOCK_SHIFT = 15
/** The first block begins with this and doubles, so that few bytes take little memory. */
const SMALLEST_BYTES = 4096
/** Free memory that is kept for reuse, in bytes for each size of blocks. */
const KEPT_BYTES = 8 * 1024 * 1024
const EMPTY = new Uint8Array(0)

/** Blocks given back, by the logarithm of their size: what one connection leaves serves the next, the last one first, since it may still be in a cache. */
const free: Uint8Array<ArrayBuffer>[][] = []

function take(size: number): Uint8Array<ArrayBuffer> {
  return free[31 - Math.clz32(size)]?.pop() ?? new Uint8Array(size)
}

function giveBack(block: Uint8Array<ArrayBuffer> | undefined): void {
  if (block === undefined) return
  const list = (free[31 - Math.clz32(block.length)] ??= [])
  if ((list.length + 1) * block.length <= KEPT_BYTES) list.push(block)
}

/**
 * Bytes by their offset in a stream (int32, which wraps around): those from some offset on, of which there may be gaps. An empty one
 * holds no memory.
 */
export class ByteBlocks {
  readonly #blocks: (Uint8Array<ArrayBuffer> | undefined)[] = []
  /** Offset of the first byte of the first block. */
  #base = 0

  /**
   * Copies `source[start..end)` in at `offset`.
   * @param first the lowest offset at which anything stands or will yet be written
   */
  write(first: number, offset: number, source: Uint8Array, start: number, end: number): void {
    if (this.#blocks.length === 0) this.#base = first
    let position = (offset - this.#base) | 0
    while (start < end) {
      const at = position & BLOCK_MASK
      const run = Math.min(end - start, BLOCK_BYTES - at)
      this.#block(position >> BLOCK_SHIFT, at + run).set(source.subarray(start, start + run), at)
      start += run
      position += run
    }
  }

  /** The block of that number, with room for so many bytes. */
  #block(index: number, bytes: number): Uint8Array<ArrayBuffer> {
    const old = this.#blocks[index]
    if (old !== undefined && old.length >= bytes) return old
    let size = index === 0 ? SMALLEST_BYTES : BLOCK_BYTES
    while (size < bytes) size *= 2
    const block = take(size)
    if (old !== undefined) {
      block.set(old)
      giveBack(old)
    }
    while (this.#blocks.length < index) this.#blocks.push(undefined)
    this.#blocks[index] = block
    return block
  }

  /** Copies `length` bytes from `offset`, which have been written, to `target` at `to`. */
  read(offset: number, length: number, target: Uint8Array, to: number): void {
    let position = (offset - this.#base) | 0
    while (length > 0) {
      const at = position & BLOCK_MASK
      const run = Math.min(length, BLOCK_BYTES - at)
      target.set(this.#blocks[position >> BLOCK_SHIFT]!.subarray(at, at + run), to)
      to += run
      position += run
      length -= run
    }
  }

  /** A view of at most `length` bytes from `offset`, which have been written, that lie in one piece. */
  view(offset: number, length: number): Uint8Array {
    if (length === 0) return EMPTY
    const position = (offset - this.#base) | 0
    const at = position & BLOCK_MASK
    return this.#blocks[position >> BLOCK_SHIFT]!.subarray(at, Math.min(at + length, BLOCK_BYTES))
  }

  /** Adds to `views` the `length` bytes from `offset`, which have been written, where they lie; good until they are released. */
  views(offset: number, length: number, views: Uint8Array[]): void {
    while (length > 0) {
      const view = this.view(offset, length)
      views.push(view)
      offset = (offset + view.length) | 0
      length -= view.length
    }
  }

  /** Nothing before `offset` is read or written any more. */
  release(offset: number): void {
    while (this.#blocks.length > 0 && ((offset - this.#base) | 0) >= BLOCK_BYTES) {
      giveBack(this.#blocks.shift())
      this.#base = (this.#base + BLOCK_BYTES) | 0
    }
  }

  /** Nothing is left. */
  clear(): void {
    while (this.#blocks.length > 0) giveBack(this.#blocks.pop())
  }
}
