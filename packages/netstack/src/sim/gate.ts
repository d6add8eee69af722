import { IpAddress } from '../internet/address.ts'
import type { Frame } from '../link/frame.ts'
import type { LossSink } from '../link/impairment.ts'
import type { FrameReceiver, Link, Medium } from '../link/link.ts'
import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  readEthernetType,
} from '../wire/ethernet.ts'

/** A link that can refuse to deliver what certain hosts have sent, whichever way it came: a partition. */
export class GateLink implements Link {
  receiver: FrameReceiver | null = null
  /** Whether frames from that address are lost. Null lets everything pass. */
  blocks: ((source: IpAddress) => boolean) | null = null
  framesBlocked = 0
  onLoss: LossSink | null = null
  readonly #inner: Link

  constructor(inner: Link) {
    this.#inner = inner
    inner.receiver = (frame, now) => {
      const { receiver } = this
      const isBlocked = this.blocks !== null && this.#isBlocked(frame, this.blocks)
      if (isBlocked) {
        this.framesBlocked++
        this.onLoss?.(frame, now, 'partition')
      }
      if (isBlocked || receiver === null) frame.release()
      else receiver(frame, now)
    }
  }

  get medium(): Medium {
    return this.#inner.medium
  }

  get mtu(): number {
    return this.#inner.mtu
  }

  transmit(frame: Frame, now: number): void {
    this.#inner.transmit(frame, now)
  }

  #isBlocked(frame: Frame, blocks: (source: IpAddress) => boolean): boolean {
    const source = sourceOf(frame, this.medium)
    return source !== null && blocks(source)
  }
}

/** Who sent the packet, by IP or ARP; null when it says nothing. */
function sourceOf(frame: Frame, medium: Medium): IpAddress | null {
  const { bytes, start, end } = frame
  const at = medium === 'ethernet' ? start + ETHERNET_HEADER_BYTES : start
  if (end - at < 20) return null
  const version = bytes[at] >> 4
  const bareType = version === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6
  const type = medium === 'ethernet' ? readEthernetType(bytes, start) : bareType
  if (type === ETHERTYPE_IPV4) return IpAddress.read(4, bytes, at + 12)
  if (type === ETHERTYPE_ARP) return IpAddress.read(4, bytes, at + 14)
  return type === ETHERTYPE_IPV6 && end - at >= 40 ? IpAddress.read(6, bytes, at + 8) : null
}
