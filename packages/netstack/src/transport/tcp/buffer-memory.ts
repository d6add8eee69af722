/** What all connections of a layer hold in their buffers together, and who waits until it is less. */
import type { Connection } from './connection.ts'

/** What each connection may have written and not acknowledged however full the memory is (as Linux's lowest tcp_wmem). */
export const GUARANTEED_SEND_BYTES = 4096
/** Above this share of the limit no receive window grows (as Linux's middle value of tcp_mem, which is three quarters of the highest). */
const PRESSURE_SHARE = 3 / 4
/** From this share of the limit on nothing is kept out of order: who leaves holes must not take the rest from those who leave none. */
const OUT_OF_ORDER_SHARE = 7 / 8
/** Writers told of room at one event; the others are told at the next, which is due at once. */
const WAKES_PER_EVENT = 16

/**
 * The account of the payload in all send and receive buffers, which they keep themselves: they add to `held` what they take and subtract what leaves them.
 * Behaves as tcp_mem of Linux (tcp(7)): from a threshold on nobody gets more than he has, and at the limit only a small guaranteed amount each.
 */
export class BufferMemory {
  readonly limit: number
  /** Bytes held now. */
  held = 0
  readonly #pressure: number
  readonly #outOfOrderLimit: number
  /** Connections whose user wanted to write more than there was room for, the oldest first. */
  readonly #waiting: Set<Connection> = new Set()

  constructor(limit: number) {
    this.limit = limit
    this.#pressure = limit * PRESSURE_SHARE
    this.#outOfOrderLimit = limit * OUT_OF_ORDER_SHARE
  }

  /** Bytes up to the limit; below 0 when what is guaranteed goes beyond it. */
  get room(): number {
    return this.limit - this.held
  }

  /** The same for what is not in order. */
  get outOfOrderRoom(): number {
    return this.#outOfOrderLimit - this.held
  }

  get isUnderPressure(): boolean {
    return this.held > this.#pressure
  }

  /** Its user is to be told when there is room. */
  wait(connection: Connection): void {
    this.#waiting.add(connection)
  }

  /** It has ended, and waits for nothing any more. */
  forget(connection: Connection): void {
    this.#waiting.delete(connection)
  }

  /** Somebody waits, and there is room for what is worth a wake. */
  get isWakeDue(): boolean {
    return this.#waiting.size > 0 && this.room >= GUARANTEED_SEND_BYTES
  }

  /** Tells some of those who wait, as long as they leave room. */
  wake(tell: (connection: Connection) => void): void {
    let left = Math.min(this.#waiting.size, WAKES_PER_EVENT)
    for (const connection of this.#waiting) {
      if (left === 0 || !this.isWakeDue) return
      left--
      this.#waiting.delete(connection)
      tell(connection)
    }
  }
}
