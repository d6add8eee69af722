import type { Frame } from './frame.ts'
import type { FrameReceiver, Link } from './link.ts'
import { Timer, type TimerQueue } from './timer-queue.ts'

/** What a host sends to itself. Checksums that the sender computed are believed, as Linux does. */
export class LoopbackLink implements Link {
  readonly medium = 'ip'
  /** Changed before anything is sent, or not at all. */
  mtu = 65_535
  receiver: FrameReceiver | null = null
  framesDropped = 0
  readonly #timers: TimerQueue
  readonly #timer: Timer
  readonly #maxFrames: number
  #queue: Frame[] = []
  #spare: Frame[] = []

  constructor(timers: TimerQueue, maxFrames: number) {
    this.#timers = timers
    this.#maxFrames = maxFrames
    this.#timer = new Timer((now) => this.#deliver(now))
  }

  transmit(frame: Frame, now: number): void {
    if (this.#queue.length >= this.#maxFrames) {
      this.framesDropped++
      frame.release()
      return
    }
    if (this.#queue.length === 0) this.#timers.set(this.#timer, now)
    this.#queue.push(frame)
  }

  clear(): void {
    this.#timers.remove(this.#timer)
    for (const frame of this.#queue.splice(0)) frame.release()
  }

  #deliver(now: number): void {
    const due = this.#queue
    this.#queue = this.#spare
    for (const frame of due) {
      if (this.receiver === null) frame.release()
      else this.receiver(frame, now)
    }
    due.length = 0
    this.#spare = due
  }
}
