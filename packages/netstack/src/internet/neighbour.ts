import { Timer, type TimerQueue } from '../link/timer-queue.ts'
import type { IpAddress } from './address.ts'

/** RFC 4861 7.3.2; `failed` is the short memory of an address that nobody answered for. */
export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'failed' | 'permanent'

const LEGAL: Record<NeighbourState, readonly NeighbourState[]> = {
  incomplete: ['reachable', 'stale', 'failed'],
  reachable: ['reachable', 'stale'],
  stale: ['reachable', 'stale', 'delay'],
  delay: ['reachable', 'stale', 'probe'],
  probe: ['reachable', 'stale'],
  failed: ['incomplete', 'reachable', 'stale'],
  permanent: [],
}

export interface NeighbourEntry<Packet> {
  readonly address: IpAddress
  /** 48 bits as one number (wire/ethernet.ts), meaningful unless the state is `incomplete` or `failed`. */
  mac: number
  state: NeighbourState
  /** False once the entry was evicted: whoever kept it asks the cache again. */
  live: boolean
  isRouter: boolean
  /** Solicitations sent since the state was entered. */
  probes: number
  /** When a packet last waited or left by it slowly; -Infinity for a neighbour that was only heard. */
  usedAt: number
  readonly pending: Packet[]
  readonly timer: Timer
}

/** What the cache asks of the protocol (ARP or NDP) and of the interface. */
export interface NeighbourActions<Packet> {
  /** Send a solicitation: to `target`'s MAC when `unicast`, else to everybody on the link. */
  solicit(entry: NeighbourEntry<Packet>, unicast: boolean, now: number): void
  /** The entry's MAC is known: the packet may leave. */
  transmit(entry: NeighbourEntry<Packet>, packet: Packet, now: number): void
  /** Nobody answered for the address: answer the packet's sender, then let go of it. */
  unreachable(entry: NeighbourEntry<Packet>, packet: Packet, now: number): void
  /** Let go of a packet that found no place. */
  drop(packet: Packet): void
  /** The neighbour is silent: whoever goes by way of it may know another way (RFC 4861 6.3.6). */
  lost?(entry: NeighbourEntry<Packet>, now: number): void
}

export interface NeighbourOptions {
  /** Entries at most; the one that was not used for the longest time makes room. */
  maxEntries?: number
  /** Packets that wait for one address; the oldest makes room. */
  maxPendingPackets?: number
  /** Packets that wait for any address; the one that has waited longest makes room. Super-segments may be among them. */
  maxPendingPacketsPerInterface?: number
  retransmitTimeMs?: number
  maxMulticastSolicitations?: number
  maxUnicastSolicitations?: number
  reachableTimeMs?: number
  delayFirstProbeTimeMs?: number
  /** How long an address that nobody answered for is refused at once. */
  failedTimeMs?: number
}

export interface NeighbourCounters {
  solicitations: number
  evicted: number
  pendingDropped: number
  unreachable: number
}

/** Resolved neighbours of one interface, for ARP and NDP alike. */
export class NeighbourCache<Packet> {
  readonly counters: NeighbourCounters = { solicitations: 0, evicted: 0, pendingDropped: 0, unreachable: 0 }
  readonly #entries: Map<string, NeighbourEntry<Packet>> = new Map()
  /** Those that packets wait for, in the order in which the first of them came. */
  readonly #awaited: Set<NeighbourEntry<Packet>> = new Set()
  #pendingCount = 0
  readonly #actions: NeighbourActions<Packet>
  readonly #timers: TimerQueue
  readonly #options: Required<NeighbourOptions>

