import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../wire/tcp.ts'
import { later } from './sequence.ts'

/** The states of RFC 9293 section 3.3.2. */
export type InferredState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'

/** As much of a segment as changes a state. */
export interface StateSegment {
  sequence: number
  acknowledgment: number
  flags: number
  payloadBytes: number
}

/** Pieces kept out of order before what is missing among them is given up. */
const WAITING_LIMIT = 256

/**
 * The state of one end as it follows from what it sends and receives (RFC 9293 figure 5). For captures of other people's stacks:
 * a run of our own reports its states itself.
 */
export class StateTracker {
  state: InferredState
  /** Next sequence number that this end will send, once it is known. */
  #sendNext: number | undefined
  /** Sequence number of our FIN. */
  #finAt: number | undefined
  /** Next sequence number that this end awaits. */
  #receiveNext: number | undefined
  /** Received out of order: beginnings and ends, and where a FIN stands. */
  #waiting: { from: number; to: number; fin: boolean }[] = []

  constructor(state: InferredState) {
    this.state = state
  }

  send(segment: StateSegment): void {
    const end =
      (segment.sequence +
        segment.payloadBytes +
        (segment.flags & TCP_SYN ? 1 : 0) +
        (segment.flags & TCP_FIN ? 1 : 0)) >>>
      0
    if (this.#sendNext === undefined || later(end, this.#sendNext)) this.#sendNext = end
    if (segment.flags & TCP_RST) this.state = 'CLOSED'
    else if (segment.flags & TCP_SYN && this.state === 'CLOSED')
      this.state = segment.flags & TCP_ACK ? 'SYN-RECEIVED' : 'SYN-SENT'
    else if (segment.flags & TCP_SYN && this.state === 'LISTEN') this.state = 'SYN-RECEIVED'
    if ((segment.flags & TCP_FIN) === 0 || this.#finAt !== undefined) return
    this.#finAt = end
    if (this.state === 'ESTABLISHED' || this.state === 'SYN-RECEIVED') this.state = 'FIN-WAIT-1'
    else if (this.state === 'CLOSE-WAIT') this.state = 'LAST-ACK'
  }

  receive(segment: StateSegment): void {
    if (segment.flags & TCP_RST) {
      if (this.state !== 'LISTEN') this.state = 'CLOSED'
      return
    }
    if (segment.flags & TCP_SYN) this.#receiveSyn(segment)
    else this.#receiveNext ??= segment.sequence
    if (segment.flags & TCP_ACK) this.#receiveAck(segment.acknowledgment)
    this.#receiveText(segment)
  }

  #receiveSyn(segment: StateSegment): void {
    this.#receiveNext ??= (segment.sequence + 1) >>> 0
    if (this.state === 'LISTEN' || this.state === 'CLOSED') this.state = 'SYN-RECEIVED'
    else if (this.state === 'SYN-SENT') this.state = segment.flags & TCP_ACK ? 'ESTABLISHED' : 'SYN-RECEIVED'
  }

  #receiveAck(acknowledgment: number): void {
    if (this.state === 'SYN-RECEIVED' && acknowledgment === this.#sendNext) this.state = 'ESTABLISHED'
    if (this.#finAt === undefined || later(this.#finAt, acknowledgment)) return
    if (this.state === 'FIN-WAIT-1') this.state = 'FIN-WAIT-2'
    else if (this.state === 'CLOSING') this.state = 'TIME-WAIT'
    else if (this.state === 'LAST-ACK') this.state = 'CLOSED'
  }

  /** A FIN counts only when everything before it has arrived (RFC 9293 section 3.10.7.4, eighth step). */
  #receiveText(segment: StateSegment): void {
    const fin = (segment.flags & TCP_FIN) !== 0
    if (segment.payloadBytes === 0 && !fin) return
    const from = (segment.sequence + (segment.flags & TCP_SYN ? 1 : 0)) >>> 0
    this.#waiting.push({ from, to: (from + segment.payloadBytes + (fin ? 1 : 0)) >>> 0, fin })
    // A capture that missed packets would keep everything waiting behind them: what is still missing then was not seen, not lost.
    if (this.#waiting.length > WAITING_LIMIT) this.#receiveNext = this.#waiting[0].from
    for (let at = this.#nextWaiting(); at >= 0; at = this.#nextWaiting()) {
      const [piece] = this.#waiting.splice(at, 1)
      if (!later(piece.to, this.#receiveNext!)) continue
      this.#receiveNext = piece.to
      if (piece.fin) this.#receiveFin()
    }
  }

  #nextWaiting(): number {
    return this.#waiting.findIndex((piece) => !later(piece.from, this.#receiveNext!))
  }

  #receiveFin(): void {
    if (this.state === 'ESTABLISHED' || this.state === 'SYN-RECEIVED') this.state = 'CLOSE-WAIT'
    else if (this.state === 'FIN-WAIT-1') this.state = 'CLOSING'
    else if (this.state === 'FIN-WAIT-2') this.state = 'TIME-WAIT'
  }
}
