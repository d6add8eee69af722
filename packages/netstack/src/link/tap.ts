import { CHECKSUM_PARTIAL, type Frame } from './frame.ts'
import type { FrameReceiver, Link, LinkOffload, Medium } from './link.ts'

/**
 * Is shown every frame that passes, at bytes[start..end), and must copy what it keeps. `now` is in milliseconds. `remark` says
 * what a device does to the frame before it is on a wire, where it does something.
 */
export type CaptureSink = (
  bytes: Uint8Array,
  start: number,
  end: number,
  now: number,
  direction: 'in' | 'out',
  remark: string | undefined,
) => void

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

  get offload(): LinkOffload | undefined {
    const offload = this.#inner.offload
    // Who looks at a packet wants all of it in one piece.
    return offload?.gathers && this.sinks.size > 0 ? { ...offload, gathers: false } : offload
  }

  transmit(frame: Frame, now: number): void {
    this.#show(frame, now, 'out')
    this.#inner.transmit(frame, now)
  }

  #show(frame: Frame, now: number, direction: 'in' | 'out'): void {
    if (this.sinks.size === 0) return
    const remark = remarkOn(frame)
    for (const sink of this.sinks) sink(frame.bytes, frame.start, frame.end, now, direction, remark)
  }
}

/** Makes known in a capture what is no segment of a wire: a super-segment, a checksum that is not there yet. */
function remarkOn(frame: Frame): string | undefined {
  if (frame.checksum !== CHECKSUM_PARTIAL) return undefined
  if (frame.gsoSize === 0) return 'checksum left to the device'
  const payloadBytes = frame.end - frame.checksumStart - frame.gsoHeaderBytes
  const segments = Math.ceil(payloadBytes / frame.gsoSize)
  return `super-segment: ${segments} segments of up to ${frame.gsoSize} bytes, cut by the device, which completes their checksums`
}
