import type { Frame, FramePool } from './frame.ts'
import { Impairment, type ImpairmentOptions } from './impairment.ts'
import type { FrameReceiver, Link, Medium } from './link.ts'
import type { SeededRandom } from './random.ts'
import type { TimerQueue } from './timer-queue.ts'

export interface ImpairedLinkOptions {
  /** What is done to frames that leave through this end. */
  send?: ImpairmentOptions
  /** What is done to frames that arrive at this end. */
  receive?: ImpairmentOptions
}

/** Faults around any link, each direction on its own: a one-way partition is `send: { partition: true }`. */
export class ImpairedLink implements Link {
  receiver: FrameReceiver | null = null
  readonly send: Impairment
  readonly receive: Impairment
  readonly #inner: Link

  constructor(inner: Link, options: ImpairedLinkOptions, random: SeededRandom, pool: FramePool, timers: TimerQueue) {
    this.#inner = inner
    const medium = inner.medium
    this.send = new Impairment(options.send ?? {}, medium, random.fork('send'), pool, timers, (frame, now) =>
      inner.transmit(frame, now),
    )
    this.receive = new Impairment(options.receive ?? {}, medium, random.fork('receive'), pool, timers, (frame, now) => {
      if (this.receiver === null) frame.release()
      else this.receiver(frame, now)
    })
    inner.receiver = (frame, now) => this.receive.push(frame, now)
  }

  get medium(): Medium {
    return this.#inner.medium
  }

  get mtu(): number {
    return this.#inner.mtu
  }

  transmit(frame: Frame, now: number): void {
    this.send.push(frame, now)
  }

  /** Loses everything that the impairment holds. */
  clear(now?: number): void {
    this.send.clear(now)
    this.receive.clear(now)
  }
}
