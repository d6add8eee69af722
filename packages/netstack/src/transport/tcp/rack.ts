/** RACK: loss detection by time, RFC 8985 6. */
import type { RttEstimator } from './rtt.ts'
import { LOST, NONE, RETRANSMITTING, SACKED, type Scoreboard } from './scoreboard.ts'
import { seqBefore } from './sequence.ts'

/** RFC 5681 and RFC 8985 6.2.4: DupThresh in segments. */
const DUPLICATE_THRESHOLD = 3
/** Recoveries for which a widened reordering window is kept (RFC 8985 6.2.4). */
const WIDENED_RECOVERIES = 16
/** Deadlines come from floating point; less than this is now. */
const EPSILON_MS = 0.0005

export class Rack {
  /**
   * Of the segment sent last among those delivered: its place in the order of transmission (in the stead of RACK.xmit_ts and RACK.end_seq, because a virtual clock
   * may show one time for many segments), and RACK.rtt.
   */
  #latest = 0
  #known = false
  rtt = 0
  /** RACK.reordering_seen */
  reorderingSeen = false
  reorderings = 0
  #multiplier = 1
  #persist = 0
  #roundEnd = 0
  #roundActive = false
  /** Milliseconds until the next segment would be deemed lost, 0 for none; set by detect. */
  wait = 0

  /** Step 2: a segment was just delivered. A retransmitted one counts only when the ACK cannot be of its earlier copy. */
  delivered(sent: number, order: number, retransmitted: boolean, minRtt: number, now: number): void {
    const rtt = now - sent
    if (retransmitted && rtt < minRtt) return
    if (!this.#known || ((order - this.#latest) | 0) > 0) {
      this.#known = true
      this.#latest = order
      this.rtt = rtt
    }
  }

  /** Step 3: a never retransmitted segment was delivered behind a later one. */
  sawReordering(): void {
    this.reorderingSeen = true
    this.reorderings++
  }

  /** Step 4, first half: a D-SACK widens the window, once per round trip. `unacknowledged`, `next`: SND.UNA, SND.NXT. */
  onDuplicate(unacknowledged: number, next: number): void {
    if (this.#roundActive && seqBefore(unacknowledged, this.#roundEnd)) return
    this.#roundActive = true
    this.#roundEnd = next
    this.#multiplier++
    this.#persist = WIDENED_RECOVERIES
  }

  /** Recovery has ended: after sixteen without a D-SACK the window is narrow again. */
  onRecoveryEnd(): void {
    if (this.#persist > 0 && --this.#persist === 0) this.#multiplier = 1
  }

  /** Step 4: RACK_update_reo_wnd. */
  reorderingWindow(board: Scoreboard, recovering: boolean, rtt: RttEstimator, mss: number): number {
    if (
      !this.reorderingSeen &&
      (recovering || board.sackedBytes >= DUPLICATE_THRESHOLD * mss || board.sackedCount >= DUPLICATE_THRESHOLD)
    )
      return 0
    if (rtt.min === Number.POSITIVE_INFINITY) return 0
    return Math.min((this.#multiplier * rtt.min) / 4, rtt.smoothed)
  }

  /** Step 5: RACK_detect_loss. Marks what was sent long enough before something that arrived; returns the bytes newly deemed lost. */
  detect(board: Scoreboard, window: number, now: number): number {
    this.wait = 0
    if (!this.#known) return 0
    let lost = 0
    let index = board.oldestInFlight
    while (index !== NONE && ((board.orderOf(index) - this.#latest) | 0) < 0) {
      const later = board.laterInFlight(index)
      const remaining = board.sentAt(index) + this.rtt + window - now
      if (remaining > EPSILON_MS) {
        this.wait = remaining // those sent after it have longer to wait
        break
      }
      board.markLost(index)
      lost += (board.endOf(index) - board.startOf(index)) | 0
      index = later
    }
    return lost
  }

  /** RFC 8985 6.3: on a timeout the first segment is lost, and all that were sent long enough ago. */
  markOnTimeout(board: Scoreboard, window: number, now: number): void {
    for (let index = board.head; index < board.tail; index++) {
      const flags = board.flagsOf(index)
      if ((flags & SACKED) !== 0 || (flags & (LOST | RETRANSMITTING)) === LOST) continue
      if (index === board.head || board.sentAt(index) + this.rtt + window - now <= EPSILON_MS) board.markLost(index)
    }
  }
}
