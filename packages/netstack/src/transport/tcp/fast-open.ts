/** TCP Fast Open, RFC 7413: data in the SYN for peers that have shown before that their address is theirs. Cookies of our own clients, and those we were given. */
import type { Segment } from './segment.ts'
import { randomKey, SipHash } from './siphash.ts'
import type { AddressWords, TcpCounters } from './types.ts'

const COOKIE_BYTES = 8
/** The key's share that changes (4.1.2): a cookie is good for this period and the next. */
const PERIOD_MS = 86_400_000
/** How long a path that lost a SYN with data gets none (4.1.3.1). */
const AVOID_MS = 3_600_000

interface KnownPeer {
  cookie: Uint8Array
  /** What its SYN-ACK offered: 4.1.3.2. */
  mss: number
  avoidUntil: number
}

/** One per layer. Takes no randomness before a server needs it. */
export class FastOpen {
  readonly #fillRandom: (bytes: Uint8Array) => void
  readonly #counters: TcpCounters
  readonly #maxPeers: number
  readonly #peers: Map<string, KnownPeer> = new Map()
  readonly #words: Int32Array = new Int32Array(10)
  #hash: SipHash | undefined

  constructor(fillRandom: (bytes: Uint8Array) => void, counters: TcpCounters, maxPeers: number) {
    this.#fillRandom = fillRandom
    this.#counters = counters
    this.#maxPeers = maxPeers
  }

  /** 4.1.2: the cookie of a client's address. */
  cookieFor(segment: Segment, now: number): Uint8Array {
    return this.#make(segment, Math.floor(now / PERIOD_MS))
  }

  /** Whether the cookie of this SYN is ours, and of this client. */
  isValid(segment: Segment, now: number): boolean {
    if (segment.fastOpenBytes !== COOKIE_BYTES) return false
    const period = Math.floor(now / PERIOD_MS)
    for (const each of [period, period - 1]) {
      const cookie = this.#make(segment, each)
      let difference = 0
      for (let i = 0; i < COOKIE_BYTES; i++) difference |= cookie[i]! ^ segment.bytes[segment.fastOpenStart + i]!
      if (difference === 0) return true
    }
    return false
  }

  #make(segment: Segment, period: number): Uint8Array {
    this.#hash ??= new SipHash(randomKey(this.#fillRandom))
    const words = this.#words
    words.set([segment.source0, segment.source1, segment.source2, segment.source3])
    words.set([segment.destination0, segment.destination1, segment.destination2, segment.destination3], 4)
    words[8] = period
    const cookie = new Uint8Array(COOKIE_BYTES)
    const view = new DataView(cookie.buffer)
    for (let half = 0; half < 2; half++) {
      words[9] = half
      view.setInt32(4 * half, this.#hash.hash(words, 10))
    }
    return cookie
  }

  /** What a SYN to this peer may carry: its cookie, an empty one to ask for it, or undefined: no option. */
  offerTo(remote: AddressWords, now: number): { readonly cookie: Uint8Array; readonly mss: number } | undefined {
    const known = this.#peers.get(keyOf(remote))
    if (known === undefined) return { cookie: NONE, mss: 0 }
    return known.avoidUntil > now ? undefined : known
  }

  /** 4.1.3: a SYN-ACK has brought a cookie. */
  remember(remote: AddressWords, segment: Segment): void {
    const cookie = segment.bytes.slice(segment.fastOpenStart, segment.fastOpenStart + segment.fastOpenBytes)
    this.#keep(remote, { cookie, mss: segment.mss, avoidUntil: 0 })
  }

  /** 4.1.3.1: a SYN with data, or the option, got no answer. */
  avoid(remote: AddressWords, now: number): void {
    const known = this.#peers.get(keyOf(remote))
    this.#keep(remote, { cookie: NONE, mss: 0, ...known, avoidUntil: now + AVOID_MS })
  }

  #keep(remote: AddressWords, peer: KnownPeer): void {
    const key = keyOf(remote)
    this.#peers.delete(key)
    this.#peers.set(key, peer)
    if (this.#peers.size <= this.#maxPeers) return
    this.#counters.fastOpenPeersEvicted++
    this.#peers.delete(this.#peers.keys().next().value!)
  }
}

const NONE = new Uint8Array(0)

function keyOf(address: AddressWords): string {
  return `${address.w0 >>> 0} ${address.w1 >>> 0} ${address.w2 >>> 0} ${address.w3 >>> 0}`
}
