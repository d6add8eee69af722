/** HyStart++, RFC 9406: slow start that ends when the delay rises, before the queue overflows. */

const MIN_RTT_THRESH_MS = 4
const MAX_RTT_THRESH_MS = 16
const MIN_RTT_DIVISOR = 8
const N_RTT_SAMPLE = 8
const CSS_GROWTH_DIVISOR = 4
const CSS_ROUNDS = 5
/** Segments of growth for one ACK, as we do not pace (RFC 9406 4.2, L). */
const GROWTH_LIMIT_SEGMENTS = 8

export class HyStart {
  #lastRoundMin = Number.POSITIVE_INFINITY
  #roundMin = Number.POSITIVE_INFINITY
  #samples = 0
  /** Bytes until the end of this round: what was in flight at its beginning. */
  #rest = 0
  #conservative = false
  #baseline = Number.POSITIVE_INFINITY
  #rounds = 0
  /** Slow start is over: the threshold is to be set to the window. */
  finished = false

  /** By how many bytes the window grows for an ACK of `acked` bytes that measured `rttMs`. */
  growth(acked: number, rttMs: number, window: number, mss: number): number {
    if (this.#rest <= 0) this.#beginRound(window)
    this.#rest -= acked
    this.#samples++
    if (rttMs < this.#roundMin) this.#roundMin = rttMs
    if (this.#samples >= N_RTT_SAMPLE && this.#lastRoundMin !== Number.POSITIVE_INFINITY) this.#judge()
    const bytes = Math.min(acked, GROWTH_LIMIT_SEGMENTS * mss)
    return this.#conservative ? Math.floor(bytes / CSS_GROWTH_DIVISOR) : bytes
  }

  #beginRound(window: number): void {
    if (this.#conservative && ++this.#rounds >= CSS_ROUNDS) this.finished = true
    this.#lastRoundMin = this.#roundMin
    this.#roundMin = Number.POSITIVE_INFINITY
    this.#samples = 0
    this.#rest = window
  }

  /** A delay that has risen begins conservative slow start; one that has fallen again shows that it was nothing. */
  #judge(): void {
    if (!this.#conservative) {
      const threshold = Math.max(MIN_RTT_THRESH_MS, Math.min(this.#lastRoundMin / MIN_RTT_DIVISOR, MAX_RTT_THRESH_MS))
      if (this.#roundMin < this.#lastRoundMin + threshold) return
      this.#conservative = true
      this.#baseline = this.#roundMin
      this.#rounds = 0
    } else if (this.#roundMin < this.#baseline) {
      this.#conservative = false
      this.#baseline = Number.POSITIVE_INFINITY
    }
  }
}
