import assert from 'node:assert/strict'
import { TimerQueue } from '../../packages/netstack/src/link/timer-queue.ts'
import { until } from '../../packages/netstack/test/kernel/bout.ts'
import {
  KernelHost,
  type KernelPeerSocket,
  type PeerConnectOptions,
  type PeerHost,
  type PeerSocket,
  StackHost,
} from '../../packages/netstack/test/kernel/hosts.ts'
import { connected, onStage, type Stage } from '../../packages/netstack/test/kernel/stage.ts'
import { pattern } from '../../packages/netstack/test/kernel/transfer.ts'
import { FIRST_PORT, Relay, type RelayPath } from './relay.ts'

/** Whose TCP sends. The receiver is the kernel's in any case. */
export type Sender = 'netstack' | 'kernel'
export const SENDERS: readonly Sender[] = ['netstack', 'kernel']

/** What is sent over each of some connections at once; its draws of loss, rate and queue are a connection's own. */
export interface Load {
  readonly path: RelayPath
  readonly flows: number
  /** Pieces of so many bytes; the next one is sent when the one before has arrived. */
  readonly pieces: number
  readonly bytes: number
}

/** How long each piece of each flow took, in milliseconds, from its sending to its arrival. */
export interface Passage {
  readonly flows: readonly (readonly number[])[]
  readonly lost: number
}

/** A relay that comes late by more, once or of all the time, is what would be measured. */
const LATEST_MS = 40
const LATE_SHARE = 0.05
/** What a timer of a millisecond takes by itself. */
const PUNCTUAL_MS = 3
/** Runs of one sample, until the machine gives the relay its time. */
const ATTEMPTS = 20

const [IPPROTO_TCP, TCP_NODELAY] = [6, 1]
/** Nagle's algorithm off at either sender, as programs that answer requests have it. */
const WITHOUT_DELAY: PeerConnectOptions = {
  options: { noDelay: true },
  prepare: (socket) => (socket as KernelPeerSocket).set(IPPROTO_TCP, TCP_NODELAY, 1),
}

const OUR_NET = '10.85.1.0/24'
const [GATEWAY, OURS] = ['10.85.1.1', '10.85.1.2']
const [SENDER, RECEIVER] = ['10.85.2.1', '10.85.2.2']
const PORT = 9
/** What is read and written each millisecond at most: little, as all else waits for it. */
const CHUNK_BYTES = 32_768

/** How long the event loop, which asks for a turn each millisecond, had to wait for it. */
class Lateness {
  #longestMs = 0
  #lateMs = 0
  readonly #begun: number = performance.now()
  #last: number = performance.now()
  readonly #interval: NodeJS.Timeout

  constructor() {
    this.#interval = setInterval(() => {
      const now = performance.now()
      const lateMs = now - this.#last - PUNCTUAL_MS
      this.#last = now
      if (lateMs <= 0) return
      this.#lateMs += lateMs
      this.#longestMs = Math.max(this.#longestMs, lateMs)
    }, 1)
  }

  /** Stops looking, and tells whether the relay has kept time. */
  stop(): boolean {
    clearInterval(this.#interval)
    return this.#longestMs <= LATEST_MS && this.#lateMs <= LATE_SHARE * (performance.now() - this.#begun)
  }
}

/** Two kernels and a relay between them. Our stack is behind the sending kernel, which forwards for it: its way has one device more. */
function raise(
  stage: Stage,
  sender: Sender,
  load: Load,
  seed: number,
  captureFolder?: string,
): [PeerHost, PeerHost, Relay] {
  const [home, away] = [stage.namespace(), stage.namespace()]
  // All are opened before one moves away, or the next one would get its name.
  const [left, right, inner] = [stage.tun(1500), stage.tun(1500), stage.tun(1500)]
  home.adopt(left.device.name, [`${SENDER}/24`])
  away.adopt(right.device.name, [`${RECEIVER}/24`])
  // What one connection learnt of the path is not to help the next one, and the machine's default may be bbr.
  for (const namespace of [home, away]) namespace.sysctl('net.ipv4.tcp_no_metrics_save', 1)
  home.ip('route', 'replace', '10.85.2.0/24', 'dev', left.device.name, 'congctl', 'cubic')
  const timers = new TimerQueue()
  stage.drive(timers, left, right)
  const relay = new Relay(left, right, { ...load, seed, pool: stage.pool, timers, captureFolder })
  stage.onClose(() => relay.close())
  const receiver = new KernelHost(away, RECEIVER)
  stage.onClose(() => receiver.close())
  if (sender === 'kernel') {
    const host = new KernelHost(home, SENDER)
    stage.onClose(() => host.close())
    return [host, receiver, relay]
  }
  home.sysctl('net.ipv4.ip_forward', 1)
  home.adopt(inner.device.name, [`${GATEWAY}/24`])
  away.ip('route', 'add', OUR_NET, 'via', SENDER)
  const [stack, kick] = stage.stack({}, inner)
  stack.addInterface('inner', inner, { addresses: [`${OURS}/24`] })
  stack.internet.addRouteTo('10.85.2.0/24', GATEWAY)
  return [new StackHost(stack, OURS, kick), receiver, relay]
}

/** One run; undefined when the relay did not keep time. */
async function pass(
  load: Load,
  sender: Sender,
  seed: number,
  captureFolder: string | undefined,
): Promise<Passage | undefined> {
  let passage: Passage | undefined
  await onStage(async (stage) => {
    const [from, to, relay] = raise(stage, sender, load, seed, captureFolder)
    const listener = to.listen(PORT)
    const pairs: [PeerSocket, PeerSocket][] = []
    for (let flow = 0; flow < load.flows; flow++) {
      const open = (): PeerSocket => from.connect(RECEIVER, PORT, { localPort: FIRST_PORT + flow, ...WITHOUT_DELAY })
      pairs.push(await connected(open, () => listener.accept()))
    }
    const bytes = pattern(load.bytes)
    const lateness = new Lateness()
    const flows = await Promise.all(pairs.map(([source, sink]) => sendPieces(source, sink, load.pieces, bytes)))
    if (lateness.stop()) passage = { flows, lost: relay.lost }
  })
  return passage
}

async function sendPieces(source: PeerSocket, sink: PeerSocket, pieces: number, bytes: Uint8Array): Promise<number[]> {
  const times: number[] = []
  for (let piece = 0; piece < pieces; piece++) {
    const begun = performance.now()
    let sent = 0
    let received = 0
    await until(() => {
      if (sent < bytes.length) {
        const taken = source.send(bytes.subarray(sent, sent + CHUNK_BYTES))
        assert.equal(typeof taken, 'number', String(taken))
        sent += taken as number
      }
      const read = sink.receive(CHUNK_BYTES)
      assert.notEqual(typeof read, 'string', String(read))
      received += read.length
      return received === bytes.length
    }, `${bytes.length} bytes`)
    times.push(performance.now() - begun)
  }
  return times
}

/** Sends the load; once more while the machine is too busy for the relay to keep time. */
export async function passLoad(load: Load, sender: Sender, seed: number, captureFolder?: string): Promise<Passage> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const passage = await pass(load, sender, seed, captureFolder)
    if (passage !== undefined) return passage
  }
  throw new Error(`The relay did not keep time in ${ATTEMPTS} runs: the machine is too busy to measure.`)
}
