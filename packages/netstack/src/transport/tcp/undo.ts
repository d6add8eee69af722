import type { CongestionControl } from './congestion/control.ts'
import type { Segment } from './segment.ts'
import { seqBefore } from './sequence.ts'

/**
 * Finds out that a reduction of the window was unfounded: by Eifel's timestamps (RFC 4015, RFC 3522), or because every retransmission was reported as a
 * duplicate (RFC 3708).
 */
export class ReductionUndo {
  #window = 0
  #threshold = 0
  /** Retransmissions not yet reported as duplicates. */
  #outstanding = 0
  #possible = false
  /** Timestamp value of the first retransmission of this episode. */
  #firstValue = 0
  #firstKnown = false

  /** Keeps what is to be restored. */
  remember(congestion: CongestionControl): void {
    this.#window = congestion.window
    this.#threshold = congestion.threshold
  }

  /** An episode of retransmissions begins. */
  begin(): void {
    this.#possible = true
    this.#outstanding = 0
    this.#firstKnown = false
  }

  /** It is over, or the reduction was deserved. */
  end(): void {
    this.#possible = false
  }

  onRetransmitted(timestampValue: number, segments: number): void {
    this.#outstanding += segments
    if (!this.#firstKnown) this.#firstValue = timestampValue
    this.#firstKnown = true
  }

  onDuplicate(): void {
    if (this.#possible && this.#outstanding > 0) this.#outstanding--
  }

  /**
   * Whether this ACK shows that nothing was lost. `duplicate`: it has a D-SACK; `moves`: it moves SND.UNA during recovery and has a usable timestamp: the echo is then
   * of the copy that filled the hole, and if that was sent before any retransmission, it was the original.
   */
  unfounded(segment: Segment, duplicate: boolean, moves: boolean): boolean {
    if (!this.#possible) return false
    if (duplicate && this.#outstanding === 0) return true
    return (
      moves && this.#firstKnown && segment.timestampEcho !== 0 && seqBefore(segment.timestampEcho, this.#firstValue)
    )
  }

  restore(congestion: CongestionControl): void {
    this.#possible = false
    if (congestion.name !== 'none') congestion.undo(this.#window, this.#threshold)
  }
}
