import { PcapngWriter } from '../link/pcap/write.ts'
import type { CaptureSink } from '../link/tap.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../wire/link-types.ts'
import type { SimLinkEnd } from './sim-link.ts'
import type { World } from './world.ts'

/** Where captured bytes go. */
export interface CaptureWriter {
  write(bytes: Uint8Array): void
  close(): void
}

export interface CaptureOptions {
  /** What this host sees, both ways. Without it every frame is captured once, as it leaves its sender. */
  host?: string
  /** Only this link. */
  link?: string
}

/** Starts writing; returns what ends it. */
export function startCapture(world: World, target: CaptureWriter, options: CaptureOptions): () => void {
  const pcapng = new PcapngWriter()
  target.write(pcapng.header())
  const taps: { end: SimLinkEnd; sink: CaptureSink }[] = []
  let index = 0
  for (const link of world.links.values()) {
    if (options.link !== undefined && options.link !== link.name) continue
    for (const end of link.ends) {
      if (options.host !== undefined && options.host !== end.end.host) continue
      const own = index++
      const linkType = end.link.medium === 'ethernet' ? LINKTYPE_ETHERNET : LINKTYPE_RAW
      const name = end.end.name === '' ? `${end.end.host}/${link.name}` : `${end.end.host}/${end.end.name}`
      target.write(pcapng.interface({ linkType, name, description: link.name }))
      const sink: CaptureSink = (bytes, start, stop, now, direction) => {
        if (options.host === undefined && direction === 'in') return
        target.write(pcapng.packet(own, world.epochMs + now, bytes, start, stop, { direction }))
      }
      end.tap.sinks.add(sink)
      taps.push({ end, sink })
    }
  }
  if (index === 0) throw new RangeError('the capture names a host or link that is not there')
  return () => {
    for (const { end, sink } of taps) end.tap.sinks.delete(sink)
    target.close()
  }
}
