/** Pacing: segments leave one after the other at a rate, not in bursts as ACKs come. Made only where it is asked for. */
import type { Connection } from './connection.ts'

/** How much of a wait that ended late is made up for at once: timers of a real clock are no finer. */
const CREDIT_MS = 2
const EPSILON_MS = 1e-6
/** As Linux's tcp_pacing_ss_ratio and tcp_pacing_ca_ratio: above the window's own rate, so that the window stays the limit. */
const SLOW_START_RATIO = 2
const AVOIDANCE_RATIO = 1.2
/** A super-segment holds what leaves in this time (draft-cardwell-iccrg-bbr-congestion-control-00 4.2.2). */
const QUANTUM_MS = 1

export class Pacer {
  readonly #connection: Connection
  /** Bytes a millisecond; Infinity until a round trip has been measured. */
  rate: number = Number.POSITIVE_INFINITY
  #nextAt = 0
  #waiting = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Whether the next segment has to wait; its timer is then set. */
  blocks(now: number): boolean {
    if (now >= this.#nextAt - EPSILON_MS) return false
    this.#waiting = true
    this.#connection.timers.setPacing(this.#nextAt)
    return true
  }

  onSent(bytes: number, now: number): void {
    this.#nextAt = Math.max(this.#nextAt, this.#waiting ? now - CREDIT_MS : now) + bytes / this.rate
  }

  /** It is not the pace that holds back what is left: nothing is to be made up for. */
  rest(): void {
    this.#waiting = false
  }

  /** Most bytes of one super-segment. */
  quantum(mss: number): number {
    return Math.max(mss, this.rate * QUANTUM_MS)
  }

  /** After an ACK: the rate is the control's, or follows from its window. */
  update(): void {
    const { congestion, rtt } = this.#connection
    if (congestion.pacingRate !== undefined) this.rate = congestion.pacingRate
    else if (rtt.samples > 0) {
      const ratio = congestion.window < congestion.threshold / 2 ? SLOW_START_RATIO : AVOIDANCE_RATIO
      this.rate = (ratio * congestion.window) / Math.max(rtt.smoothed, 0.001)
    }
  }
}

/** What an ACK says of the path's rate, where the congestion control asks for it; and the pace that follows. */
export function paceByAck(connection: Connection, deliveredBytes: number, lostBytes: number, now: number): void {
  const { congestion, deliveryRate, pacer, recovery, rtt } = connection
  if (deliveryRate !== undefined) {
    const sample = deliveryRate.finish(deliveredBytes, lostBytes, recovery.pipe, recovery.recovering, rtt, now)
    congestion.onRateSample?.(sample, now)
    deliveryRate.reset()
    if (congestion.holdsBack) deliveryRate.markLimited(recovery.pipe)
  }
  pacer?.update()
}
