/** Ranges of a text, added in any order, asked for in the next round: containment costs the logarithm of their number. */
export class Ranges {
  #starts: number[] = []
  #ends: number[] = []
  readonly #added: [start: number, end: number][] = []

  clear(): void {
    if (this.#starts.length > 0) {
      this.#starts = []
      this.#ends = []
    }
    this.#added.length = 0
  }

  /** Counts from the next `settle` on. */
  add(start: number, end: number): void {
    this.#added.push([start, end])
  }

  /** Takes in what was added; ranges that touch or overlap become one. */
  settle(): void {
    if (this.#added.length === 0) return
    for (let index = 0; index < this.#starts.length; index++) this.#added.push([this.#starts[index], this.#ends[index]])
    this.#added.sort((one, other) => one[0] - other[0])
    this.#starts = []
    this.#ends = []
    for (const [start, end] of this.#added) {
      const last = this.#ends.length - 1
      if (last >= 0 && start < this.#ends[last]) this.#ends[last] = Math.max(this.#ends[last], end)
      else {
        this.#starts.push(start)
        this.#ends.push(end)
      }
    }
    this.#added.length = 0
  }

  /** Whether one of the ranges holds all of `[start, end)`. */
  covers(start: number, end: number): boolean {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle] <= start) low = middle + 1
      else high = middle
    }
    return low > 0 && end <= this.#ends[low - 1]
  }
}
