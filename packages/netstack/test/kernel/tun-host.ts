// A stack with Node's net API behind a TUN device with offloads, and the kernel in a namespace at the other end.
import { createNet, type NetModule } from '../../src/api/node/network.ts'
import { RealTimeHost } from '../../src/api/node/real-time-host.ts'
import type { Capture } from '../../src/link/pcap/capture.ts'
import { TapLink } from '../../src/link/tap.ts'
import type { TunOptions } from '../../src/link/tun/device.ts'
import { openTun, type TunLink } from '../../src/link/tun/tun-link.ts'
import { LINKTYPE_RAW } from '../../src/wire/link-types.ts'
import { Namespace } from './namespace.ts'

export const OURS = { 4: '10.79.0.2', 6: 'fd79::2' } as const
export const THEIRS = { 4: '10.79.0.1', 6: 'fd79::1' } as const
const MAX_CAPTURED = 300

export class TunHost {
  readonly host: RealTimeHost = new RealTimeHost()
  readonly net: NetModule = createNet(this.host)
  readonly tun: TunLink
  readonly namespace: Namespace = new Namespace()
  /** What is to be closed before. */
  readonly onClose: (() => void)[] = []
  readonly capture: Capture = { interfaces: [{ linkType: LINKTYPE_RAW, name: 'tun' }], packets: [] }

  readonly #tap: TapLink

  constructor(options: TunOptions = {}, open: typeof openTun = openTun) {
    this.tun = open({ ...options, up: false }, this.host.stack.pool)
    this.namespace.adopt(this.tun.device.name, [`${THEIRS[4]}/24`, `${THEIRS[6]}/64`])
    this.#tap = new TapLink(this.tun)
    this.tun.onBatch = () => this.host.kick()
    this.host.stack.addInterface('tun', this.#tap, { addresses: [`${OURS[4]}/24`, `${OURS[6]}/64`] })
  }

  /** Keeps the first packets from now on. While somebody looks at them, super-segments leave in one piece. */
  startCapture(): void {
    this.#tap.sinks.add((bytes, start, end, timeMs, direction, comment) => {
      if (this.capture.packets.length >= MAX_CAPTURED) return
      const copy = bytes.slice(start, end)
      const about = comment === undefined ? {} : { comment }
      this.capture.packets.push({ timeMs, interface: 0, bytes: copy, originalLength: copy.length, direction, ...about })
    })
  }

  async close(): Promise<void> {
    for (const each of this.onClose) each()
    this.host.stack.tcp.abortAll(performance.now(), true)
    await this.tun.close()
    this.namespace.close()
  }
}
