import { Timer, type TimerQueue } from '../link/timer-queue.ts'

/** A callback that waits for its time. */
export interface ScheduledTask {
  /** After this the callback is not called. */
  cancel(): void
}

/** Time for programs above the stack: virtual in a simulation, the machine's elsewhere. */
export interface Scheduler {
  /** Milliseconds, never going back. */
  now(): number
  /** Calls back once after `delayMs`, never before it returns. */
  schedule(delayMs: number, callback: () => void): ScheduledTask
}

/** A scheduler whose tasks are cancelled together: those of a host that crashes. */
export class TaskGroup implements Scheduler {
  readonly #timers: TimerQueue
  readonly #clock: () => number
  readonly #tasks: Set<Timer> = new Set()
  readonly #maxTasks: number
  #closed = false

  constructor(timers: TimerQueue, clock: () => number, maxTasks = 1_000_000) {
    this.#timers = timers
    this.#clock = clock
    this.#maxTasks = maxTasks
  }

  /** Tasks that wait. */
  get size(): number {
    return this.#tasks.size
  }

  now(): number {
    return this.#clock()
  }

  /** @throws {RangeError} when too many tasks wait */
  schedule(delayMs: number, callback: () => void): ScheduledTask {
    if (this.#closed) return { cancel: () => {} }
    if (this.#tasks.size >= this.#maxTasks) throw new RangeError(`${this.#maxTasks} timers are set`)
    const timer = new Timer(() => {
      this.#tasks.delete(timer)
      callback()
    })
    this.#tasks.add(timer)
    this.#timers.set(timer, this.#clock() + Math.max(0, delayMs))
    return {
      cancel: () => {
        this.#tasks.delete(timer)
        this.#timers.remove(timer)
      },
    }
  }

  /** Cancels everything; nothing is scheduled any more. */
  close(): void {
    this.#closed = true
    for (const timer of this.#tasks) this.#timers.remove(timer)
    this.#tasks.clear()
  }
}
