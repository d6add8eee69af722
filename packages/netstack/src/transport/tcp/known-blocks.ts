import { seqAtMost } from './sequence.ts'

const MAX_BLOCKS = 4

/** The SACK blocks of the ACK before (RFC 2018 4: most are told several times), so that only what is new in the next ones is looked at. */
export class KnownBlocks {
  readonly #left: Int32Array = new Int32Array(MAX_BLOCKS)
  readonly #right: Int32Array = new Int32Array(MAX_BLOCKS)
  #count = 0

  forget(): void {
    this.#count = 0
  }

  add(left: number, right: number): void {
    this.#left[this.#count] = left
    this.#right[this.#count++] = right
  }

  /** Where in the block [left, right) what is new begins; `right` when nothing is. */
  newFrom(left: number, right: number): number {
    for (let index = 0; index < this.#count; index++) {
      if (this.#left[index] === left && seqAtMost(this.#right[index]!, right)) return this.#right[index]!
    }
    return left
  }
}
