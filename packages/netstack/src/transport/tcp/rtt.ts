/** Round-trip time and retransmission timeout, RFC 6298. Times in milliseconds. */

/** Clock granularity G: timers run at the time that they are set to. */
const GRANULARITY_MS = 1
/** RFC 6298 2.5 allows a maximum of at least 60 s; Linux has 120 s. */
export const MAX_RTO_MS = 120_000
/** RFC 6298 2.1. */
const INITIAL_RTO_MS = 1000
/** How long the minimum is remembered, as Linux's tcp_min_rtt_wlen. */
const MIN_RTT_WINDOW_MS = 300_000

/** Estimator of one connection. */
export class RttEstimator {
  smoothed = 0
  variance = 0
  latest = 0
  min: number = Number.POSITIVE_INFINITY
  /** RTO without backoff. */
  base: number = INITIAL_RTO_MS
  /** Doublings (RFC 6298 5.5). */
  backoff = 0
  samples = 0
  readonly #minRto: number
  #minAt = 0

  constructor(minRtoMs: number) {
    this.#minRto = minRtoMs
  }

  /** The timeout with backoff. */
  get rto(): number {
    return Math.min(this.base * 2 ** this.backoff, MAX_RTO_MS)
  }

  /** Takes a measurement of a segment that was sent once, or that a timestamp identifies (Karn: RFC 6298 3). RFC9293:MUST-18 */
  sample(rtt: number, now: number): void {
    this.latest = rtt
    this.samples++
    if (rtt <= this.min || now - this.#minAt > MIN_RTT_WINDOW_MS) {
      this.min = Math.max(rtt, 0.001)
      this.#minAt = now
    }
    if (this.samples === 1) {
      this.smoothed = rtt // RFC 6298 2.2
      this.variance = rtt / 2
    } else {
      this.variance += (Math.abs(this.smoothed - rtt) - this.variance) / 4 // RFC 6298 2.3
      this.smoothed += (rtt - this.smoothed) / 8
    }
    // The floor lies under the variance term, as in Linux, and not under the sum: RTT + minimum keeps a margin on long paths (RFC 6298 2.4 allows it).
    this.base = Math.min(this.smoothed + Math.max(GRANULARITY_MS, 4 * this.variance, this.#minRto), MAX_RTO_MS)
    this.backoff = 0 // RFC 6298 5.7: a valid measurement ends the backoff
  }

  /** RFC 6298 5.5. */
  doubleRto(): void {
    if (this.base * 2 ** this.backoff < MAX_RTO_MS) this.backoff++
  }

  /** RFC 6298 5.7 second half: a SYN that had to be sent again and gave no sample lets data begin with 3 s. */
  afterSynTimeout(): void {
    this.backoff = 0
    if (this.samples === 0) this.base = 3000
  }
}
