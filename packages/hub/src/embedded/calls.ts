/** Listeners and callbacks of the program that are at work: a drain waits for those whose answers may still be on their way. */

/** Keeps what is running. */
export class Calls {
  readonly #running = new Set<PromiseLike<unknown>>()
  /** The call that is in its synchronous part: there is at most one. */
  #current: object | undefined = undefined
  #exempted: object | undefined = undefined

  /** Runs a listener. What it returns is kept until it has settled, if it is a promise. */
  run(listener: () => unknown): unknown {
    const outer = this.#current
    const call = {}
    this.#current = call
    try {
      const result = listener()
      if (isThenable(result) && this.#exempted !== call) this.#keep(result)
      return result
    } finally {
      this.#current = outer
    }
  }

  #keep(promise: PromiseLike<unknown>): void {
    this.#running.add(promise)
    const forget = (): void => void this.#running.delete(promise)
    promise.then(forget, forget)
  }

  /** The listener that is running now waits for the drain itself: it cannot be waited for. */
  exemptCurrent(): void {
    this.#exempted = this.#current
  }

  /** Resolves when everything that runs at this moment has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }
}

/** Whether a listener is asynchronous, by what it has returned. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
