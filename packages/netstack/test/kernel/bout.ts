// One connection script, two opponents: the Linux kernel behind a TUN device, and this stack at the other end of a wire.
import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conversationsOf } from '../../src/dissect/conversation.ts'
import { type Ladder, type LadderSegment, ladderOf } from '../../src/dissect/ladder.ts'
import { FramePool } from '../../src/link/frame.ts'
import { ImpairedLink, type ImpairedLinkOptions } from '../../src/link/impaired-link.ts'
import type { Link } from '../../src/link/link.ts'
import type { Capture } from '../../src/link/pcap/capture.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { TapLink } from '../../src/link/tap.ts'
import { TimerQueue } from '../../src/link/timer-queue.ts'
import { type Pollable, RealTimeDriver } from '../../src/link/tun/driver.ts'
import { openTun, type TunLink } from '../../src/link/tun/tun-link.ts'
import { createWire } from '../../src/link/wire.ts'
import { Stack, type StackOptions } from '../../src/stack/stack.ts'
import type { TcpConnectionOptions } from '../../src/transport/tcp/mod.ts'
import { LINKTYPE_RAW } from '../../src/wire/link-types.ts'
import { agreeOnCapture } from '../tshark/agree.ts'
import { KernelHost, type PeerHost, type PeerSocket, StackHost, type StackSocket } from './hosts.ts'
import { Namespace } from './namespace.ts'

export type Opponent = 'kernel' | 'netstack'
export const OPPONENTS: readonly Opponent[] = ['kernel', 'netstack']

export interface BoutOptions {
  opponent: Opponent
  family: 4 | 6
  mtu?: number
  /** Options of our connections, and of the opponent's where that is this stack too. */
  ours?: TcpConnectionOptions
  theirs?: TcpConnectionOptions
  /** Of the kernel's namespace. */
  sysctl?: Readonly<Record<string, string | number>>
  /** What happens between both, at our end. */
  impair?: ImpairedLinkOptions
  seed?: number
}

const OUR_ADDRESSES = { 4: '10.77.0.2', 6: 'fd77::2' } as const
const THEIR_ADDRESSES = { 4: '10.77.0.1', 6: 'fd77::1' } as const
/** Read by tshark as plain data: see tshark/agree.ts. */
const PORT = 9
const DEADLINE_MS = 30_000
/** Frames beyond these are not kept; bouts that move more have no use for them. */
const MAX_CAPTURED = 20_000

