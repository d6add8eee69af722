// Explicit congestion notification, loss, reordering: against the kernel and against ourselves, the same script, the same verdict.
import assert from 'node:assert/strict'
import type { Bout } from './bout.ts'
import type { PeerSocket } from './hosts.ts'
import { KernelSocket } from './kernel-socket.ts'
import { scenario } from './scenario.ts'
import { pattern, transfer } from './transfer.ts'

/** 10 Mbit/s, which a busy machine fills too, with a queue that marks instead of dropping: above it a reduced window leaves no mark. */
const MARKING = { rateBitsPerSecond: 10_000_000, queueBytes: 4_000_000, ecnMarkBytes: 20_000, delayMs: 2 }
const ECN_ON = { ours: { ecn: true }, theirs: { ecn: true }, sysctl: { 'net.ipv4.tcp_ecn': 1 } }
const UNSET = 0x7fff_ffff
/** Enough for a window to outgrow MARKING's threshold, and for some losses: on a machine that is busy each round trip takes long. */
const ROUND_TRIP_BYTES = 400_000

/** Each run of ECE from the receiver ends with a CWR of the sender's (RFC 3168 6.1.2, 6.1.3). */
function echoes(bout: Bout, sender: 'ours' | 'theirs'): { echoed: boolean; reduced: boolean; stopped: boolean } {
  const segments = bout.segments().slice(3)
  const echo = segments.findIndex((one) => one.by !== sender && one.flags.includes('ECE'))
  const reduction = segments.findIndex((one, at) => at > echo && one.by === sender && one.flags.includes('CWR'))
  const behind = segments[reduction]
  // What acknowledges the segment with CWR carries ECE no more, unless another mark has arrived by then.
  const stopped = segments
    .slice(reduction)
    .some(
      (one) =>
        one.by !== sender &&
        !one.flags.includes('ECE') &&
        (one.relativeAcknowledgment ?? 0) > (behind?.relativeSequence ?? 0),
    )
  return { echoed: echo >= 0, reduced: reduction > echo, stopped }
}

function synFlags(bout: Bout): string[] {
  return bout
    .segments()
    .slice(0, 2)
    .map(({ flags }) => flags)
}

async function roundTrip(bout: Bout, from: PeerSocket, to: PeerSocket): Promise<void> {
  const bytes = pattern(ROUND_TRIP_BYTES)
  assert.ok(Buffer.from(bytes).equals(await transfer(bout, from, to, bytes)))
}

/** Two words over an empty queue: the first brings the CWR for marks that came last, the answer to the second has nothing to echo. */
async function settleCongestion(bout: Bout, from: PeerSocket, to: PeerSocket): Promise<void> {
  for (let word = 0; word < 2; word++) await transfer(bout, from, to, pattern(100))
  await bout.settle()
}

scenario(
  'ECN: a router marks what we send; ECE until CWR, and our window is reduced, without a loss',
  async (bout) => {
    const [ours, theirs] = await bout.connect()
    await roundTrip(bout, ours, theirs)
    await settleCongestion(bout, ours, theirs)
    assert.ok(bout.impaired.send.counters.marked > 0)
    const info = ours.connection.info(performance.now())
    assert.ok(info.slowStartThresholdBytes < Number.POSITIVE_INFINITY, 'the window was reduced')
    if (theirs instanceof KernelSocket) assert.ok(theirs.info().ecn && theirs.info().ecnSeen)
    assert.equal(bout.impaired.send.counters.queueFull, 0, 'marked, not dropped')
    return { syn: synFlags(bout), ecn: info.ecn, ...echoes(bout, 'ours') }
  },
  { ...ECN_ON, impair: { send: MARKING } },
)

scenario(
  "ECN the other way: a router marks the opponent's segments; we echo until CWR, and its window is reduced",
  async (bout) => {
    const [ours, theirs] = await bout.accept()
    await roundTrip(bout, theirs, ours)
    await settleCongestion(bout, theirs, ours)
    assert.ok(bout.impaired.receive.counters.marked > 0)
    assert.equal(bout.impaired.receive.counters.queueFull, 0, 'marked, not dropped')
    if (theirs instanceof KernelSocket) {
      assert.ok(theirs.info().slowStartThreshold < UNSET, 'its window was reduced')
    }
    return { syn: synFlags(bout), ecn: ours.connection.info(performance.now()).ecn, ...echoes(bout, 'theirs') }
  },
  { ...ECN_ON, impair: { receive: MARKING } },
)

scenario(
  'ECN is not used where the opponent does not want it',
  async (bout) => {
    const [ours, theirs] = await bout.connect()
    await roundTrip(bout, ours, theirs)
    return {
      syn: synFlags(bout),
      ecn: ours.connection.info(performance.now()).ecn,
      marked: bout.impaired.send.counters.marked,
    }
  },
  { ours: { ecn: true }, theirs: { ecn: false }, sysctl: { 'net.ipv4.tcp_ecn': 0 }, impair: { send: MARKING } },
)

const seed = Number(process.env.WIREHUB_TEST_SEED ?? 77)
for (const [name, fault] of Object.entries({
  '1 % loss': { loss: 0.01, delayMs: 3 },
  '5 % loss': { loss: 0.05, delayMs: 3 },
  'reordering by up to 4 ms': { delayMs: 4, reorder: 0.05, jitterMs: 1 },
  '2 % loss, duplication and reordering': { loss: 0.02, duplicate: 0.02, reorder: 0.02, delayMs: 3 },
})) {
  const both = { send: fault, receive: fault }
  scenario(
    `${name}, we send: every byte arrives once and in order`,
    async (bout) => {
      const [ours, theirs] = await bout.connect()
      await roundTrip(bout, ours, theirs)
      return { sack: ours.connection.info(performance.now()).sack }
    },
    { impair: both, seed },
  )
  scenario(
    `${name}, the opponent sends: every byte arrives once and in order`,
    async (bout) => {
      const [ours, theirs] = await bout.accept()
      await roundTrip(bout, theirs, ours)
      return { sack: ours.connection.info(performance.now()).sack }
    },
    { impair: both, seed },
  )
}
