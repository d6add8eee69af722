import { crc32 } from '../wire/crc32.ts'
import type { Frame } from './frame.ts'
import type { FrameReceiver, Link } from './link.ts'

/** Ethernet's shortest frame without its FCS; shorter ones are padded with zeros (IEEE 802.3 3.2.8). */
const MIN_FRAME_BYTES = 60
const FCS_BYTES = 4

/**
 * Appends the frame check sequence of IEEE 802.3 3.2.9 to what is sent and drops what arrives damaged, so that a
 * corrupted frame dies at layer 2.
 */
export class FcsLink implements Link {
  readonly medium = 'ethernet'
  receiver: FrameReceiver | null = null
  readonly counters: { fcsErrors: number; tooShort: number } = { fcsErrors: 0, tooShort: 0 }
  readonly #inner: Link

  /** @throws {TypeError} when the link carries no Ethernet */
  constructor(inner: Link) {
    if (inner.medium !== 'ethernet') throw new TypeError('only Ethernet frames have a frame check sequence')
    this.#inner = inner
    inner.receiver = (frame, now) => this.#receive(frame, now)
  }

  get mtu(): number {
    return this.#inner.mtu
  }

  transmit(frame: Frame, now: number): void {
    const { bytes, start } = frame
    if (frame.end - start < MIN_FRAME_BYTES) {
      bytes.fill(0, frame.end, start + MIN_FRAME_BYTES)
      frame.end = start + MIN_FRAME_BYTES
    }
    const sum = crc32(bytes, start, frame.end)
    for (let index = 0; index < FCS_BYTES; index++) bytes[frame.end + index] = sum >>> (index * 8)
    frame.end += FCS_BYTES
    this.#inner.transmit(frame, now)
  }

  #receive(frame: Frame, now: number): void {
    const { bytes, start } = frame
    const end = frame.end - FCS_BYTES
    if (end - start < MIN_FRAME_BYTES) {
      this.counters.tooShort++
      frame.release()
      return
    }
    const sum = crc32(bytes, start, end)
    let difference = 0
    for (let index = 0; index < FCS_BYTES; index++) difference |= bytes[end + index] ^ ((sum >>> (index * 8)) & 255)
    if (difference !== 0 || this.receiver === null) {
      if (difference !== 0) this.counters.fcsErrors++
      frame.release()
      return
    }
    frame.end = end
    this.receiver(frame, now)
  }
}
