/**
 * SYN cookies, RFC 4987 3.6: the state of a half-open connection in the sequence number of the SYN-ACK, when there is no room to keep it.
 * Sequence number = 5 bits of a minute counter, 3 bits of MSS, 24 bits of keyed hash over the four-tuple, the peer's ISN and the counter. Window scale, SACK and ECN ride in
 * the low bits of the timestamp, when the peer uses timestamps, and are given up otherwise.
 */
import { FOUR_TUPLE_WORDS, writeFourTuple } from './four-tuple.ts'
import { randomKey, SipHash } from './siphash.ts'
import type { AddressWords } from './types.ts'

const PERIOD_MS = 64_000
/** Cookies of the present and of the previous period are accepted. */
const MAX_AGE_PERIODS = 1
const MSS_TABLE_4 = [536, 1024, 1220, 1300, 1400, 1440, 1452, 1460] as const
const MSS_TABLE_6 = [1220, 1280, 1340, 1380, 1400, 1420, 1432, 1440] as const

const OPTION_BITS = 6
const OPTION_MASK = (1 << OPTION_BITS) - 1
const NO_SCALE = 15
const SACK_BIT = 0x10
const ECN_BIT = 0x20

/** What a cookie's timestamp remembers. */
export interface CookieOptions {
  /** -1: none. */
  readonly windowShift: number
  readonly sack: boolean
  readonly ecn: boolean
}

/** Makes and checks cookies; one per layer. */
export class SynCookies {
  readonly #hash: SipHash
  readonly #words: Int32Array = new Int32Array(FOUR_TUPLE_WORDS + 3)

  constructor(fillRandom: (bytes: Uint8Array) => void) {
    this.#hash = new SipHash(randomKey(fillRandom))
  }

  /** The initial sequence number that stands for this half-open connection. */
  make(
    local: AddressWords,
    localPort: number,
    remote: AddressWords,
    remotePort: number,
    peerSequence: number,
    mss: number,
    isIpv6: boolean,
    now: number,
  ): number {
    const counter = Math.floor(now / PERIOD_MS)
    const index = mssIndex(mss, isIpv6)
    return (
      ((counter & 31) << 27) |
      (index << 24) |
      this.#mac(local, localPort, remote, remotePort, peerSequence, counter, index) |
      0
    )
  }

  /** The MSS of the connection whose cookie this is, or 0 when it is none of ours or too old. */
  check(
    cookie: number,
    local: AddressWords,
    localPort: number,
    remote: AddressWords,
    remotePort: number,
    peerSequence: number,
    isIpv6: boolean,
    now: number,
  ): number {
    const present = Math.floor(now / PERIOD_MS)
    const age = (present - (cookie >>> 27)) & 31
    if (age > MAX_AGE_PERIODS) return 0
    const counter = present - age
    const index = (cookie >>> 24) & 7
    if ((cookie & 0xff_ffff) !== this.#mac(local, localPort, remote, remotePort, peerSequence, counter, index)) return 0
    return (isIpv6 ? MSS_TABLE_6 : MSS_TABLE_4)[index]!
  }

  #mac(
    local: AddressWords,
    localPort: number,
    remote: AddressWords,
    remotePort: number,
    peerSequence: number,
    counter: number,
    index: number,
  ): number {
    const words = this.#words
    writeFourTuple(words, local, localPort, remote, remotePort)
    words[FOUR_TUPLE_WORDS] = peerSequence
    words[FOUR_TUPLE_WORDS + 1] = counter
    words[FOUR_TUPLE_WORDS + 2] = index
    return this.#hash.hash(words, FOUR_TUPLE_WORDS + 3) & 0xff_ffff
  }
}

/** The timestamp value to send with a cookie: not later than the clock, with the options in its low bits. */
export function cookieTimestamp(clock: number, options: CookieOptions): number {
  const bits =
    (options.windowShift < 0 ? NO_SCALE : options.windowShift) |
    (options.sack ? SACK_BIT : 0) |
    (options.ecn ? ECN_BIT : 0)
  let value = (clock & ~OPTION_MASK) | bits
  if (((value - clock) | 0) > 0) value -= OPTION_MASK + 1
  return value | 0
}

/** What {@link cookieTimestamp} put into a value that the peer echoed. */
export function cookieOptions(echo: number): CookieOptions {
  const scale = echo & 15
  return { windowShift: scale === NO_SCALE ? -1 : scale, sack: (echo & SACK_BIT) !== 0, ecn: (echo & ECN_BIT) !== 0 }
}

function mssIndex(mss: number, isIpv6: boolean): number {
  const table = isIpv6 ? MSS_TABLE_6 : MSS_TABLE_4
  let index = 0
  for (let i = 0; i < table.length; i++) if (table[i]! <= mss) index = i
  return index
}
