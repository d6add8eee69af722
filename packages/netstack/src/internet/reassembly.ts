import { Timer, type TimerQueue } from '../link/timer-queue.ts'
import type { IpAddress } from './address.ts'

export interface ReassemblyOptions {
  /** Datagrams in the making, over all sources; the oldest makes room. */
  maxDatagrams?: number
  /** Datagrams in the making from one source; the oldest of them makes room. */
  maxDatagramsPerSource?: number
  /** Bytes held for datagrams in the making, headers with them. */
  maxBytes?: number
  /** Fragments of one datagram. */
  maxFragments?: number
  /** Patience from the first fragment on (RFC 8200 4.5: 60 s; RFC 1122 3.3.2: between 60 s and 120 s). */
  timeoutMs?: number
}

export interface ReassemblyCounters {
  fragments: number
  reassembled: number
  overlaps: number
  duplicates: number
  malformed: number
  timeouts: number
  evicted: number
}

/** Of the first fragment's payload this much is kept to be quoted: no error quotes more (RFC 4443 2.4 c). */
const QUOTED_BYTES = 1232

/** What a fragment header says, apart from the protocol that it is of. */
export interface FragmentInfo {
  readonly source: IpAddress
  readonly destination: IpAddress
  readonly identification: number
  /** IPv4: the protocol is part of the key (RFC 791). IPv6: -1. */
  readonly protocol: number
  /** First byte in the datagram's payload. */
  readonly offset: number
  readonly more: boolean
}

interface Piece {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array
}

interface Datagram {
  readonly source: IpAddress
  readonly destination: IpAddress
  readonly identification: number
  readonly protocol: number
  readonly hash: number
  /** Sorted by start, never overlapping. */
  readonly pieces: Piece[]
  /** Beginning of the packet that began at offset 0, from its network header on, for the answer when time is up. */
  first: Uint8Array | null
  headerLength: number
  /** Payload bytes. */
  held: number
  total: number
  /** An overlap was seen: the datagram and all its fragments are refused silently until its time is up (RFC 5722). */
  refused: boolean
  /** One of the fragments carried Congestion Experienced (RFC 3168 5.3). */
  congestion: boolean
  readonly timer: Timer
}

export interface Reassembled {
  /** The first fragment's packet bytes from the network header on: at least the header that precedes the payload. */
  readonly first: Uint8Array
  readonly headerLength: number
  readonly payload: Uint8Array
  readonly congestion: boolean
}

/**
 * Joins fragments (RFC 815's holes are the gaps of a sorted list). Overlapping fragments are refused for both families
 * (RFC 5722; for IPv4 as Linux does), exact duplicates are ignored.
 */
export class Reassembler {
  readonly counters: ReassemblyCounters = {
    fragments: 0,
    reassembled: 0,
    overlaps: 0,
    duplicates: 0,
    malformed: 0,
    timeouts: 0,
    evicted: 0,
  }
  readonly #timers: TimerQueue
  readonly #options: Required<ReassemblyOptions>
  /** In the order of arrival, so that the oldest is found at once. */
  readonly #datagrams: Map<number, Datagram[]> = new Map()
  readonly #ages: Set<Datagram> = new Set()
  readonly #onTimeout: (first: Uint8Array, now: number) => void
  #bytes = 0

