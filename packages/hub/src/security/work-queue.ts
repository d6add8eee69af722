/** Dear comparisons, a few at a time: a flood of wrong passwords must not take the machine. */

/** At the same time. */
const PARALLEL = 4
/** Waiting; beyond it an attempt fails at once. */
const WAITING = 2048

/** Runs jobs in the order in which they came. */
export class WorkQueue {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** The job's answer; false when too many wait already. Jobs must not reject. */
  run(job: () => boolean | Promise<boolean>): Promise<boolean> {
    if (this.#running >= PARALLEL && this.#waiting.length >= WAITING) return Promise.resolve(false)
    return new Promise((resolve) => {
      const start = (): void => {
        this.#running++
        void Promise.resolve(job()).then((answer) => {
          this.#running--
          resolve(answer)
          this.#waiting.shift()?.()
        })
      }
      if (this.#running < PARALLEL) start()
      else this.#waiting.push(start)
    })
  }
}
