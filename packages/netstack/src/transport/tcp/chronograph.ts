/** What holds the sender back. */
export const IDLE = 0
export const BUSY = 1
/** The peer's window. */
export const RECEIVER_LIMITED = 2
/** Our send buffer: the user would have written more. */
export const BUFFER_LIMITED = 3

/** Adds up how long a connection was busy, and how much of that by what it was limited (tcp_info's busy_time, rwnd_limited, sndbuf_limited). Milliseconds. */
export class Chronograph {
  #kind = IDLE
  #since = 0
  #busy = 0
  #receiver = 0
  #buffer = 0

  /** From `now` on it is that. */
  mark(kind: number, now: number): void {
    if (kind === this.#kind) return
    const elapsed = now - this.#since
    if (this.#kind !== IDLE) this.#busy += elapsed
    if (this.#kind === RECEIVER_LIMITED) this.#receiver += elapsed
    else if (this.#kind === BUFFER_LIMITED) this.#buffer += elapsed
    this.#kind = kind
    this.#since = now
  }

  /** Busy, limited by the receiver, limited by the buffer: until `now`. */
  totals(now: number): [busyMs: number, receiverMs: number, bufferMs: number] {
    const kind = this.#kind
    this.mark(IDLE, now)
    this.mark(kind, now)
    return [this.#busy, this.#receiver, this.#buffer]
  }
}
