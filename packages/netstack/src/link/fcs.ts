import { ETHERNET_FCS_BYTES, ETHERNET_MINIMUM_BYTES, verifyFcs, writeFcs } from '../wire/ethernet.ts'
import type { Frame } from './frame.ts'
import type { LossSink } from './impairment.ts'
import type { FrameReceiver, Link } from './link.ts'

/**
 * Appends the frame check sequence of IEEE 802.3 3.2.9 to what is sent and drops what arrives damaged, so that a
 * corrupted frame dies at layer 2.
 */
export class FcsLink implements Link {
  readonly medium = 'ethernet'
  receiver: FrameReceiver | null = null
  onLoss: LossSink | null = null
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
    if (frame.end - start < ETHERNET_MINIMUM_BYTES) {
      bytes.fill(0, frame.end, start + ETHERNET_MINIMUM_BYTES)
      frame.end = start + ETHERNET_MINIMUM_BYTES
    }
    writeFcs(bytes, start, frame.end)
    frame.end += ETHERNET_FCS_BYTES
    this.#inner.transmit(frame, now)
  }

  #receive(frame: Frame, now: number): void {
    const end = frame.end - ETHERNET_FCS_BYTES
    const tooShort = end - frame.start < ETHERNET_MINIMUM_BYTES
    if (tooShort || !verifyFcs(frame.bytes, frame.start, frame.end) || this.receiver === null) {
      if (tooShort) this.counters.tooShort++
      else if (this.receiver !== null) this.counters.fcsErrors++
      this.onLoss?.(frame, now, 'frame check sequence wrong')
      frame.release()
      return
    }
    frame.end = end
    this.receiver(frame, now)
  }
}