  /** @param onTimeout told the first fragment's packet when a datagram's time is up, for "time exceeded" (RFC 1122 3.3.2) */
  constructor(
    timers: TimerQueue,
    onTimeout: (first: Uint8Array, now: number) => void,
    options: ReassemblyOptions = {},
  ) {
    this.#timers = timers
    this.#onTimeout = onTimeout
    this.#options = {
      maxDatagrams: 256,
      maxDatagramsPerSource: 64,
      maxBytes: 4 * 1024 * 1024,
      maxFragments: 128,
      timeoutMs: 60_000,
      ...options,
    }
  }

  get heldBytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#ages.size
  }

  /**
   * @param packet bytes of the whole packet; the payload of the fragment stands at [payloadStart, payloadEnd)
   * @param headerStart where the network header begins
   * @returns the datagram when this fragment completes it
   */
  add(
    info: FragmentInfo,
    packet: Uint8Array,
    headerStart: number,
    payloadStart: number,
    payloadEnd: number,
    congestion: boolean,
    now: number,
  ): Reassembled | null {
    this.counters.fragments++
    const start = info.offset
    const end = start + payloadEnd - payloadStart
    // All fragments but the last are a multiple of eight; nothing reaches beyond 65,535 bytes.
    if (end > 65_535 || start === end || (info.more && (end - start) % 8 !== 0)) {
      this.counters.malformed++
      return null
    }
    const datagram = this.#find(info) ?? this.#create(info, now)
    if (datagram.refused) return null
    const place = this.#placeFor(datagram, start, end, info.more)
    if (place < 0) return null
    if (datagram.pieces.length >= this.#options.maxFragments) {
      this.counters.evicted++
      this.#forget(datagram)
      return null
    }
    datagram.pieces.splice(place, 0, { start, end, bytes: packet.slice(payloadStart, payloadEnd) })
    datagram.held += end - start
    this.#bytes += end - start
    datagram.congestion ||= congestion
    if (!info.more) datagram.total = end
    if (start === 0) {
      datagram.headerLength = payloadStart - headerStart
      datagram.first = packet.slice(headerStart, Math.min(payloadEnd, payloadStart + QUOTED_BYTES))
      this.#bytes += datagram.first.length
    }
    if (datagram.total === datagram.held && datagram.first !== null) return this.#complete(datagram)
    while (this.#bytes > this.#options.maxBytes) this.#evictOldest()
    return null
  }

  clear(): void {
    for (const datagram of [...this.#ages]) this.#forget(datagram)
  }

  /** Where the piece belongs, or -1 when it is a duplicate or makes the datagram refused. */
  #placeFor(datagram: Datagram, start: number, end: number, more: boolean): number {
    const pieces = datagram.pieces
    let place = pieces.length
    while (place > 0 && pieces[place - 1].start >= start) place--
    if (place < pieces.length && pieces[place].start === start && pieces[place].end === end) {
      this.counters.duplicates++
      return -1
    }
    const overlapsBefore = place > 0 && pieces[place - 1].end > start
    const overlapsAfter = place < pieces.length && pieces[place].start < end
    const beyondEnd = datagram.total >= 0 && (end > datagram.total || (!more && end !== datagram.total))
    const endTooEarly = !more && pieces.length > 0 && pieces[pieces.length - 1].end > end
    if (!overlapsBefore && !overlapsAfter && !beyondEnd && !endTooEarly) return place
    this.counters.overlaps++
    this.#refuse(datagram)
    return -1
  }

  #refuse(datagram: Datagram): void {
    datagram.refused = true
    this.#letGo(datagram)
    datagram.held = 0
    datagram.pieces.length = 0
    datagram.first = null
  }

  #letGo(datagram: Datagram): void {
    this.#bytes -= datagram.held + (datagram.first?.length ?? 0)
  }

  #complete(datagram: Datagram): Reassembled {
    this.counters.reassembled++
    const payload = new Uint8Array(datagram.total)
    for (const piece of datagram.pieces) payload.set(piece.bytes, piece.start)
    const { first, headerLength, congestion } = datagram
    this.#forget(datagram)
    return { first: first!, headerLength, payload, congestion }
  }

  #find(info: FragmentInfo): Datagram | null {
    const bucket = this.#datagrams.get(hashOf(info))
    if (bucket === undefined) return null
    for (const datagram of bucket) {
      if (
        datagram.identification === info.identification &&
        datagram.protocol === info.protocol &&
        datagram.source.equals(info.source) &&
        datagram.destination.equals(info.destination)
      ) {
        return datagram
      }
    }
    return null
  }

  #create(info: FragmentInfo, now: number): Datagram {
    const ofSource = [...this.#ages].filter((other) => other.source.equals(info.source))
    if (ofSource.length >= this.#options.maxDatagramsPerSource) this.#evict(ofSource[0])
    else if (this.#ages.size >= this.#options.maxDatagrams) this.#evictOldest()
    const datagram: Datagram = {
      source: info.source,
      destination: info.destination,
      identification: info.identification,
      protocol: info.protocol,
      hash: hashOf(info),
      pieces: [],
      first: null,
      headerLength: 0,
      held: 0,
      total: -1,
      refused: false,
      congestion: false,
      timer: new Timer((at) => this.#timeOut(datagram, at)),
    }
    const bucket = this.#datagrams.get(datagram.hash)
    if (bucket === undefined) this.#datagrams.set(datagram.hash, [datagram])
    else bucket.push(datagram)
    this.#ages.add(datagram)
    this.#timers.set(datagram.timer, now + this.#options.timeoutMs)
    return datagram
  }

  #timeOut(datagram: Datagram, now: number): void {
    const { first, refused } = datagram
    this.#forget(datagram)
    if (refused) return
    this.counters.timeouts++
    if (first !== null) this.#onTimeout(first, now)
  }

  #evictOldest(): void {
    const oldest = this.#ages.values().next().value
    if (oldest !== undefined) this.#evict(oldest)
  }

  #evict(datagram: Datagram): void {
    this.counters.evicted++
    this.#forget(datagram)
  }

  #forget(datagram: Datagram): void {
    this.#timers.remove(datagram.timer)
    this.#letGo(datagram)
    this.#ages.delete(datagram)
    const bucket = this.#datagrams.get(datagram.hash)!
    if (bucket.length === 1) this.#datagrams.delete(datagram.hash)
    else bucket.splice(bucket.indexOf(datagram), 1)
  }
}

function hashOf(info: FragmentInfo): number {
  return (Math.imul(info.identification ^ info.protocol, 0x9e37_79b1) ^ info.source.hash ^ info.destination.hash) >>> 0
}
