import type { RateSample } from '../delivery-rate.ts'
import type { CongestionControlName } from '../types.ts'
import { Bbr } from './bbr.ts'
import { Cubic } from './cubic.ts'
import { NoControl } from './none.ts'
import { Reno } from './reno.ts'

/**
 * Congestion control decides how much may be in flight; what is lost and what is sent again is loss recovery's business (recovery.ts).
 * Windows in bytes. RFC 5681 names.
 */
export interface CongestionControl {
  readonly name: CongestionControlName
  /** A loss or mark sets the threshold, to which PRR brings the window down (RFC 6937). */
  readonly lossBased: boolean
  /** cwnd; during recovery it is set by PRR. */
  window: number
  /** ssthresh; Infinity until the first loss. */
  threshold: number
  /** The MSS that is used is known, or has changed. `initial` sets the initial window (RFC 6928). */
  setMss(mss: number, initialSegments: number): void
  /** `ackedBytes` were delivered (RTT: smoothed, and the latest measurement) outside of recovery while the window was the limit (RFC 5681 3.1, RFC 7661). */
  onAck(ackedBytes: number, rttMs: number, latestRttMs: number, now: number): void
  /** Bytes were delivered while something else was the limit: the application, the peer's window. */
  onUnused?(now: number): void
  /**
   * A loss or ECN mark: computes and returns the new threshold. Called once per window of data. `recentFlight`: what was in flight at most in this round trip and the
   * one before, where that is known (pipeACK, RFC 7661 4.2).
   */
  onCongestion(inFlight: number, now: number, recentFlight?: number): number
  /** A retransmission timeout: as above, and the window becomes one segment (RFC 5681 3.1 (4)). */
  onTimeout(inFlight: number, now: number): void
  /** The reduction turned out to be unfounded (RFC 4015, RFC 3708): both as they were. */
  undo(window: number, threshold: number): void
  /** Nothing was sent for at least one RTO (RFC 5681 4.1). */
  onIdle(idleMs: number, rtoMs: number, initialWindow: number): void
  /** Bytes a millisecond at which segments are to leave; without it the window alone decides. */
  readonly pacingRate?: number
  /** The control holds the sender back on purpose: rates measured now are not the path's. */
  readonly holdsBack?: boolean
  /** A control with this has a model of the path: it is told every ACK, in recovery too, in the place of onAck, and sets the window itself. */
  onRateSample?(sample: RateSample, now: number): void
}

/** Makes the control of that name; `seed` for one that begins somewhere at random. RFC9293:MUST-19, MAY-18 */
export function createCongestionControl(name: CongestionControlName, hystart = false, seed = 0): CongestionControl {
  switch (name) {
    case 'cubic':
      return new Cubic(hystart)
    case 'reno':
      return new Reno(hystart)
    case 'bbr':
      return new Bbr(seed)
    case 'none':
      return new NoControl()
  }
}
