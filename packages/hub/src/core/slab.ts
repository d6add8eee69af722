/** Pooled memory for outbound bytes. A slab is shared by everything that was encoded into it and returns when all of it has been written. */

/** A block of memory with a count of who still needs it. */
export class Slab {
  readonly buffer: Buffer
  references = 0

  constructor(sizeBytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(sizeBytes)
  }
}

/** Keeps released slabs for reuse, up to a limit; beyond it they go to the garbage collector. */
export class SlabPool {
  readonly slabBytes: number
  #keep = 1
  readonly #free: Slab[] = []

  constructor(slabBytes: number, keepBytes: number) {
    this.slabBytes = slabBytes
    this.keepBytes = keepBytes
  }

  /** How many bytes are kept for reuse at most; what is kept already stays. */
  set keepBytes(bytes: number) {
    this.#keep = Math.max(1, Math.floor(bytes / this.slabBytes))
  }

  /** Bytes kept for reuse at this moment. */
  get idleBytes(): number {
    return this.#free.length * this.slabBytes
  }

  /** A slab with one reference, the caller's. Asking for more than a pooled slab holds gets one of its own size. */
  take(needBytes: number): Slab {
    const slab = needBytes > this.slabBytes ? new Slab(needBytes) : (this.#free.pop() ?? new Slab(this.slabBytes))
    slab.references = 1
    return slab
  }

  release(slab: Slab): void {
    slab.references--
    if (slab.references === 0 && slab.buffer.length === this.slabBytes && this.#free.length < this.#keep) {
      this.#free.push(slab)
    }
  }
}
