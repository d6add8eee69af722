/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over 32-bit words: the keyed hash behind initial sequence numbers, cookies, ports and timestamp offsets.
 * 64-bit numbers are pairs of int32. Not a general hash: the message is a whole number of 32-bit words.
 */
export class SipHash {
  readonly #k0: number
  readonly #k1: number
  readonly #k2: number
  readonly #k3: number
  // v0..v3, low and high halves
  readonly #v: Int32Array = new Int32Array(8)

  /** @param key 16 bytes that nobody can guess */
  constructor(key: Uint8Array) {
    this.#k0 = littleWord(key, 0)
    this.#k1 = littleWord(key, 4)
    this.#k2 = littleWord(key, 8)
    this.#k3 = littleWord(key, 12)
  }

  /** The low 32 bits of the hash of the first `count` words, as int32. */
  hash(words: Int32Array, count: number): number {
    const v = this.#v
    v[0] = this.#k0 ^ 0x70736575
    v[1] = this.#k1 ^ 0x736f6d65
    v[2] = this.#k2 ^ 0x6e646f6d
    v[3] = this.#k3 ^ 0x646f7261
    v[4] = this.#k0 ^ 0x6e657261
    v[5] = this.#k1 ^ 0x6c796765
    v[6] = this.#k2 ^ 0x79746573
    v[7] = this.#k3 ^ 0x74656462
    let at = 0
    for (; at + 1 < count; at += 2) this.#block(words[at]!, words[at + 1]!)
    // The last block: a left-over word, and the length in bytes in the highest byte.
    this.#block(at < count ? words[at]! : 0, (count * 4) << 24)
    v[4]! ^= 0xff
    for (let round = 0; round < 4; round++) sipRound(v)
    return v[0]! ^ v[2]! ^ v[4]! ^ v[6]!
  }

  #block(low: number, high: number): void {
    const v = this.#v
    v[6]! ^= low
    v[7]! ^= high
    sipRound(v)
    sipRound(v)
    v[0]! ^= low
    v[1]! ^= high
  }
}

/** A key that nobody can guess. */
export function randomKey(fillRandom: (bytes: Uint8Array) => void): Uint8Array {
  const key = new Uint8Array(16)
  fillRandom(key)
  return key
}

function littleWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function sipRound(v: Int32Array): void {
  add(v, 0, 2)
  rotate(v, 2, 13)
  xor(v, 2, 0)
  swap(v, 0)
  add(v, 4, 6)
  rotate(v, 6, 16)
  xor(v, 6, 4)
  add(v, 0, 6)
  rotate(v, 6, 21)
  xor(v, 6, 0)
  add(v, 4, 2)
  rotate(v, 2, 17)
  xor(v, 2, 4)
  swap(v, 4)
}

function add(v: Int32Array, a: number, b: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0)
  v[a + 1] = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0)
  v[a] = low
}

function rotate(v: Int32Array, a: number, by: number): void {
  const low = v[a]!
  const high = v[a + 1]!
  v[a] = (low << by) | (high >>> (32 - by))
  v[a + 1] = (high << by) | (low >>> (32 - by))
}

function xor(v: Int32Array, a: number, b: number): void {
  v[a]! ^= v[b]!
  v[a + 1]! ^= v[b + 1]!
}

/** Rotation by 32. */
function swap(v: Int32Array, a: number): void {
  const low = v[a]!
  v[a] = v[a + 1]!
  v[a + 1] = low
}
