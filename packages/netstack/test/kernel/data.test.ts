// Windows, urgent data, probes: against the kernel and against ourselves, the same script, the same verdict.
import assert from 'node:assert/strict'
import type { Bout } from './bout.ts'
import { until } from './bout.ts'
import type { PeerSocket, StackSocket } from './hosts.ts'
import { KernelSocket } from './kernel-socket.ts'
import { scenario } from './scenario.ts'
import { pattern, transfer } from './transfer.ts'

const SOL_SOCKET = 1
const SO_KEEPALIVE = 9
const IPPROTO_TCP = 6
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6

scenario('window scale: 1.5 MB each way, over windows larger than 65,535 bytes', async (bout) => {
  const [ours, theirs] = await bout.connect()
  const bytes = pattern(1_500_000)
  assert.ok(Buffer.from(bytes).equals(await transfer(bout, ours, theirs, bytes)), 'what we sent')
  assert.ok(Buffer.from(bytes).equals(await transfer(bout, theirs, ours, bytes)), 'what it sent')
  const { sendWindowScale, receiveWindowScale, windowScaling } = ours.connection.info(performance.now())
  assert.ok(sendWindowScale > 0 && receiveWindowScale > 0)
  if (theirs instanceof KernelSocket) {
    const { sendScale, receiveScale } = theirs.info()
    assert.deepEqual(
      [sendScale, receiveScale],
      [receiveWindowScale, sendWindowScale],
      'each end shifts as the other said',
    )
  }
  const segments = bout.segments()
  const largest = (by: string): number =>
    Math.max(...segments.filter((one) => one.by === by).map((one) => one.windowBytes))
  return { windowScaling, ours: largest('ours') > 65_535, theirs: largest('theirs') > 65_535 }
})

/** Fills the reader until it offers nothing more, waits for two probes, then reads everything. */
async function stall(bout: Bout, from: PeerSocket, to: PeerSocket, by: 'ours' | 'theirs'): Promise<object> {
  const bytes = pattern(3_000_000)
  let sent = 0
  const push = (): void => {
    while (sent < bytes.length) {
      const taken = from.send(bytes.subarray(sent, sent + 65_536))
      assert.equal(typeof taken, 'number', String(taken))
      if (taken === 0) return
      sent += taken as number
    }
  }
  let seen = -1
  const probes = (): number => {
    const count = bout.capture.packets.length
    if (count !== seen) {
      seen = count
      return 0 // looked at when nothing more comes
    }
    const segments = bout.segments()
    const closed = segments.findIndex((one) => one.by !== by && one.windowBytes === 0)
    return closed < 0 ? 0 : segments.slice(closed).filter((one) => one.by === by && one.payloadBytes <= 1).length
  }
  await until(
    () => {
      push()
      return probes() >= 2
    },
    'two probes of a closed window',
    bout,
  )
  let matches = 0
  await until(
    () => {
      push()
      for (;;) {
        const piece = to.receive(65_536)
        assert.notEqual(typeof piece, 'string', String(piece))
        if (piece.length === 0) break
        assert.ok(
          Buffer.from(bytes.buffer, matches, piece.length).equals(piece as Uint8Array),
          `bytes from ${matches} on`,
        )
        matches += piece.length
      }
      return matches === bytes.length
    },
    'reading everything after the window had been closed',
    bout,
  )
  return { matches }
}

const SMALL = { receiveBufferBytes: 65_536, initialReceiveBufferBytes: 65_536 }

scenario(
  'zero window: the opponent does not read, we probe; when it reads, everything arrives',
  async (bout) => {
    const [ours, theirs] = await bout.connect()
    const verdict = await stall(bout, ours, theirs, 'ours')
    assert.ok(ours.connection.info(performance.now()).receiveWindowLimitedMs > 0)
    return verdict
  },
  { theirs: SMALL, sysctl: { 'net.ipv4.tcp_rmem': '4096 65536 65536' } },
)

