import { createHash } from 'node:crypto'
import type { Ladder } from '../dissect/ladder.ts'
import { formatCount, formatMs } from '../dissect/ladder-rows.ts'
import type { TraceRecord } from '../dissect/trace.ts'
import { IpAddress } from '../internet/address.ts'
import { SeededRandom } from '../link/random.ts'
import { simulate } from '../sim/node/simulate.ts'
import { Recording } from '../sim/recording.ts'
import type { World } from '../sim/world.ts'
import type { CongestionControlName, TcpConnection, TcpInfo } from '../transport/tcp/mod.ts'

export const DEMO_BYTES = 1_000_000
export const DEMO_HOSTS = ['client', 'server'] as const
const PORT = 80
const ONE_WAY_MS = 20
const RATE_BITS_PER_SECOND = 20_000_000
const QUEUE_BYTES = 100_000

export interface DemoOptions {
  seed: number
  /** Share of the frames that are lost, each way. */
  loss: number
  bytes: number
  congestionControl: CongestionControlName
  family: 4 | 6
}

/** One run, and what is worth saying about it. */
export interface DemoRun {
  title: string
  /** What is about to be seen, in three lines. */
  story: string[]
  /** What came out. */
  verdict: string[]
  ladder: Ladder
  trace: TraceRecord[]
  captures: Record<(typeof DEMO_HOSTS)[number], Uint8Array>
}

interface Transfer {
  received: Uint8Array[]
  info: TcpInfo
  doneMs: number
}

/** Sends `data` from client to server; both close. Resolves when both ends have acknowledged each other's FIN. */
function transfer(world: World, data: Uint8Array, family: 4 | 6): Promise<Transfer> {
  const [client, server] = DEMO_HOSTS.map((name) => world.host(name))
  const received: Uint8Array[] = []
  return new Promise((resolve, reject) => {
    let ends = 0
    let info: TcpInfo
    let doneMs = 0
    const over = (_connection: TcpConnection, reason: string): void => {
      if (reason !== 'finished') reject(new Error(`the connection ended by ${reason}`))
      else if (++ends === 2) resolve({ received, info, doneMs })
    }
    const listener = server.stack.tcp.listen(
      {
        port: PORT,
        onConnection: () => {
          const connection = listener.accept()!
          const drain = (): void => {
            for (let view = connection.peek(); view.length > 0; view = connection.peek()) {
              received.push(view.slice())
              connection.consume(view.length, world.now)
            }
          }
          connection.observer = {
            onReadable: drain,
            onEnd: () => {
              drain()
              doneMs = world.now
              connection.shutdown(world.now)
            },
            onClosed: over,
          }
          drain()
        },
      },
      world.now,
    )
    let sent = 0
    const push = (connection: TcpConnection): void => {
      sent += connection.send(data, world.now, sent)
      if (sent === data.length) connection.shutdown(world.now)
    }
    const observer = {
      onConnected: push,
      onWritable: push,
      onEnd: (connection: TcpConnection) => {
        info = connection.info(world.now)
      },
      onClosed: over,
    }
    const [local, remote] = [client, server].map((host) => IpAddress.parse(host.address(family)!))
    client.stack.tcp.connect({ local, remote, remotePort: PORT, observer }, world.now)
  })
}

const digest = (pieces: readonly Uint8Array[]): string =>
  pieces.reduce((hash, piece) => hash.update(piece), createHash('sha256')).digest('hex')

/** Handshake, transfer, termination, in virtual time; the same options give the same bytes. @throws {Error} when a byte differs */
export function runDemo(options: DemoOptions): Promise<DemoRun> {
  const { seed, loss, bytes, congestionControl, family } = options
  const data = new Uint8Array(bytes)
  new SeededRandom(seed).fork('data').fill(data)
  const tcp = { defaults: { congestionControl } }
  const link = {
    ends: DEMO_HOSTS,
    impair: { loss, delayMs: ONE_WAY_MS },
    forward: { rateBitsPerSecond: RATE_BITS_PER_SECOND, queueBytes: QUEUE_BYTES },
  }
  const hosts = { client: { tcp }, server: { tcp } }
  return simulate({ seed, hosts, links: [link], families: [family] }, async (world) => {
    // Neighbours are found before, so that the ladder begins with TCP's own handshake.
    await world.host('client').ping('server', { family })
    const recording = new Recording(world)
    const { received, info, doneMs } = await transfer(world, data, family)
    await world.sleep(2 * ONE_WAY_MS) // what is still under way arrives
    recording.stop()
    if (digest(received) !== digest([data])) throw new Error('the bytes that arrived are not those that were sent')
    const ladder = recording.ladders()[0]
    const percent = `${Math.round(loss * 10_000) / 100} %`
    return {
      title: `${formatCount(bytes)} bytes over TCP (${congestionControl}), ${percent} of the frames lost, round trip ${2 * ONE_WAY_MS} ms`,
      story: [
        `A client opens a TCP connection to a server (three-way handshake), sends ${formatCount(bytes)} bytes, and both close it (FIN each way).`,
        `The link between them takes ${ONE_WAY_MS} ms each way, carries ${RATE_BITS_PER_SECOND / 1e6} Mbit/s and loses ${percent} of the frames; the clock is virtual, seed ${seed} fixes every byte.`,
        'Below, time runs downwards: X is a segment that the link lost, ^ says why one was sent again and which RFC asks for it; ⋯ sums up the bulk.',
      ],
      verdict: verdictOf(ladder, info, doneMs - (ladder.startMs - world.epochMs), bytes),
      ladder,
      trace: recording.trace,
      captures: { client: recording.pcapng('client'), server: recording.pcapng('server') },
    }
  })
}

/** How often each rule of loss recovery sent something again, the commonest first. */
function repairs(ladder: Ladder): string {
  const counts = new Map<string, number>()
  for (const { from, marks, reason, rule } of ladder.segments) {
    if (from !== 0 || !marks.includes('retransmission')) continue
    const why = `${reason?.split(';')[0]} (${rule?.split(';')[0]})`
    counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([why, count]) => `${count} x ${why}`)
    .join(', ')
}

function verdictOf(ladder: Ladder, info: TcpInfo, tookMs: number, bytes: number): string[] {
  const lost = ladder.segments.filter((segment) => segment.marks.includes('lost')).length
  const again = repairs(ladder)
  return [
    `All ${formatCount(bytes)} bytes arrived once and in order (SHA-256 compared) in ${formatMs(tookMs)} of virtual time, ${formatCount(Math.round((bytes / tookMs) * 1000))} bytes a second.`,
    `The link lost ${lost} segments, ACKs included; the client sent ${info.totalRetransmitted} again${again === '' ? '' : `: ${again}`}.`,
  ]
}
