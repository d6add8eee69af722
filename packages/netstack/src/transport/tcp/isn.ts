/** Numbers that an outsider must not be able to guess: initial sequence numbers, timestamp offsets, ephemeral ports. */
import { FOUR_TUPLE_WORDS, writeFourTuple } from './four-tuple.ts'
import { randomKey, SipHash } from './siphash.ts'
import type { AddressWords } from './types.ts'

/** Ticks of the ISN clock per millisecond: one tick in 4 microseconds (RFC 9293 3.4.1, RFC 6528 3). */
const ISN_TICKS_PER_MS = 250

/** Keyed hashes of a connection's four-tuple. One per layer; its key never leaves it. */
export class FlowSecrets {
  readonly #isn: SipHash
  readonly #port: SipHash
  readonly #timestamp: SipHash
  readonly #words: Int32Array = new Int32Array(FOUR_TUPLE_WORDS)

  constructor(fillRandom: (bytes: Uint8Array) => void) {
    this.#isn = new SipHash(randomKey(fillRandom))
    this.#port = new SipHash(randomKey(fillRandom))
    this.#timestamp = new SipHash(randomKey(fillRandom))
  }

  /**
   * ISN = M + F(local address, local port, remote address, remote port, secret key).
   */
  initialSequence(
    local: AddressWords,
    localPort: number,
    remote: AddressWords,
    remotePort: number,
    now: number,
  ): number {
    // RFC9293:MUST-8 clock-driven selection; RFC9293:MUST-9, SHLD-1 keyed hash of the four-tuple (RFC 6528 3).
    const clock = Math.floor(now * ISN_TICKS_PER_MS) % 0x1_0000_0000
    return (clock + this.#hash(this.#isn, local, localPort, remote, remotePort)) | 0
  }

  /** Offset of the timestamp clock: the same for one four-tuple, so that a later connection of it goes on where the earlier stopped (RFC 7323 5.4, RFC 6191). */
  timestampOffset(local: AddressWords, localPort: number, remote: AddressWords, remotePort: number): number {
    return this.#hash(this.#timestamp, local, localPort, remote, remotePort)
  }

  /** Where the search for an ephemeral port begins (RFC 6056 3.3.3, algorithm 3), as an unsigned number. */
  portOffset(local: AddressWords, remote: AddressWords, remotePort: number): number {
    return this.#hash(this.#port, local, 0, remote, remotePort) >>> 0
  }

  #hash(hash: SipHash, local: AddressWords, localPort: number, remote: AddressWords, remotePort: number): number {
    writeFourTuple(this.#words, local, localPort, remote, remotePort)
    return hash.hash(this.#words, FOUR_TUPLE_WORDS)
  }
}
