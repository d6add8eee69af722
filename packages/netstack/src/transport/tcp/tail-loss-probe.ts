/** Tail loss probe, RFC 8985 7: when the last segments of a flight are lost, nothing comes back that could tell. */
import type { Connection } from './connection.ts'
import { SACKED } from './scoreboard.ts'
import { seqAfter, seqBefore } from './sequence.ts'

/** WCDelAckT: the longest that a receiver may wait with the ACK of a single segment. */
const DELAYED_ACK_MS = 200
const INITIAL_TIMEOUT_MS = 1000

export class TailLossProbe {
  readonly #connection: Connection
  /** TLP.end_seq; valid while #outstanding. */
  #end = 0
  #outstanding = false
  #wasRetransmission = false
  /** A probe was sent since the last new data or ACK: no second one (RFC 8985 7.3). */
  #spent = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** The probe timeout in milliseconds from now, at most `rtoMs`; 0 when no probe is due (RFC 8985 7.2). */
  timeout(rtoMs: number): number {
    const { sackOn, rtt, recovery } = this.#connection
    if (!sackOn || this.#outstanding || this.#spent || recovery.recovering || recovery.board.sackedCount > 0) return 0
    if (rtt.samples === 0) return Math.min(INITIAL_TIMEOUT_MS, rtoMs)
    const wait = recovery.board.count === 1 ? DELAYED_ACK_MS : 2
    return Math.min(2 * rtt.smoothed + wait, rtoMs)
  }

  /** The probe timer has run out: sends one new segment, or the last one again (RFC 8985 7.3). */
  send(now: number): void {
    const { sender, recovery } = this.#connection
    const { board } = recovery
    const next = sender.next
    this.#spent = true
    if (sender.unsentBytes > 0 && sender.usableWindow > 0) {
      sender.sendProbe(now)
    }
    if (sender.next !== next) this.#wasRetransmission = false
    else {
      const last = board.tail - 1
      if (last < board.head || (board.flagsOf(last) & SACKED) !== 0) {
        recovery.armTimer(now)
        return
      }
      this.#wasRetransmission = true
      recovery.retransmit(last, now, 'tail loss probe', 'RFC 8985 7.3')
    }
    this.#outstanding = true
    this.#end = sender.next
    recovery.armTimer(now)
  }

  /** RFC 8985 7.4.2: what an ACK tells of the probe. `progress`: it delivered something. */
  onAck(acknowledgment: number, duplicate: boolean, progress: boolean, now: number): void {
    if (progress) this.#spent = false
    if (!this.#outstanding || seqBefore(acknowledgment, this.#end)) return
    if (!this.#wasRetransmission || duplicate) {
      this.#outstanding = false // new data, or the original had arrived as well
    } else if (seqAfter(acknowledgment, this.#end)) {
      this.#outstanding = false
      this.#connection.recovery.onProbeRepaired(now) // the probe repaired a loss
    } else if (!progress) this.#outstanding = false // both copies arrived
  }

  /** A timeout ends the episode. */
  cancel(): void {
    this.#outstanding = false
    this.#spent = false
  }
}
