import { IpAddress } from '../../packages/netstack/src/internet/address.ts'
import { FramePool } from '../../packages/netstack/src/link/frame.ts'
import { SeededRandom } from '../../packages/netstack/src/link/random.ts'
import { TimerQueue } from '../../packages/netstack/src/link/timer-queue.ts'
import { createWire, type WireEnd } from '../../packages/netstack/src/link/wire.ts'
import { Stack } from '../../packages/netstack/src/stack/stack.ts'
import type { TcpConnection, TcpObserver } from '../../packages/netstack/src/transport/tcp/mod.ts'

const ADDRESSES = { 4: ['10.0.0.1', '10.0.0.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const

/** Two stacks and a wire between them, in one thread, on a clock that moves only when there is nothing else to do. */
export class Pair {
  now = 0
  readonly pool: FramePool = new FramePool()
  readonly timers: TimerQueue = new TimerQueue()
  readonly client: Stack
  readonly server: Stack
  readonly #wires: readonly [WireEnd, WireEnd]

  constructor(mtu: number) {
    this.#wires = createWire(this.timers, { mtu })
    this.client = this.#make(1)
    this.server = this.#make(2)
    this.client.addInterface('eth0', this.#wires[0], { addresses: ['10.0.0.1/24', '2001:db8::1/64'] })
    this.server.addInterface('eth0', this.#wires[1], { addresses: ['10.0.0.2/24', '2001:db8::2/64'] })
  }

  #make(seed: number): Stack {
    const random = new SeededRandom(seed)
    const { pool, timers } = this
    return new Stack({ random: random.next, fillRandom: random.fill, clock: () => this.now, pool, timers })
  }

  get frames(): number {
    return this.#wires[0].framesSent + this.#wires[1].framesSent
  }

  connect(family: 4 | 6, port: number, observer: TcpObserver): TcpConnection {
    const [local, remote] = ADDRESSES[family].map((text) => IpAddress.parse(text))
    return this.client.tcp.connect({ local, remote, remotePort: port, observer }, this.now)
  }

  /** Runs until the test holds. Throws when nothing can happen any more before it does. */
  runUntil(isDone: () => boolean): void {
    const { timers, client, server } = this
    while (!isDone()) {
      const next = Math.min(timers.pollAt(), client.pollAt(), server.pollAt())
      if (next === Number.POSITIVE_INFINITY) throw new Error(`stuck at ${this.now} ms`)
      if (next > this.now) this.now = next
      timers.poll(this.now)
      client.poll(this.now)
      server.poll(this.now)
    }
  }
}
