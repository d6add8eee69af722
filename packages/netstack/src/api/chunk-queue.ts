/** Bytes that have arrived in pieces and have not been read yet. Pieces are kept as they came, and are the queue's from then on. */
export class ChunkQueue {
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** How much of the first chunk was read. */
  #taken = 0

  /** Bytes that can be read. */
  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Moves what fits to `target` and returns the number of bytes. */
  read(target: Uint8Array): number {
    let done = 0
    while (done < target.length && this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!
      const count = Math.min(target.length - done, chunk.length - this.#taken)
      target.set(chunk.subarray(this.#taken, this.#taken + count), done)
      done += count
      this.#taken += count
      if (this.#taken < chunk.length) break
      this.#chunks.shift()
      this.#taken = 0
    }
    this.#bytes -= done
    return done
  }

  clear(): void {
    this.#chunks = []
    this.#bytes = 0
    this.#taken = 0
  }
}