/** Waits for something that the other side, or time, brings about. */
export async function until(condition: () => boolean, what: string, bout?: Bout): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!condition()) {
    if (performance.now() > deadline)
      assert.fail(`${what} did not happen within 30 s${bout === undefined ? '' : `\n${bout.describe()}`}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

type BoutSegment = LadderSegment & { by: 'ours' | 'theirs' }

export class Bout {
  readonly family: 4 | 6
  readonly ours: StackHost
  readonly theirs: PeerHost
  readonly capture: Capture = { interfaces: [{ linkType: LINKTYPE_RAW, name: 'ours' }], packets: [] }
  readonly namespace: Namespace | undefined
  /** Around our end of the link. */
  readonly impaired: ImpairedLink
  readonly mtu: number
  readonly #driver: RealTimeDriver
  readonly #tun: TunLink | undefined

  constructor(options: BoutOptions) {
    this.family = options.family
    this.mtu = options.mtu ?? 1500
    const pool = new FramePool()
    const timers = new TimerQueue()
    const [ours, theirs] = [OUR_ADDRESSES, THEIR_ADDRESSES].map((each) => [`${each[4]}/24`, `${each[6]}/64`])
    // What one of these does may set a deadline of another, so one timer serves them all.
    const driven: Pollable[] = [timers]
    this.#driver = new RealTimeDriver({
      poll: (now) => {
        for (const each of driven) each.poll(now)
      },
      pollAt: () => Math.min(...driven.map((each) => each.pollAt())),
    })
    const { kick } = this.#driver
    let link: Link
    if (options.opponent === 'kernel') {
      this.namespace = new Namespace()
      for (const [key, value] of Object.entries(options.sysctl ?? {})) this.namespace.sysctl(key, value)
      const tun = openTun({ up: false, offload: false, mtu: this.mtu }, pool)
      this.namespace.adopt(tun.device.name, theirs)
      // Not bbr, which some machines have as their default: it paces, and takes no notice of ECN.
      this.namespace.ip('route', 'replace', '10.77.0.0/24', 'dev', tun.device.name, 'congctl', 'cubic')
      this.namespace.ip('-6', 'route', 'replace', 'fd77::/64', 'dev', tun.device.name, 'congctl', 'cubic')
      tun.onBatch = kick
      this.#tun = tun
      link = tun
      this.theirs = new KernelHost(this.namespace, THEIR_ADDRESSES[this.family])
    } else {
      const wire = createWire(timers, { medium: 'ip', mtu: this.mtu })
      link = wire[1]
      const stack = this.#stack(timers, pool, options.theirs)
      stack.addInterface('wire', wire[0], { addresses: theirs })
      this.theirs = new StackHost(stack, THEIR_ADDRESSES[this.family], kick)
      driven.push(stack)
    }
    this.impaired = new ImpairedLink(link, options.impair ?? {}, new SeededRandom(options.seed ?? 1), pool, timers)
    const tap = new TapLink(this.impaired)
    tap.sinks.add((bytes, start, end, now, direction) => {
      if (this.capture.packets.length >= MAX_CAPTURED) return
      const copy = bytes.slice(start, end)
      this.capture.packets.push({ timeMs: now, interface: 0, bytes: copy, originalLength: copy.length, direction })
    })
    const stack = this.#stack(timers, pool, options.ours)
    stack.addInterface('tap', tap, { addresses: ours })
    this.ours = new StackHost(stack, OUR_ADDRESSES[this.family], kick)
    driven.push(stack)
  }

  #stack(timers: TimerQueue, pool: FramePool, defaults: TcpConnectionOptions | undefined): Stack {
    const fillRandom = (bytes: Uint8Array): void => void randomFillSync(bytes)
    const options: StackOptions = { random: Math.random, fillRandom, clock: () => performance.now(), pool, timers }
    return new Stack(defaults === undefined ? options : { ...options, tcp: { defaults } })
  }

  /** A connection that we have opened: both ends of it. */
  async connect(options?: TcpConnectionOptions): Promise<[ours: StackSocket, theirs: PeerSocket]> {
    const listener = this.theirs.listen(PORT)
    const ours = this.ours.connect(this.theirs.address, PORT, { options })
    let theirs: PeerSocket | undefined
    await until(() => (theirs ??= listener.accept()) !== undefined && ours.state === 'ESTABLISHED', 'connecting', this)
    listener.close()
    return [ours, theirs!]
  }

  /** A connection that the opponent has opened. `prepare` sees its socket before it connects. */
  async accept(prepare?: (socket: PeerSocket) => void): Promise<[ours: StackSocket, theirs: PeerSocket]> {
    const listener = this.ours.listen(PORT)
    const theirs = this.theirs.connect(this.ours.address, PORT, { prepare })
    let ours: StackSocket | undefined
    await until(() => (ours ??= listener.accept()) !== undefined && theirs.state === 'ESTABLISHED', 'accepting', this)
    listener.close()
    return [ours!, theirs]
  }

  ladder(index = 0): Ladder {
    return ladderOf(conversationsOf(this.capture)[index])
  }

  #read: { index: number; packets: number; segments: BoutSegment[] } | undefined

  /** Segments of the first connection, with who sent them. */
  segments(index = 0): BoutSegment[] {
    const packets = this.capture.packets.length
    // Asked again and again while a test waits: read anew when something has come.
    if (this.#read?.index === index && this.#read.packets === packets) return this.#read.segments
    const ladder = this.ladder(index)
    const client = ladder.client.address === this.ours.address ? 'ours' : 'theirs'
    const server = client === 'ours' ? 'theirs' : 'ours'
    const segments: BoutSegment[] = ladder.segments.map((segment) => {
      return { ...segment, by: segment.from === 0 ? client : server }
    })
    this.#read = { index, packets, segments }
    return segments
  }

  /** Waits until nothing has been seen for a while: the last acknowledgment has passed. */
  async settle(): Promise<void> {
    for (let seen = -1; seen !== this.capture.packets.length; ) {
      seen = this.capture.packets.length
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }

  describe(): string {
    const lines = conversationsOf(this.capture).flatMap((_, index) =>
      this.segments(index)
        .slice(-40)
        .map(
          (s) =>
            `${s.sentMs.toFixed(1)} ${s.by} ${s.flags} seq ${s.relativeSequence} ack ${s.relativeAcknowledgment} win ${s.windowBytes} len ${s.payloadBytes} ${s.options.join(' ')}`,
        ),
    )
    return lines.join('\n')
  }

  /** What holds for every capture: tshark and our dissector agree on each field, and no packet is larger than the MTU. */
  check(withTshark: boolean): void {
    for (const packet of this.capture.packets)
      assert.ok(packet.bytes.length <= this.mtu, `${packet.bytes.length} bytes`)
    if (!withTshark || this.capture.packets.length === 0) return
    try {
      // tshark takes long over many packets, which are all alike.
      agreeOnCapture({ ...this.capture, packets: this.capture.packets.slice(0, 400) })
    } catch (error) {
      const file = join(mkdtempSync(join(tmpdir(), 'netstack-bout-')), 'capture.txt')
      writeFileSync(file, this.describe())
      throw new Error(`tshark and we disagree: ${(error as Error).message}; segments in ${file}`, { cause: error })
    }
  }

  async close(): Promise<void> {
    this.ours.close()
    this.theirs.close()
    this.#driver.close()
    await this.#tun?.close()
    this.namespace?.close()
  }
}
