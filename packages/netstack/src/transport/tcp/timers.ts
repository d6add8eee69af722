import { Timer, type TimerQueue } from '../../link/timer-queue.ts'

/** What the one retransmission timer of a connection is set for. */
const TIMER_NONE = 0
/** RFC 6298: retransmission timeout; of SYN, data or FIN. */
export const TIMER_RTO = 1
/** RFC 8985 7: tail loss probe. */
export const TIMER_PROBE = 2
/** RFC 8985 6.3: the reordering window of RACK ends. */
export const TIMER_REORDER = 3
/** RFC 9293 3.8.6.1: probing a zero window; and the override of silly-window avoidance (3.8.6.2.1). */
export const TIMER_PERSIST = 4
export type RetransmissionTimer = 0 | 1 | 2 | 3 | 4

const NEVER = Number.POSITIVE_INFINITY

/**
 * The timers of one connection: numbers here, and one entry in the layer's queue for the earliest of them.
 * RFC 9293 3.8 and the RFCs named above; `life` serves keep-alive, FIN-WAIT-2 and TIME-WAIT, of which a connection needs one at a time.
 */
export class ConnectionTimers {
  readonly #queue: TimerQueue
  readonly #timer: Timer
  mode: RetransmissionTimer = TIMER_NONE
  retransmitAt: number = NEVER
  delayedAckAt: number = NEVER
  lifeAt: number = NEVER
  /** When the next segment may leave, where a pacer holds it back. */
  pacingAt: number = NEVER

  constructor(queue: TimerQueue, onDue: (now: number) => void) {
    this.#queue = queue
    this.#timer = new Timer(onDue)
  }

  setRetransmit(mode: RetransmissionTimer, at: number): void {
    this.mode = mode
    this.retransmitAt = at
    this.#update()
  }

  cancelRetransmit(): void {
    if (this.mode === TIMER_NONE) return
    this.mode = TIMER_NONE
    this.retransmitAt = NEVER
    this.#update()
  }

  setDelayedAck(at: number): void {
    this.delayedAckAt = at
    this.#update()
  }

  cancelDelayedAck(): void {
    if (this.delayedAckAt === NEVER) return
    this.delayedAckAt = NEVER
    this.#update()
  }

  setPacing(at: number): void {
    this.pacingAt = at
    this.#update()
  }

  setLife(at: number): void {
    this.lifeAt = at
    this.#update()
  }

  /** To be called when the timer has fired and what was due is done. */
  resume(): void {
    this.#update()
  }

  /** The connection is gone. */
  clear(): void {
    this.mode = TIMER_NONE
    this.retransmitAt = this.delayedAckAt = this.lifeAt = this.pacingAt = NEVER
    this.#queue.remove(this.#timer)
  }

  /** Nothing is awaited that would go on sending. */
  get idleForSending(): boolean {
    return this.mode === TIMER_NONE && this.pacingAt === NEVER
  }

  /** True when none is set. */
  get idle(): boolean {
    return (
      this.retransmitAt === NEVER && this.delayedAckAt === NEVER && this.lifeAt === NEVER && this.pacingAt === NEVER
    )
  }

  #update(): void {
    let at = this.retransmitAt
    if (this.delayedAckAt < at) at = this.delayedAckAt
    if (this.lifeAt < at) at = this.lifeAt
    if (this.pacingAt < at) at = this.pacingAt
    if (at === this.#timer.deadline) return
    if (at === NEVER) this.#queue.cancel(this.#timer)
    else this.#queue.set(this.#timer, at)
  }
}
