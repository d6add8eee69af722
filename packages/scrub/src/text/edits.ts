/** Replacements to be spliced into a range of bytes. What no edit touches is copied as it stands. */
export class EditList {
  count = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #texts: string[] = []

  clear(): void {
    this.count = 0
    if (this.#texts.length > 1024) {
      this.#starts.length = 0
      this.#ends.length = 0
      this.#texts.length = 0
    }
  }

  /** Replaces `[start, end)` by a text (UTF-8). Edits may overlap: `settle` makes one of them. */
  add(start: number, end: number, text: string): void {
    const at = this.count++
    this.#starts[at] = start
    this.#ends[at] = end
    this.#texts[at] = text
  }

  /** As many mask bytes as were there. */
  mask(index: number): void {
    this.#texts[index] = '*'.repeat(this.#ends[index] - this.#starts[index])
  }

  truncate(count: number): void {
    this.count = count
  }

  /** Takes back the edits from the `first` on that lie within a larger range. */
  dropWithin(start: number, end: number, first: number): void {
    let kept = first
    for (let index = first; index < this.count; index++) {
      const from = this.#starts[index]
      const to = this.#ends[index]
      if (from >= start && to <= end && to - from < end - start) continue
      this.#starts[kept] = from
      this.#ends[kept] = to
      this.#texts[kept++] = this.#texts[index]
    }
    this.count = kept
  }

  appendToLast(text: string): void {
    this.#texts[this.count - 1] += text
  }

  start(index: number): number {
    return this.#starts[index]
  }

  end(index: number): number {
    return this.#ends[index]
  }

  text(index: number): string {
    return this.#texts[index]
  }

  /**
   * Puts the edits in order. Of two over the same bytes the larger stays, then the earlier one; of two that overlap
   * in part the later one loses the bytes that the earlier one has. Every byte that any edit covered stays covered.
   */
  settle(): void {
    if (this.#isInOrder()) return
    const order = Array.from({ length: this.count }, (_, index) => index)
    order.sort(
      (one, other) => this.#starts[one] - this.#starts[other] || this.#ends[other] - this.#ends[one] || one - other,
    )
    const starts: number[] = []
    const ends: number[] = []
    const texts: string[] = []
    let covered = -1
    for (const index of order) {
      const end = this.#ends[index]
      if (end <= covered) continue
      starts.push(Math.max(this.#starts[index], covered))
      ends.push(end)
      texts.push(this.#texts[index])
      covered = end
    }
    this.count = starts.length
    for (let index = 0; index < this.count; index++) {
      this.#starts[index] = starts[index]
      this.#ends[index] = ends[index]
      this.#texts[index] = texts[index]
    }
  }

  #isInOrder(): boolean {
    for (let index = 1; index < this.count; index++) {
      if (this.#starts[index] < this.#ends[index - 1] || this.#ends[index] <= this.#starts[index]) return false
    }
    return true
  }

  /** After `apply`: pairs (start, end) of what was written, as offsets into its result. */
  written(): readonly number[] {
    const ranges: number[] = []
    let shift = 0
    for (let index = 0; index < this.count; index++) {
      const start = this.#starts[index] + shift
      const length = Buffer.byteLength(this.#texts[index])
      ranges.push(start, start + length)
      shift += length - (this.#ends[index] - this.#starts[index])
    }
    return ranges
  }

  /** `bytes[start, end)` with the edits in it, as bytes of their own; undefined when they change nothing. */
  apply(bytes: Uint8Array, start: number, end: number): Buffer | undefined {
    if (this.count === 0) return undefined
    this.settle()
    let length = end - start
    for (let index = 0; index < this.count; index++) {
      length += Buffer.byteLength(this.#texts[index]) - (this.#ends[index] - this.#starts[index])
    }
    const result = Buffer.allocUnsafeSlow(length)
    let from = start
    let to = 0
    for (let index = 0; index < this.count; index++) {
      to = copy(bytes, from, this.#starts[index], result, to)
      to += result.write(this.#texts[index], to)
      from = this.#ends[index]
    }
    copy(bytes, from, end, result, to)
    return length === end - start && sameRange(bytes, start, result) ? undefined : result
  }
}

function copy(source: Uint8Array, from: number, to: number, target: Buffer, at: number): number {
  const length = to - from
  if (length > 48) target.set(source.subarray(from, to), at)
  else for (let index = 0; index < length; index++) target[at + index] = source[from + index]
  return at + length
}

function sameRange(bytes: Uint8Array, start: number, other: Uint8Array): boolean {
  for (let index = 0; index < other.length; index++) if (bytes[start + index] !== other[index]) return false
  return true
}
