const ROUNDS = 8

/**
 * Identifications of fragmented packets: each of the 2^32 once before any comes again (RFC 8200 4.5), in an order that nobody
 * can foretell who has seen some of them (RFC 7739 5.3): a counter, its two halves mixed by a Feistel network under keys.
 */
export class Identifications {
  readonly #random: () => number
  #counter: number
  /** Drawn for the first packet that is cut: most hosts never cut one. */
  #keys: Uint32Array | null = null

  constructor(random: () => number) {
    this.#random = random
    this.#counter = Math.floor(random() * 0x1_0000_0000)
  }

  next(): number {
    this.#keys ??= Uint32Array.from({ length: ROUNDS }, () => Math.floor(this.#random() * 0x1_0000_0000))
    this.#counter = (this.#counter + 1) >>> 0
    let left = this.#counter >>> 16
    let right = this.#counter & 0xffff
    for (const key of this.#keys) {
      const mixed = left ^ scramble(right, key)
      left = right
      right = mixed
    }
    return ((left << 16) | right) >>> 0
  }
}

/** 16 bits of a half and a key. */
function scramble(half: number, key: number): number {
  let mixed = Math.imul(half ^ key, 0x9e37_79b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) ^ key
  return (mixed ^ (mixed >>> 16)) & 0xffff
}
