import type { CongestionControlName } from '../types.ts'
import type { CongestionControl } from './control.ts'
import { HyStart } from './hystart.ts'

/** RFC 6928: IW = min(10*MSS, max(2*MSS, 14600)). Also the ceiling of growth that keeps arithmetic in 31 bits. */
const INITIAL_WINDOW_BYTES = 14_600
export const MAX_WINDOW_BYTES = 0x3fff_ffff

/** RFC 5681: slow start and congestion avoidance with appropriate byte counting (RFC 3465). */
export class Reno implements CongestionControl {
  readonly name: CongestionControlName = 'reno'
  readonly lossBased = true
  window: number = 2 * 536
  threshold: number = Number.POSITIVE_INFINITY
  protected mss = 536
  #acked = 0
  readonly #hystart: HyStart | undefined

  constructor(hystart = false) {
    this.#hystart = hystart ? new HyStart() : undefined
  }

  setMss(mss: number, initialSegments: number): void {
    this.mss = mss
    if (initialSegments > 0) this.window = initialWindow(mss, initialSegments)
    else if (this.window < mss) this.window = mss
  }

  onAck(ackedBytes: number, rttMs: number, latestRttMs: number, now: number): void {
    let rest = ackedBytes
    if (this.window < this.threshold) rest = this.slowStart(rest, latestRttMs)
    if (rest > 0) this.avoid(rest, rttMs, now)
  }

  /** RFC 5681 3.1 (2), with all bytes of the ACK counted as Linux does; returns those that are left when the threshold is reached. */
  protected slowStart(ackedBytes: number, latestRttMs: number): number {
    // RFC 9406 4.3: initial slow start only.
    if (this.#hystart !== undefined && this.threshold === Number.POSITIVE_INFINITY) {
      this.window = Math.min(
        this.window + this.#hystart.growth(ackedBytes, latestRttMs, this.window, this.mss),
        MAX_WINDOW_BYTES,
      )
      if (this.#hystart.finished) this.threshold = this.window
      return 0
    }
    const grown = Math.min(this.window + ackedBytes, MAX_WINDOW_BYTES)
    if (grown <= this.threshold) {
      this.window = grown
      return 0
    }
    const used = this.threshold - this.window
    this.window = this.threshold
    return ackedBytes - used
  }

  /** RFC 5681 3.1 (3): one MSS for each window of bytes acknowledged. RFC9293:MUST-19 */
  protected avoid(ackedBytes: number, _rttMs: number, _now: number): void {
    this.#acked += ackedBytes
    if (this.#acked >= this.window) {
      this.#acked -= this.window
      this.window = Math.min(this.window + this.mss, MAX_WINDOW_BYTES)
    }
  }

  onCongestion(inFlight: number, _now: number): number {
    // RFC 5681 (4), with cwnd in the place of FlightSize as in Linux where the flight was not limited by the application.
    this.threshold = Math.max(Math.min(this.window, inFlight + this.mss) >> 1, 2 * this.mss)
    this.#acked = 0
    return this.threshold
  }

  onTimeout(inFlight: number, now: number): void {
    this.onCongestion(inFlight, now)
    this.window = this.mss
  }

  onUnused(_now: number): void {}

  undo(window: number, threshold: number): void {
    this.window = Math.max(this.window, window)
    this.threshold = Math.max(this.threshold, threshold)
  }

  onIdle(idleMs: number, rtoMs: number, initialWindowBytes: number): void {
    // RFC 5681 4.1 and RFC 2861 3.1: halved for each RTO of silence, not below the restart window.
    this.threshold = Math.max(this.threshold, (this.window >> 1) + (this.window >> 2))
    const restart = Math.min(initialWindowBytes, this.window)
    for (let idle = idleMs; idle > rtoMs && this.window > restart; idle -= rtoMs) this.window >>= 1
    if (this.window < restart) this.window = restart
  }
}

/** RFC 6928 for the usual ten segments; in proportion for another number. */
export function initialWindow(mss: number, segments: number): number {
  if (segments !== 10) return segments * mss
  return Math.min(10 * mss, Math.max(2 * mss, INITIAL_WINDOW_BYTES))
}
