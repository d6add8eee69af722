import type { Connection } from './connection.ts'
import { effectiveMss, largerCeiling, updateMss } from './path.ts'
import { seqAfter, seqBefore } from './sequence.ts'

/** PMTU_RAISE_TIMER of RFC 8899 5.1.1; doubled with each attempt that fails. */
const RAISE_MS = 600_000
const MAX_ATTEMPTS = 8

/**
 * After a black hole: whether larger segments pass by now (RFC 4821 7). One segment of new data is sent larger than the others. Acknowledged without having been
 * sent again, it shows that they all may be; lost, it goes again in small ones, and the next attempt comes later.
 */
export class PathProbe {
  #nextAt: number
  #failures = 0
  #ceiling = 0
  /** The probe under way: [#start, #end). */
  #start = 0
  #end = 0
  #outstanding = false
  #raised = false

  constructor(now: number) {
    this.#nextAt = now + RAISE_MS
  }

  /** Segments have become smaller once more: the next size of the same hole, or the hole has come back. */
  onLowered(now: number): void {
    if (this.#raised) this.#failures++
    this.#raised = false
    this.#wait(now)
  }

  /** Payload bytes of the segment that is to be tried now; 0 for none. */
  due(connection: Connection, now: number): number {
    if (this.#outstanding || now < this.#nextAt) return 0
    this.#ceiling = largerCeiling(connection)
    return effectiveMss(connection, this.#ceiling)
  }

  onSent(start: number, end: number): void {
    this.#outstanding = true
    this.#start = start
    this.#end = end
  }

  /** Some of [start, end) was sent again. */
  onRetransmitted(start: number, end: number, now: number): void {
    if (this.#outstanding && seqBefore(start, this.#end) && seqAfter(end, this.#start)) this.#fail(now)
  }

  onAcknowledged(connection: Connection, now: number): void {
    if (!this.#outstanding || seqBefore(connection.sender.unacknowledged, this.#end)) return
    this.#outstanding = false
    this.#raised = true
    connection.mssCeiling = this.#ceiling
    updateMss(connection, false)
    this.#nextAt = largerCeiling(connection) > this.#ceiling ? now : Number.POSITIVE_INFINITY
  }

  #fail(now: number): void {
    this.#failures++
    this.#wait(now)
  }

  #wait(now: number): void {
    this.#outstanding = false
    this.#nextAt = this.#failures < MAX_ATTEMPTS ? now + RAISE_MS * 2 ** this.#failures : Number.POSITIVE_INFINITY
  }
}