scenario(
  'zero window the other way: we do not read, the opponent probes',
  async (bout) => {
    const [ours, theirs] = await bout.accept()
    return await stall(bout, theirs, ours, 'theirs')
  },
  { ours: SMALL },
)

scenario('urgent data that we send: the mark stands behind the urgent byte', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.send(Buffer.from('ab'))
  ours.sendUrgent(Buffer.from('!'))
  ours.send(Buffer.from('cd'))
  await until(() => bout.segments().some(({ flags }) => flags.includes('URG')), 'URG', bout)
  await bout.settle()
  const urgent = bout.segments().find(({ flags }) => flags.includes('URG'))!
  const behind = urgent.relativeSequence + urgent.urgentPointer
  if (theirs instanceof KernelSocket) {
    assert.equal(Buffer.from(theirs.receiveUrgent() as Uint8Array).toString(), '!')
    assert.equal(Buffer.from(theirs.receive(10) as Uint8Array).toString(), 'ab', 'reading stops at the mark')
    assert.ok(theirs.atMark)
  } else {
    assert.equal((theirs as StackSocket).urgentAt, 3)
  }
  return { behind }
})

scenario('urgent data that the opponent sends: we are told where it ends', async (bout) => {
  const [ours, theirs] = await bout.connect()
  theirs.send(Buffer.from('ab'))
  theirs.sendUrgent(Buffer.from('!'))
  await until(() => ours.urgentAt >= 0, 'being told', bout)
  theirs.send(Buffer.from('cd'))
  let text = ''
  await until(() => (text += Buffer.from(ours.receive(10) as Uint8Array).toString()).length === 5, 'five bytes', bout)
  return { text, urgentAt: ours.urgentAt }
})

scenario('keep-alive: our probe is answered, and the connection lives on', async (bout) => {
  const keepAlive = { keepAlive: true, keepAliveIdleMs: 60, keepAliveIntervalMs: 300, keepAliveProbes: 20 }
  const [ours, theirs] = await bout.connect(keepAlive)
  const probes = (): number =>
    bout.segments().filter((one) => one.by === 'ours' && one.marks.includes('keep-alive')).length
  await until(() => probes() >= 3, 'three probes', bout)
  theirs.send(new Uint8Array(5))
  let got = 0
  await until(() => (got += ours.receive(10).length) === 5, 'five bytes', bout)
  return { state: ours.state }
})

scenario('keep-alive: nobody answers our probes, and the connection ends in ETIMEDOUT', async (bout) => {
  const keepAlive = { keepAlive: true, keepAliveIdleMs: 60, keepAliveIntervalMs: 60, keepAliveProbes: 2 }
  const [ours] = await bout.connect(keepAlive)
  await bout.settle()
  bout.impaired.receive.set({ partition: true })
  await until(() => ours.state === 'CLOSED', 'giving up', bout)
  return { error: ours.receive(1) }
})

scenario(
  "keep-alive: we answer the opponent's probes; when we no longer do, it gives up with ETIMEDOUT",
  async (bout) => {
    const [ours, theirs] = await bout.accept((socket) => {
      if (!(socket instanceof KernelSocket)) return
      socket.set(SOL_SOCKET, SO_KEEPALIVE, 1)
      for (const name of [TCP_KEEPIDLE, TCP_KEEPINTVL]) socket.set(IPPROTO_TCP, name, 1)
      socket.set(IPPROTO_TCP, TCP_KEEPCNT, 2)
    })
    const probes = (): number =>
      bout.segments().filter((one) => one.by === 'theirs' && one.marks.includes('keep-alive')).length
    await until(() => probes() >= 1, 'a probe', bout)
    await bout.settle()
    assert.deepEqual([ours.state, theirs.state], ['ESTABLISHED', 'ESTABLISHED'])
    bout.impaired.send.set({ partition: true })
    await until(() => theirs.state === 'CLOSED', 'giving up', bout)
    return { error: theirs.receive(1) }
  },
  { theirs: { keepAlive: true, keepAliveIdleMs: 300, keepAliveIntervalMs: 1000, keepAliveProbes: 2 } },
)
