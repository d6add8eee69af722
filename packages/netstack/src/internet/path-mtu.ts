import { Timer, type TimerQueue } from '../link/timer-queue.ts'
import type { IpAddress } from './address.ts'

export interface PathMtuOptions {
  /** Destinations remembered at most; the oldest makes room. */
  maxEntries?: number
  /** How long a smaller MTU is believed before the larger one is tried again (RFC 1191 6.3, RFC 8201 4: 10 minutes). */
  ageingTimeMs?: number
  /** Smaller values for IPv4 are not believed: whoever sends them means harm (RFC 5927 7). IPv6 has its 1280. */
  minMtuV4?: number
}

/** Total lengths of common links, for routers that do not tell their MTU (RFC 1191 7.1). */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68]

interface Entry {
  readonly destination: IpAddress
  mtu: number
  readonly timer: Timer
}

export interface PathMtuCounters {
  learned: number
  evicted: number
}

/** What packets too big have taught about the way to a destination. */
export class PathMtuCache {
  readonly counters: PathMtuCounters = { learned: 0, evicted: 0 }
  readonly #entries: Map<string, Entry> = new Map()
  readonly #timers: TimerQueue
  readonly #onChange: (destination: IpAddress, now: number) => void
  readonly #options: Required<PathMtuOptions>

  constructor(
    timers: TimerQueue,
    onChange: (destination: IpAddress, now: number) => void,
    options: PathMtuOptions = {},
  ) {
    this.#timers = timers
    this.#onChange = onChange
    this.#options = { maxEntries: 1024, ageingTimeMs: 600_000, minMtuV4: 552, ...options }
  }

  get size(): number {
    return this.#entries.size
  }

  /** The MTU on the way to a destination, no larger than that of the first link. */
  mtu(destination: IpAddress, linkMtu: number): number {
    if (this.#entries.size === 0) return linkMtu
    const entry = this.#entries.get(destination.toString())
    return entry === undefined ? linkMtu : Math.min(entry.mtu, linkMtu)
  }

  /**
   * A router (or the sending host's own link) said that a packet was too big.
   *
   * @param told the next hop's MTU, 0 when the router did not say (RFC 1191 5)
   * @param packetBytes total length of the packet that was refused
   * @returns whether the packets to this destination become smaller
   */
  learn(destination: IpAddress, told: number, packetBytes: number, now: number): boolean {
    const least = destination.family === 4 ? this.#options.minMtuV4 : 1280
    let mtu = told > 0 ? told : (PLATEAUS.find((plateau) => plateau < packetBytes) ?? 68)
    mtu = Math.max(mtu, least)
    const key = destination.toString()
    let entry = this.#entries.get(key)
    // A larger value than what was refused teaches nothing.
    if (mtu >= packetBytes || (entry !== undefined && entry.mtu <= mtu)) return false
    if (entry === undefined) {
      if (this.#entries.size >= this.#options.maxEntries) this.#evictOldest()
      entry = { destination, mtu, timer: new Timer((at) => this.#expire(destination, at)) }
      this.#entries.set(key, entry)
    }
    this.counters.learned++
    entry.mtu = mtu
    this.#timers.set(entry.timer, now + this.#options.ageingTimeMs)
    this.#onChange(destination, now)
    return true
  }

  #evictOldest(): void {
    const oldest = this.#entries.values().next().value
    if (oldest === undefined) return
    this.counters.evicted++
    this.#forget(oldest)
  }

  clear(): void {
    for (const entry of [...this.#entries.values()]) this.#forget(entry)
  }

  #expire(destination: IpAddress, now: number): void {
    const entry = this.#entries.get(destination.toString())
    if (entry === undefined) return
    this.#forget(entry)
    this.#onChange(destination, now)
  }

  #forget(entry: Entry): void {
    this.#timers.remove(entry.timer)
    this.#entries.delete(entry.destination.toString())
  }
}
