import { IpAddress } from '../../packages/netstack/src/internet/address.ts'
import type { SimLinkOptions } from '../../packages/netstack/src/sim/options.ts'
import { World } from '../../packages/netstack/src/sim/world.ts'
import type { CongestionControlName, TcpConnection } from '../../packages/netstack/src/transport/tcp/mod.ts'

// Everything here happens in virtual time from one seed: the figures are exact, and the same on every machine.

/** How fast 10 MiB get through. */
export interface LossFigure {
  readonly seconds: number
  readonly retransmitted: number
}

/** How flows share a bottleneck. */
export interface ShareFigure {
  /** Payload, of what the link could carry. */
  readonly utilisation: number
  /** Frames that the queue dropped, of those that came. */
  readonly dropRate: number
  /** Jain's index: 1 when all flows got the same. */
  readonly fairness: number
}

export const LOSS_RATES: readonly number[] = [0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3]
export const CONTROLS: readonly CongestionControlName[] = ['none', 'reno', 'cubic', 'bbr']
export const FLOWS: readonly number[] = [1, 2, 4, 16, 64]

const TRANSFER_BYTES = 10 * 1_048_576
const LIMIT_MS = 3_600_000
const chunk = new Uint8Array(65_536)
const sink = new Uint8Array(65_536)

/** One sender and one receiver; each connection that is opened sends without end. */
class Path {
  readonly world: World
  /** Payload bytes that arrived, by connection in the order of their opening. */
  readonly received: number[] = []

  constructor(link: Omit<SimLinkOptions, 'ends'>, congestionControl: CongestionControlName) {
    const tcp = { defaults: { congestionControl, retries: 100, synRetries: 50 } }
    const hosts = { a: { tcp }, b: { tcp } }
    this.world = new World({ hosts, links: [{ ...link, ends: ['a', 'b'] }], families: [4] }, 1)
    this.world.start()
    const listener = this.world.host('b').stack.tcp.listen(
      {
        port: 80,
        onConnection: () => {
          const connection = listener.accept()!
          // A flow is told by its port at the sender.
          const flow = connection.flow.remotePort - 40_000
          const onReadable = (): void => {
            while (connection.readableBytes > 0) this.received[flow] += connection.read(sink, this.world.now)
          }
          connection.observer = { onReadable }
          onReadable()
        },
      },
      this.world.now,
    )
  }

  open(): void {
    const { world } = this
    const flow = this.received.push(0) - 1
    const [local, remote] = [world.host('a'), world.host('b')].map((host) => IpAddress.parse(host.address()!))
    const push = (connection: TcpConnection): void => {
      while (connection.send(chunk, world.now) === chunk.length);
    }
    const observer = { onConnected: push, onWritable: push }
    const options = { local, remote, remotePort: 80, localPort: 40_000 + flow, observer }
    world.host('a').stack.tcp.connect(options, world.now)
  }

  runUntil(isDone: () => boolean): void {
    while (!isDone()) {
      const next = this.world.pollAt()
      if (next > LIMIT_MS) throw new Error(`not done after ${this.world.now} ms`)
      this.world.advance(next)
    }
  }
}

/** 10 MiB at a round trip of 100 ms, with that share of the data frames lost. */
export function transferUnderLoss(loss: number, congestionControl: CongestionControlName): LossFigure {
  const path = new Path({ delayMs: 50, forward: { loss } }, congestionControl)
  path.open()
  path.runUntil(() => path.received[0] >= TRANSFER_BYTES)
  const { retransmitted } = path.world.host('a').stack.tcp.counters
  const seconds = Math.round(path.world.now) / 1000
  path.world.close()
  return { seconds, retransmitted }
}

const RATE = 200_000_000
const WARM_UP_MS = 5000
const MEASURED_MS = 15_000
/** Payload of a frame with timestamps, and the frame. */
const PAYLOAD_SHARE = 1448 / 1514

/** Flows over 200 Mbit/s at a round trip of 10 ms and a queue of 64 KiB, measured from the sixth second on. */
export function shareBottleneck(flows: number, congestionControl: CongestionControlName): ShareFigure {
  const forward = { rateBitsPerSecond: RATE, queueBytes: 65_536 }
  const path = new Path({ delayMs: 5, forward }, congestionControl)
  for (let flow = 0; flow < flows; flow++) path.world.scheduler.schedule(flow * 7, () => path.open())
  const after = (milliseconds: number): void => {
    let over = false
    path.world.scheduler.schedule(milliseconds, () => {
      over = true
    })
    path.runUntil(() => over)
  }
  after(WARM_UP_MS)
  const { counters } = path.world.link('a-b').ends[0].impaired.send
  const before = { received: path.received.slice(), dropped: counters.queueFull, passed: counters.passed }
  after(MEASURED_MS)
  const got = path.received.map((bytes, flow) => bytes - before.received[flow])
  const sum = got.reduce((total, bytes) => total + bytes, 0)
  const squares = got.reduce((total, bytes) => total + bytes * bytes, 0)
  const dropped = counters.queueFull - before.dropped
  const carried = (RATE / 8) * (MEASURED_MS / 1000) * PAYLOAD_SHARE
  path.world.close()
  return {
    utilisation: round(sum / carried),
    dropRate: round(dropped / (dropped + counters.passed - before.passed)),
    fairness: round((sum * sum) / (flows * squares)),
  }
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
