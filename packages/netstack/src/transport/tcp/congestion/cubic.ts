import type { CongestionControlName } from '../types.ts'
import { MAX_WINDOW_BYTES, Reno } from './reno.ts'

/** RFC 9438 4.1.1, 4.6. */
const C = 0.4
const BETA = 0.7
/** RFC 9438 4.3: alpha of the Reno-friendly region. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA)

/** CUBIC, RFC 9438. Inside, windows are counted in segments as the RFC does, time in seconds. */
export class Cubic extends Reno {
  override readonly name: CongestionControlName = 'cubic'
  /** W_max in segments. */
  #max = 0
  /** Start of the present congestion-avoidance epoch in ms; -1: none yet. */
  #epochAt = -1
  /** Period in seconds after which the window is W_max again. */
  #k = 0
  /** cwnd_epoch and W_est in segments. */
  #estimate = 0
  #priorMax = 0
  #priorEpochAt = -1
  #priorK = 0
  /** Fraction of a byte not yet added to the window. */
  #fraction = 0
  /** When the last ACK came. */
  #heardAt = 0

  protected override avoid(ackedBytes: number, rttMs: number, now: number): void {
    const segments = this.window / this.mss
    if (this.#epochAt < 0) this.#startEpoch(segments, now)
    this.#heardAt = now
    const rtt = rttMs / 1000
    const t = (now - this.#epochAt) / 1000
    // RFC 9438 4.2: W_cubic(t + RTT), between cwnd and 1.5 cwnd.
    const ahead = this.#at(t + rtt)
    const target = ahead < segments ? segments : Math.min(ahead, 1.5 * segments)
    // RFC 9438 4.3: the window that Reno would have; alpha is 1 once it has reached the window of the last congestion.
    const alpha = this.#estimate >= this.#priorWindow ? 1 : ALPHA
    this.#estimate += (alpha * (ackedBytes / this.mss)) / segments
    let grow = ((target - segments) / segments) * ackedBytes
    if (this.#estimate > this.#at(t) && this.#estimate > segments) {
      grow = Math.max(grow, Math.min(this.#estimate - segments, ackedBytes / this.mss) * this.mss)
    }
    grow += this.#fraction
    const whole = Math.floor(grow)
    this.#fraction = grow - whole
    this.window = Math.min(this.window + whole, MAX_WINDOW_BYTES)
  }

  /** W_cubic in segments, `t` seconds into the epoch. */
  #at(t: number): number {
    return C * (t - this.#k) ** 3 + this.#max
  }

  /** cwnd_prior in segments: where the last reduction came. */
  #priorWindow = 0

  #startEpoch(segments: number, now: number): void {
    this.#epochAt = now
    if (this.#max <= segments) {
      this.#max = segments // RFC 9438 4.8: after slow start beyond W_max, K is 0
      this.#k = 0
    } else {
      this.#k = Math.cbrt((this.#max - segments) / C) // RFC 9438 figure 2
    }
    this.#estimate = segments
    this.#fraction = 0
  }

  override onCongestion(inFlight: number, _now: number, recentFlight: number = inFlight): number {
    this.#priorMax = this.#max
    this.#priorEpochAt = this.#epochAt
    this.#priorK = this.#k
    // RFC 9438 4.6: the flight, not the window, where the application was the limit; RFC 7661 4.4.1: that of a whole round trip, as at the
    // end of a request little is left of it.
    const window = Math.min(this.window, Math.max(inFlight, recentFlight) + this.mss) / this.mss
    // RFC 9438 4.7: fast convergence.
    this.#max = window < this.#max ? (window * (1 + BETA)) / 2 : window
    this.#priorWindow = window
    this.#epochAt = -1
    this.threshold = Math.max(Math.floor(window * BETA * this.mss), 2 * this.mss)
    return this.threshold
  }

  override undo(window: number, threshold: number): void {
    super.undo(window, threshold)
    this.#max = this.#priorMax // RFC 9438 4.9
    this.#epochAt = this.#priorEpochAt
    this.#k = this.#priorK
  }

  /** RFC 9438 4.2: time in which the window was not the limit is none of the epoch's, or the window would jump when it becomes the limit again. */
  override onUnused(now: number): void {
    if (this.#epochAt >= 0) this.#epochAt += Math.max(0, now - this.#heardAt)
    this.#heardAt = now
  }

  override onIdle(idleMs: number, rtoMs: number, initialWindowBytes: number): void {
    super.onIdle(idleMs, rtoMs, initialWindowBytes)
    // RFC 9438 5.8: time in which nothing was sent must not let the window jump.
    if (this.#epochAt >= 0) this.#epochAt += idleMs
    this.#heardAt += idleMs
  }
}
