import { IpAddress } from '../internet/address.ts'
import type { NetworkInterface } from '../internet/interface.ts'
import { InternetLayer, type InternetOptions } from '../internet/internet.ts'
import { splitPrefix } from '../internet/prefix.ts'
import { type Frame, FramePool } from '../link/frame.ts'
import type { Link } from '../link/link.ts'
import type { LoopbackLink } from '../link/loopback.ts'
import { TimerQueue } from '../link/timer-queue.ts'
import { createTcpLayer, type TcpLayer, type TcpLayerOptions } from '../transport/tcp/mod.ts'
import type { UdpOptions } from '../transport/udp/types.ts'
import { UdpLayer } from '../transport/udp/udp-layer.ts'
import { parseMac } from '../wire/address.ts'
import { readMac } from '../wire/ethernet.ts'
import { PROTOCOL_TCP } from '../wire/protocols.ts'
import { type CounterRow, listCounters } from './counters.ts'
import { StackTcpOutput, TcpTransport } from './tcp-output.ts'

export interface StackOptions {
  internet?: InternetOptions
  tcp?: Omit<TcpLayerOptions, 'output' | 'fillRandom'>
  udp?: UdpOptions
  /** A uniform number in [0, 1). Where others may harm, unpredictable: ports of UDP and identifiers of DNS and of fragments come from it. */
  random: () => number
  /** Unpredictable, or seeded in a simulation: keys of sequence numbers, cookies and ports come from here. */
  fillRandom: (bytes: Uint8Array) => void
  /** Milliseconds, never going back: asked when a user's call sends outside of `receive` and `poll`. */
  clock: () => number
  /** Shared between stacks, so that frames travel between them without a copy. */
  pool?: FramePool
  /** Shared with links and other stacks, when one queue drives them all; whoever made it polls it. */
  timers?: TimerQueue
  /** What stands between the host and itself instead of the plain loopback: faults, a tap. */
  loopback?: (plain: LoopbackLink, pool: FramePool, timers: TimerQueue) => Link
}

export interface InterfaceOptions {
  /** `02:00:00:00:00:01`; without one it is chosen at random, locally administered. */
  mac?: string
  /** `192.0.2.1/24`, `2001:db8::1/64`. */
  addresses?: readonly string[]
}

/** One host's TCP/IP, without sockets, clocks or devices of its own. */
export class Stack {
  readonly internet: InternetLayer
  readonly tcp: TcpLayer
  readonly udp: UdpLayer
  readonly pool: FramePool
  readonly timers: TimerQueue
  readonly #output: StackTcpOutput
  readonly #clock: () => number
  readonly #ownsTimers: boolean
  /** The time of the call that is being processed, or -1. */
  #now = -1

  constructor(options: StackOptions) {
    this.pool = options.pool ?? new FramePool()
    this.timers = options.timers ?? new TimerQueue()
    this.#ownsTimers = options.timers === undefined
    this.#clock = options.clock
    const clock = (): number => (this.#now >= 0 ? this.#now : this.#clock())
    const { pool, timers } = this
    const loopback = (plain: LoopbackLink): Link => options.loopback?.(plain, pool, timers) ?? plain
    const environment = { pool, timers, random: options.random, clock, loopback }
    this.internet = new InternetLayer(environment, options.internet)
    this.udp = new UdpLayer(this.internet, options.udp)
    this.#output = new StackTcpOutput(this.internet)
    this.tcp = createTcpLayer({ ...options.tcp, output: this.#output, fillRandom: options.fillRandom })
    this.internet.transports[PROTOCOL_TCP] = new TcpTransport(this.tcp)
    this.internet.onPathMtu = (destination, now) => this.tcp.onPathMtu(destination, now)
  }

  /** @throws {RangeError} when an address is none, or there are too many interfaces */
  addInterface(name: string, link: Link, options: InterfaceOptions = {}): NetworkInterface {
    const mac = options.mac === undefined ? this.#randomMac() : readMac(parseMac(options.mac), 0)
    const network = this.internet.addInterface(name, link, mac)
    for (const text of options.addresses ?? []) this.addAddress(network, text)
    return network
  }

  /** @param text `192.0.2.1/24` */
  addAddress(network: NetworkInterface, text: string): void {
    const { address, length } = splitPrefix(text)
    this.internet.addAddress(network, address, length)
  }

  /** @param text without a prefix length */
  removeAddress(network: NetworkInterface, text: string): void {
    this.internet.removeAddress(network, IpAddress.parse(text))
  }

  /** The second hexadecimal digit 2: locally administered, unicast (IEEE 802 8.4). */
  #randomMac(): number {
    return 0x0200_0000_0000 + Math.floor(this.internet.random() * 0x100_0000_0000)
  }

  /** Frames that a device has read, in their order. Takes them. */
  receive(frames: Iterable<Frame>, now: number, network: NetworkInterface = this.internet.interfaces[1]): void {
    this.#now = now
    try {
      for (const frame of frames) network.receive(frame, now)
    } finally {
      this.#now = -1
    }
  }

  /** Does what is due at `now`. */
  poll(now: number): void {
    this.#now = now
    try {
      if (this.#ownsTimers) this.timers.poll(now)
      this.tcp.poll(now)
    } finally {
      this.#now = -1
    }
  }

  /** When `poll` has something to do next; Infinity for never. */
  pollAt(): number {
    const tcp = this.tcp.pollAt()
    return this.#ownsTimers ? Math.min(this.timers.pollAt(), tcp) : tcp
  }

  /** Every counter with its layer, as `netstat -s` prints them. */
  counters(): CounterRow[] {
    return listCounters(this, this.#output.noRoute)
  }

  /** Switches the host off: no frame leaves any more, nothing is remembered. */
  crash(now: number): void {
    for (const network of this.internet.interfaces) this.internet.setUp(network, false, now)
    this.tcp.abortAll(now, true)
    this.udp.closeAll()
    this.internet.clear()
  }
}
