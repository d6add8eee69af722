import type { Listener } from './listener.ts'
import type { Segment } from './segment.ts'
import type { AddressWords, TcpListenOptions } from './types.ts'

/** IANA's dynamic ports (RFC 6335 6). */
const FIRST_EPHEMERAL = 49_152
const LAST_EPHEMERAL = 65_535

/** Who listens where, and the search for free ports. */
export class PortTable {
  readonly #byPort: Map<number, Listener[]> = new Map()
  readonly #first: number
  readonly #count: number
  /** RFC 6056 3.3.3 next_ephemeral. */
  #next = 0

  constructor(range: readonly [first: number, last: number] = [FIRST_EPHEMERAL, LAST_EPHEMERAL]) {
    this.#first = range[0]
    this.#count = range[1] - range[0] + 1
  }

  add(listener: Listener): void {
    const there = this.#byPort.get(listener.port)
    if (there === undefined) this.#byPort.set(listener.port, [listener])
    else there.push(listener)
  }

  remove(listener: Listener): void {
    const there = this.#byPort.get(listener.port)
    if (there === undefined) return
    const rest = there.filter((other) => other !== listener)
    if (rest.length === 0) this.#byPort.delete(listener.port)
    else this.#byPort.set(listener.port, rest)
  }

  listeners(): Listener[] {
    return [...this.#byPort.values()].flat()
  }

  /** The listener for a segment's destination: one bound to the address before one for any. RFC9293:MUST-41, MUST-42 */
  listenerFor(segment: Segment): Listener | undefined {
    const there = this.#byPort.get(segment.destinationPort)
    if (there === undefined) return undefined
    const is4 = (segment.destination0 | segment.destination1) === 0 && segment.destination2 === 0xffff
    let any: Listener | undefined
    for (const listener of there) {
      const address = listener.address
      if (address === undefined) {
        if (listener.family === undefined || (listener.family === 4) === is4) any ??= listener
      } else if (
        ((address.w0 ^ segment.destination0) |
          (address.w1 ^ segment.destination1) |
          (address.w2 ^ segment.destination2) |
          (address.w3 ^ segment.destination3)) ===
        0
      ) {
        return listener
      }
    }
    return any
  }

  /** Whether a listener with these options would take what another one already takes. */
  conflicts(options: Pick<TcpListenOptions, 'address' | 'family'>, port: number): boolean {
    const there = this.#byPort.get(port)
    if (there === undefined) return false
    return there.some((other) => {
      if (other.address !== undefined && options.address !== undefined) return same(other.address, options.address)
      const family = options.address !== undefined ? familyOf(options.address) : options.family
      const otherFamily = other.address !== undefined ? familyOf(other.address) : other.family
      return family === undefined || otherFamily === undefined || family === otherFamily
    })
  }

  /** A free port to listen on, from a place that nobody can guess (RFC 6056 3); 0 when there is none. */
  freeListenPort(options: TcpListenOptions, offset: number): number {
    for (let i = 0; i < this.#count; i++) {
      const port = this.#first + ((offset + this.#next++) % this.#count)
      if (!this.conflicts(options, port)) return port
    }
    return 0
  }

  /** RFC 6056 3.3.3, algorithm 3: from a place that depends on the remote end and a secret, the next one that is free. */
  ephemeral(offset: number, isFree: (port: number) => boolean): number {
    for (let i = 0; i < this.#count; i++) {
      const port = this.#first + ((offset + this.#next++) % this.#count)
      if (!this.#byPort.has(port) && isFree(port)) return port
    }
    return 0
  }
}

function same(a: AddressWords, b: AddressWords): boolean {
  return ((a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3)) === 0
}

function familyOf(address: AddressWords): 4 | 6 {
  return (address.w0 | address.w1) === 0 && (address.w2 | 0) === 0xffff ? 4 : 6
}
