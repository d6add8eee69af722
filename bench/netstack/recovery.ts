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

  constructor(link: Omit<SimLinkOptions, 'ends'>, congestionControl: CongestionControlName, pacing = false) {
    const tcp = { defaults: { congestionControl, pacing, retries: 100, synRetries: 50 } }
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
const QUEUE_BYTES = 65_536
/** Payload of a frame with timestamps, and the frame. */
const FRAME_BYTES = 1514
const PAYLOAD_SHARE = 1448 / FRAME_BYTES

/** What is between sender and receiver, and when it is looked at. */
interface ShareOptions {
  readonly rttMs?: number
  readonly pacing?: boolean
  readonly warmUpMs?: number
  readonly measuredMs?: number
}

/** Flows over 200 Mbit/s and a queue of 64 KiB; unless told otherwise at a round trip of 10 ms, measured from the sixth second on. */
export function shareBottleneck(
  flows: number,
  congestionControl: CongestionControlName,
  { rttMs = 10, pacing = false, warmUpMs = 5000, measuredMs = 15_000 }: ShareOptions = {},
): ShareFigure {
  const forward = { rateBitsPerSecond: RATE, queueBytes: QUEUE_BYTES }
  const path = new Path({ delayMs: rttMs / 2, forward }, congestionControl, pacing)
  for (let flow = 0; flow < flows; flow++) path.world.scheduler.schedule(flow * 7, () => path.open())
  const after = (milliseconds: number): void => {
    let over = false
    path.world.scheduler.schedule(milliseconds, () => {
      over = true
    })
    path.runUntil(() => over)
  }
  after(warmUpMs)
  const { counters } = path.world.link('a-b').ends[0].impaired.send
  const before = { received: path.received.slice(), dropped: counters.queueFull, passed: counters.passed }
  after(measuredMs)
  const got = path.received.map((bytes, flow) => bytes - before.received[flow])
  const sum = got.reduce((total, bytes) => total + bytes, 0)
  const squares = got.reduce((total, bytes) => total + bytes * bytes, 0)
  const dropped = counters.queueFull - before.dropped
  const carried = (RATE / 8) * (measuredMs / 1000) * PAYLOAD_SHARE
  path.world.close()
  return {
    utilisation: round(sum / carried),
    dropRate: round(dropped / (dropped + counters.passed - before.passed)),
    fairness: round((sum * sum) / (flows * squares)),
  }
}

export const LONG_RTTS_MS: readonly number[] = [10, 20, 50, 100]

/** One CUBIC flow over the same at longer round trips. Its window takes some ten seconds from one loss to the next. */
export function fillLongPath(rttMs: number, pacing: boolean): ShareFigure {
  return shareBottleneck(1, 'cubic', { rttMs, pacing, warmUpMs: 20_000, measuredMs: 60_000 })
}

/**
 * What RFC 9438 gives a single flow there, reckoned without packets: the window follows the RFC's curves, loses when it is larger than path and queue together, and
 * uses of the link what it is of the path, at most all.
 */
export function idealUse(rttMs: number): number {
  const [c, beta] = [0.4, 0.7]
  const path = ((RATE / 8) * (rttMs / 1000)) / FRAME_BYTES
  const limit = path + QUEUE_BYTES / FRAME_BYTES
  const step = 0.001
  let [window, max, estimate, prior, k, since, used] = [limit, limit, 0, 0, 0, 0, 0]
  const steps = 300_000
  for (let i = 0; i < 2 * steps; i++) {
    if (window >= limit) {
      prior = window
      max = window < max ? (window * (1 + beta)) / 2 : window
      window *= beta
      estimate = window
      k = Math.cbrt((max - window) / c)
      since = 0
    }
    const rtt = Math.max(rttMs / 1000, (window * FRAME_BYTES * 8) / RATE)
    const target = Math.min(Math.max(c * (since + rtt - k) ** 3 + max, window), 1.5 * window)
    estimate += ((estimate >= prior ? 1 : (3 * (1 - beta)) / (1 + beta)) * step) / rtt
    window += ((target - window) * step) / rtt
    if (estimate > c * (since - k) ** 3 + max) window = Math.max(window, estimate)
    since += step
    if (i >= steps) used += Math.min(1, window / path)
  }
  return round(used / steps)
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
