/** What has deadlines: a `Stack`, a `TimerQueue`. */
export interface Pollable {
  /** Does what is due at `now`. */
  poll(now: number): void
  /** The next deadline in milliseconds; Infinity for none. */
  pollAt(): number
}

/** Runs a stack in the machine's time: one timer of Node's for all its deadlines. */
export class RealTimeDriver {
  readonly #stack: Pollable
  #timeout: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  /** When the timer runs out. */
  #armedFor: number = Number.POSITIVE_INFINITY
  #closed = false

  constructor(stack: Pollable) {
    this.#stack = stack
  }

  /** The clock of the stack: milliseconds, never going back. */
  readonly now = (): number => performance.now()

  /** To be called when deadlines may have come nearer: after input, and after calls of the user's. Cheap when they have not. */
  readonly kick = (): void => {
    if (this.#closed || this.#immediate !== undefined) return
    const next = this.#stack.pollAt()
    // A timer that rings too early finds nothing to do and is set again: cheaper than to set it anew for each packet.
    if (next >= this.#armedFor) return
    clearTimeout(this.#timeout)
    const delay = next - performance.now()
    if (delay <= 0) {
      this.#armedFor = Number.NEGATIVE_INFINITY
      this.#immediate = setImmediate(this.#run)
    } else {
      this.#armedFor = next
      this.#timeout = setTimeout(this.#run, Math.ceil(Math.min(delay, LONGEST_DELAY_MS)))
      // What is open keeps the process alive, not its deadlines.
      this.#timeout.unref()
    }
  }

  readonly #run = (): void => {
    this.#immediate = undefined
    this.#timeout = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#stack.poll(performance.now())
    this.kick()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timeout)
    clearImmediate(this.#immediate)
  }
}

/** Node's timers count in 31 bits. */
const LONGEST_DELAY_MS = 0x7fff_ffff
