// Seeded randomness. Every component of a simulation draws from its own stream, forked by name, so that adding
// a fault to one link does not change what happens on another.

/** A uniform number in [0, 1). */
export type RandomSource = () => number

/** A deterministic stream of random numbers (sfc32), not for secrets. */
export class SeededRandom {
  readonly seed: number
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number) {
    this.seed = seed
    // splitmix32 spreads neighbouring seeds over the whole state.
    let state = (seed ^ Math.floor(seed / 0x1_0000_0000)) >>> 0
    const mix = (): number => {
      state = (state + 0x9e37_79b9) >>> 0
      let z = state
      z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
      return (z ^ (z >>> 15)) >>> 0
    }
    this.#a = mix()
    this.#b = mix()
    this.#c = mix()
    for (let round = 0; round < 12; round++) this.uint32()
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  readonly next: RandomSource = () => {
    const high = this.uint32() >>> 5
    const low = this.uint32() >>> 6
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000
  }

  /** A uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** Standard normal deviate (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return radius * Math.cos(2 * Math.PI * this.next())
  }

  readonly fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.uint32() & 0xff
  }

  /** A stream that depends on this one's seed and the label only, not on how much was drawn. */
  fork(label: string): SeededRandom {
    let hash = 0x811c_9dc5 ^ (this.seed >>> 0)
    for (let index = 0; index < label.length; index++) {
      hash = Math.imul(hash ^ label.charCodeAt(index), 0x0100_0193)
    }
    return new SeededRandom((hash ^ Math.imul(this.seed, 0x9e37_79b1)) >>> 0)
  }
}
