import { ETHERNET_HEADER_BYTES, readMac } from '../wire/ethernet.ts'
import type { Frame, FramePool } from './frame.ts'
import { copyFrame, type Link } from './link.ts'

export interface SwitchOptions {
  /** Addresses remembered at most; the oldest makes room (IEEE 802.1D calls it the filtering database). */
  maxAddresses?: number
  /** How long an address is remembered without a frame from it. */
  ageingTimeMs?: number
  maxPorts?: number
}

export interface SwitchCounters {
  forwarded: number
  flooded: number
  filtered: number
  malformed: number
  /** Addresses that made room for others. */
  evicted: number
}

/** A learning Ethernet switch. It knows no spanning tree: do not build loops. */
export class Switch {
  readonly counters: SwitchCounters = { forwarded: 0, flooded: 0, filtered: 0, malformed: 0, evicted: 0 }
  readonly #pool: FramePool
  readonly #ports: Link[] = []
  /** In the order of last use: re-inserted with every frame of the address. */
  readonly #addresses: Map<number, { port: Link; seen: number }> = new Map()
  readonly #maxAddresses: number
  readonly #ageingTimeMs: number
  readonly #maxPorts: number

  constructor(pool: FramePool, options: SwitchOptions = {}) {
    this.#pool = pool
    this.#maxAddresses = options.maxAddresses ?? 8192
    this.#ageingTimeMs = options.ageingTimeMs ?? 300_000
    this.#maxPorts = options.maxPorts ?? 1024
  }

  get addressCount(): number {
    return this.#addresses.size
  }

  /** @throws {RangeError} when all ports are taken */
  plug(link: Link): void {
    if (this.#ports.length >= this.#maxPorts) throw new RangeError(`the switch has ${this.#maxPorts} ports`)
    this.#ports.push(link)
    link.receiver = (frame, now) => this.#receive(link, frame, now)
  }

  unplug(link: Link): void {
    const place = this.#ports.indexOf(link)
    if (place < 0) return
    this.#ports.splice(place, 1)
    link.receiver = null
    for (const [address, entry] of this.#addresses) if (entry.port === link) this.#addresses.delete(address)
  }

  #receive(port: Link, frame: Frame, now: number): void {
    const { bytes, start } = frame
    // A group address is no source.
    if (frame.end - start < ETHERNET_HEADER_BYTES || (bytes[start + 6] & 1) !== 0) {
      this.counters.malformed++
      frame.release()
      return
    }
    this.#learn(readMac(bytes, start + 6), port, now)
    const known = (bytes[start] & 1) === 0 ? this.#addresses.get(readMac(bytes, start)) : undefined
    if (known === undefined || now - known.seen > this.#ageingTimeMs) {
      this.#flood(port, frame, now)
    } else if (known.port === port) {
      this.counters.filtered++
      frame.release()
    } else {
      this.counters.forwarded++
      known.port.transmit(frame, now)
    }
  }

  #learn(address: number, port: Link, now: number): void {
    this.#addresses.delete(address)
    this.#addresses.set(address, { port, seen: now })
    if (this.#addresses.size <= this.#maxAddresses) return
    this.counters.evicted++
    this.#addresses.delete(this.#addresses.keys().next().value!)
  }

  #flood(from: Link, frame: Frame, now: number): void {
    this.counters.flooded++
    for (const port of this.#ports) if (port !== from) port.transmit(copyFrame(frame, this.#pool), now)
    frame.release()
  }
}
