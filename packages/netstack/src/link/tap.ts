import type { Frame } from './frame.ts'
import type { FrameReceiver, Link, Medium } from './link.ts'

/** Is shown every frame that passes, at bytes[start..end), and must copy what it keeps. `now` is in milliseconds. */
export type CaptureSink = (bytes: Uint8Array, start: number, end: number, now: number, direction: 'in' | 'out') => void

/** Shows what passes a link to capture sinks, which come and go. */
export class TapLink implements Link {
  receiver: FrameReceiver | null = null
  readonly sinks: Set<CaptureSink> = new Set()
  readonly #inner: Link

  constructor(inner: Link) {
    this.#inner = inner
    inner.receiver = (frame, now) => {
      this.#show(frame, now, 'in')
      if (this.receiver === null) frame.release()
      else this.receiver(frame, now)
    }
  }

  get medium(): Medium {
    return this.#inner.medium
  }

  get mtu(): number {
    return this.#inner.mtu
  }

  transmit(frame: Frame, now: number): void {
    this.#show(frame, now, 'out')
    this.#inner.transmit(frame, now)
  }

  #show(frame: Frame, now: number, direction: 'in' | 'out'): void {
    for (const sink of this.sinks) sink(frame.bytes, frame.start, frame.end, now, direction)
  }
}
