/** How long the program's own listeners take: a slow one holds up everybody, so monitoring names it. */

/** The slowest listener seen. */
export interface SlowListener {
  readonly event: string
  readonly listener: string
  readonly milliseconds: number
}

/** Keeps the slowest call. */
export class ListenerTimes {
  #slowest: SlowListener | undefined = undefined

  note(event: string, listener: (...args: never[]) => unknown, milliseconds: number): void {
    if (this.#slowest !== undefined && milliseconds <= this.#slowest.milliseconds) return
    // A once-listener is wrapped; its own name stands on the inner function.
    const inner = (listener as unknown as { listener?: { name: string } }).listener
    this.#slowest = { event, listener: (inner ?? listener).name || '(anonymous)', milliseconds }
  }

  get slowest(): SlowListener | undefined {
    return this.#slowest
  }
}
