// Hosts are the internet layer with UDP above: A - R1 - R2 - B, every link a wire.

import type { NetworkInterface } from '../../src/internet/interface.ts'
import { InternetLayer, type InternetOptions } from '../../src/internet/internet.ts'
import { splitPrefix } from '../../src/internet/prefix.ts'
import { FramePool } from '../../src/link/frame.ts'
import { ImpairedLink } from '../../src/link/impaired-link.ts'
import type { ImpairmentOptions } from '../../src/link/impairment.ts'
import type { Link } from '../../src/link/link.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { TimerQueue } from '../../src/link/timer-queue.ts'
import { createWire } from '../../src/link/wire.ts'
import { UdpLayer } from '../../src/transport/udp/udp-layer.ts'
import type { UdpSocket } from '../../src/transport/udp/udp-socket.ts'

export class Net {
  now = 0
  readonly pool = new FramePool()
  readonly timers = new TimerQueue()
  readonly random: SeededRandom
  macs = 0

  constructor(seed = 42) {
    this.random = new SeededRandom(seed)
  }

  host(options: InternetOptions = {}): { internet: InternetLayer; udp: UdpLayer } {
    const environment = { pool: this.pool, timers: this.timers, random: this.random.next, clock: () => this.now }
    const internet = new InternetLayer(environment, options)
    return { internet, udp: new UdpLayer(internet) }
  }

  plug(host: { internet: InternetLayer }, link: Link, ...addresses: string[]): NetworkInterface {
    const network = host.internet.addInterface(
      `eth${host.internet.interfaces.length - 1}`,
      link,
      0x0200_0000_0000 + ++this.macs,
    )
    for (const text of addresses) {
      const { address, length } = splitPrefix(text)
      host.internet.addAddress(network, address, length)
    }
    return network
  }

  run(until: number): void {
    for (let at = this.timers.pollAt(); at <= until; at = this.timers.pollAt()) {
      this.now = Math.max(this.now, at)
      this.timers.poll(this.now)
    }
    this.now = until
  }
}

/** Two hosts on networks of their own behind two routers; the link between the routers may be narrower. */
export function chain(options: { mtu?: number; middle?: ImpairmentOptions; medium?: 'ethernet' | 'ip' } = {}) {
  const net = new Net()
  const [a, r1, r2, b] = [net.host(), net.host({ forwarding: true }), net.host({ forwarding: true }), net.host()]
  const [aEnd, r1Left] = createWire(net.timers)
  const [r1Right, r2Left] = createWire(net.timers, {
    mtu: options.mtu ?? 1500,
    medium: options.medium ?? 'ethernet',
    delayMs: 10,
  })
  const [r2Right, bEnd] = createWire(net.timers)
  const impaired = new ImpairedLink(
    r1Right,
    { send: options.middle ?? {} },
    net.random.fork('middle'),
    net.pool,
    net.timers,
  )
  net.plug(a, aEnd, '10.1.0.2/24', '2001:db8:1::2/64')
  net.plug(r1, r1Left, '10.1.0.1/24', '2001:db8:1::1/64')
  const uplink = net.plug(r1, impaired, '10.9.0.1/30', '2001:db8:9::1/64')
  net.plug(r2, r2Left, '10.9.0.2/30', '2001:db8:9::2/64')
  net.plug(r2, r2Right, '10.2.0.1/24', '2001:db8:2::1/64')
  net.plug(b, bEnd, '10.2.0.2/24', '2001:db8:2::2/64')
  a.internet.addRouteTo('0.0.0.0/0', '10.1.0.1')
  a.internet.addRouteTo('::/0', '2001:db8:1::1')
  b.internet.addRouteTo('0.0.0.0/0', '10.2.0.1')
  b.internet.addRouteTo('::/0', '2001:db8:2::1')
  r1.internet.addRouteTo('10.2.0.0/24', '10.9.0.2')
  r1.internet.addRouteTo('2001:db8:2::/64', '2001:db8:9::2')
  r2.internet.addRouteTo('10.1.0.0/24', '10.9.0.1')
  r2.internet.addRouteTo('2001:db8:1::/64', '2001:db8:9::1')
  return { net, a, b, r1, r2, uplink, impaired }
}

export function received(socket: UdpSocket): Uint8Array[] {
  const all: Uint8Array[] = []
  for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) all.push(datagram.bytes)
  return all
}