  constructor(actions: NeighbourActions<Packet>, timers: TimerQueue, options: NeighbourOptions = {}) {
    this.#actions = actions
    this.#timers = timers
    // Defaults of RFC 4861 section 10.
    this.#options = {
      maxEntries: 1024,
      maxPendingPackets: 64,
      maxPendingPacketsPerInterface: 4096,
      retransmitTimeMs: 1000,
      maxMulticastSolicitations: 3,
      maxUnicastSolicitations: 3,
      reachableTimeMs: 30_000,
      delayFirstProbeTimeMs: 5000,
      failedTimeMs: 3000,
      ...options,
    }
  }

  get size(): number {
    return this.#entries.size
  }

  *[Symbol.iterator](): Generator<NeighbourEntry<Packet>> {
    yield* this.#entries.values()
  }

  get(address: IpAddress): NeighbourEntry<Packet> | null {
    return this.#entries.get(keyOf(address)) ?? null
  }

  /** The entry for an address, made when there is none. Callers may keep it while it is `live`. */
  entry(address: IpAddress, now: number): NeighbourEntry<Packet> {
    return this.get(address) ?? this.#create(address, 'incomplete', now)
  }

  /** Sends a packet to a neighbour now, or as soon as its MAC is known. Takes over the packet. */
  output(entry: NeighbourEntry<Packet>, packet: Packet, now: number): void {
    entry.usedAt = now
    switch (entry.state) {
      case 'reachable':
      case 'permanent':
      case 'delay':
      case 'probe':
        this.#actions.transmit(entry, packet, now)
        return
      case 'stale':
        // 7.3.3: the first packet to a stale neighbour starts the delay after which it is probed.
        this.#move(entry, 'delay', now)
        this.#actions.transmit(entry, packet, now)
        return
      case 'failed':
        this.counters.unreachable++
        this.#actions.unreachable(entry, packet, now)
        return
      case 'incomplete':
        this.#enqueue(entry, packet)
        if (!entry.timer.isSet) this.#solicit(entry, now)
    }
  }

  /** A neighbour named its MAC while asking us something: ARP request, NS, RS, RA with the option. */
  learn(address: IpAddress, mac: number, now: number): void {
    const entry = this.get(address) ?? this.#create(address, 'stale', Number.NEGATIVE_INFINITY)
    if (entry.state === 'permanent') return
    const same = entry.mac === mac
    if (same && entry.state !== 'incomplete' && entry.state !== 'failed') return
    entry.mac = mac
    this.#move(entry, 'stale', now)
  }

  /**
   * ARP reply or neighbour advertisement (RFC 4861 7.2.5). Addresses that nobody asked about are not entered.
   *
   * @param mac -1 when the advertisement names none
   * @param solicited answers a question of ours, so that the way there and back works
   * @param override replaces a MAC that differs
   * @returns whether it was believed: then what else it says of the neighbour holds, too
   */
  advertise(address: IpAddress, mac: number, solicited: boolean, override: boolean, now: number): boolean {
    const entry = this.get(address)
    if (entry === null || entry.state === 'permanent') return false
    const isUnresolved = entry.state === 'incomplete' || entry.state === 'failed'
    if (isUnresolved && mac < 0) return false
    const differs = mac >= 0 && mac !== entry.mac
    if (differs && !override && !isUnresolved) {
      if (entry.state === 'reachable') this.#move(entry, 'stale', now)
      return false
    }
    if (mac >= 0) entry.mac = mac
    if (solicited) this.#move(entry, 'reachable', now)
    else if (differs || isUnresolved) this.#move(entry, 'stale', now)
    return true
  }

  /** What a router told the hosts of the link (RFC 4861 6.3.4); 0 leaves a time as it is. */
  setTimes(reachableTimeMs: number, retransmitTimeMs: number): void {
    if (reachableTimeMs > 0) this.#options.reachableTimeMs = reachableTimeMs
    if (retransmitTimeMs > 0) this.#options.retransmitTimeMs = retransmitTimeMs
  }

  /** The transport saw an answer from beyond this neighbour (7.3.1): no probe is needed. */
  confirm(entry: NeighbourEntry<Packet>, now: number): void {
    if (entry.state === 'delay' || entry.state === 'probe' || entry.state === 'stale')
      this.#move(entry, 'reachable', now)
    else if (entry.state === 'reachable') this.#timers.set(entry.timer, now + this.#options.reachableTimeMs)
  }

  /** @throws {RangeError} when no entry is left that could make room: one is for those that are learned */
  setPermanent(address: IpAddress, mac: number, now: number): void {
    const old = this.get(address)
    const { maxEntries } = this.#options
    if (old?.state !== 'permanent' && this.#countPermanent() >= maxEntries - 1) {
      throw new RangeError(`of ${maxEntries} neighbours no more than ${maxEntries - 1} are permanent`)
    }
    if (old !== null) this.#forget(old)
    const entry = this.#create(address, 'permanent', now)
    entry.mac = mac
  }

  #countPermanent(): number {
    let count = 0
    for (const entry of this.#entries.values()) if (entry.state === 'permanent') count++
    return count
  }

  /** Forgets everything learned: the interface went down or changed its link. */
  flush(): void {
    for (const entry of [...this.#entries.values()]) if (entry.state !== 'permanent') this.#forget(entry)
  }

  #create(address: IpAddress, state: NeighbourState, now: number): NeighbourEntry<Packet> {
    if (this.#entries.size >= this.#options.maxEntries) this.#evict()
    const entry: NeighbourEntry<Packet> = {
      address,
      mac: 0,
      state,
      live: true,
      isRouter: false,
      probes: 0,
      usedAt: now,
      pending: [],
      timer: new Timer((at) => this.#onTimer(entry, at)),
    }
    this.#entries.set(keyOf(address), entry)
    return entry
  }

  /** Whoever claims many addresses, or asks for many that nobody has, drives out no neighbour that is in use (RFC 6583 7). */
  #evict(): void {
    let oldest: NeighbourEntry<Packet> | null = null
    let oldestInUse: NeighbourEntry<Packet> | null = null
    for (const entry of this.#entries.values()) {
      if (entry.state === 'permanent') continue
      if (entry.state === 'reachable' || entry.state === 'delay' || entry.state === 'probe') {
        if (oldestInUse === null || entry.usedAt < oldestInUse.usedAt) oldestInUse = entry
      } else if (oldest === null || entry.usedAt < oldest.usedAt) oldest = entry
    }
    oldest ??= oldestInUse
    if (oldest === null) return
    this.counters.evicted++
    this.#forget(oldest)
  }

  #forget(entry: NeighbourEntry<Packet>): void {
    entry.live = false
    this.#timers.remove(entry.timer)
    this.#entries.delete(keyOf(entry.address))
    while (entry.pending.length > 0) this.#dropFirst(entry)
  }

  #enqueue(entry: NeighbourEntry<Packet>, packet: Packet): void {
    const { maxPendingPackets, maxPendingPacketsPerInterface } = this.#options
    entry.pending.push(packet)
    this.#awaited.add(entry)
    this.#pendingCount++
    if (entry.pending.length > maxPendingPackets) this.#dropFirst(entry)
    else if (this.#pendingCount > maxPendingPacketsPerInterface) this.#dropFirst(this.#awaited.values().next().value!)
  }

  /** Drops the packet that has waited longest for a neighbour. */
  #dropFirst(entry: NeighbourEntry<Packet>): void {
    const packet = entry.pending.shift()!
    this.#pendingCount--
    if (entry.pending.length === 0) this.#awaited.delete(entry)
    this.counters.pendingDropped++
    this.#actions.drop(packet)
  }

  #takePending(entry: NeighbourEntry<Packet>): Packet[] {
    this.#pendingCount -= entry.pending.length
    this.#awaited.delete(entry)
    return entry.pending.splice(0)
  }

  #onTimer(entry: NeighbourEntry<Packet>, now: number): void {
    switch (entry.state) {
      case 'incomplete':
        if (entry.probes < this.#options.maxMulticastSolicitations) this.#solicit(entry, now)
        else this.#move(entry, 'failed', now)
        return
      case 'reachable':
        this.#move(entry, 'stale', now)
        return
      case 'delay':
        this.#move(entry, 'probe', now)
        return
      case 'probe':
        if (entry.probes < this.#options.maxUnicastSolicitations) this.#solicit(entry, now)
        else {
          // 7.3.3: it is forgotten, so that the next packet asks everybody: another may have the address by now.
          this.#forget(entry)
          this.#actions.lost?.(entry, now)
        }
        return
      case 'failed':
        this.#forget(entry)
    }
  }

  #solicit(entry: NeighbourEntry<Packet>, now: number): void {
    entry.probes++
    this.counters.solicitations++
    this.#timers.set(entry.timer, now + this.#options.retransmitTimeMs)
    this.#actions.solicit(entry, entry.state === 'probe', now)
  }

  /** The one place where a neighbour's state changes. */
  #move(entry: NeighbourEntry<Packet>, to: NeighbourState, now: number): void {
    const from = entry.state
    if (!LEGAL[from].includes(to)) throw new Error(`neighbour ${entry.address}: no way from ${from} to ${to}`)
    entry.state = to
    entry.probes = 0
    this.#timers.cancel(entry.timer)
    if (to === 'reachable') this.#timers.set(entry.timer, now + this.#options.reachableTimeMs)
    else if (to === 'delay') this.#timers.set(entry.timer, now + this.#options.delayFirstProbeTimeMs)
    else if (to === 'failed') this.#timers.set(entry.timer, now + this.#options.failedTimeMs)
    else if (to === 'probe') this.#solicit(entry, now)
    if (to === 'failed') {
      this.#actions.lost?.(entry, now)
      this.#refusePending(entry, now)
    } else if (from === 'incomplete' || from === 'failed') this.#sendPending(entry, now)
  }

  #sendPending(entry: NeighbourEntry<Packet>, now: number): void {
    for (const packet of this.#takePending(entry)) this.output(entry, packet, now)
  }

  #refusePending(entry: NeighbourEntry<Packet>, now: number): void {
    for (const packet of this.#takePending(entry)) {
      this.counters.unreachable++
      this.#actions.unreachable(entry, packet, now)
    }
  }
}

function keyOf(address: IpAddress): string {
  return address.family === 4 ? `${address.w3}` : `${address.w0}:${address.w1}:${address.w2}:${address.w3}`
}
