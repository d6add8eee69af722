// How connections end, against the kernel and against ourselves: the same script, the same verdict.
import assert from 'node:assert/strict'
import { type Bout, until } from './bout.ts'
import type { PeerSocket } from './hosts.ts'
import { scenario } from './scenario.ts'

const bytes = new Uint8Array(100).fill(0x61)

/** Segments from the first FIN or RST on: who, and which flags. */
function ending(bout: Bout): string[] {
  const segments = bout.segments()
  const first = segments.findIndex(({ flags }) => /FIN|RST/.test(flags))
  return segments.slice(first).map(({ by, flags }) => `${by} ${flags.replace(',PSH', '').replace('PSH,', '')}`)
}

async function readAll(socket: PeerSocket, bout: Bout): Promise<{ length: number; last: string }> {
  let length = 0
  let last = ''
  await until(
    () => {
      for (;;) {
        const got = socket.receive(65_536)
        if (typeof got === 'string') {
          last = got
          return true
        }
        if (got.length === 0) return false
        length += got.length
      }
    },
    'the end',
    bout,
  )
  return { length, last }
}

scenario('four segments, we begin: FIN, ACK, FIN, ACK; TIME-WAIT is ours', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.shutdown()
  await until(() => ours.state === 'FIN-WAIT-2', 'the acknowledgment of our FIN', bout)
  assert.equal(theirs.state, 'CLOSE-WAIT')
  const end = await readAll(theirs, bout)
  theirs.close()
  await until(() => ours.state === 'TIME-WAIT', 'TIME-WAIT', bout)
  await bout.settle()
  assert.deepEqual(ours.states.slice(-3), ['FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT'])
  assert.equal(bout.theirs.timeWaits(), 0)
  return { end, ending: ending(bout) }
})

scenario('four segments, the opponent begins: TIME-WAIT is its own', async (bout) => {
  const [ours, theirs] = await bout.connect()
  theirs.shutdown()
  await until(() => theirs.state === 'FIN-WAIT-2', 'the acknowledgment of its FIN', bout)
  assert.equal(ours.state, 'CLOSE-WAIT')
  const end = await readAll(ours, bout)
  ours.shutdown()
  await until(() => ours.state === 'CLOSED', 'the last acknowledgment', bout)
  await bout.settle()
  assert.deepEqual(ours.states.slice(-3), ['CLOSE-WAIT', 'LAST-ACK', 'CLOSED'])
  assert.equal(bout.theirs.timeWaits(), 1)
  return { end, ending: ending(bout) }
})

scenario('three segments: who closes in the answer to a FIN sends FIN and ACK in one', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.connection.observer.onEnd = (connection) => connection.shutdown(performance.now())
  theirs.shutdown()
  await until(() => ours.state === 'CLOSED', 'the last acknowledgment', bout)
  await bout.settle()
  return { ending: ending(bout) }
})

scenario('simultaneous close: both FINs cross, both ends pass through CLOSING', async (bout) => {
  const [ours, theirs] = await bout.connect()
  // Neither has read the other's FIN: both calls happen before the event loop turns.
  theirs.shutdown()
  ours.shutdown()
  await until(() => ours.state === 'TIME-WAIT', 'TIME-WAIT', bout)
  await bout.settle()
  assert.deepEqual(ours.states.slice(-3), ['FIN-WAIT-1', 'CLOSING', 'TIME-WAIT'])
  assert.equal(bout.theirs.timeWaits(), 1, 'both ends wait')
  return { ending: ending(bout).sort() }
})

scenario('half-close: after our FIN the opponent still sends 300 kB, which we read to the end', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.shutdown()
  assert.deepEqual(await readAll(theirs, bout), { length: 0, last: 'end' })
  let left = 300_000
  let got = 0
  await until(
    () => {
      while (left > 0) {
        const sent = theirs.send(new Uint8Array(Math.min(left, 10_000)))
        assert.equal(typeof sent, 'number', String(sent))
        if (sent === 0) break
        left -= sent as number
      }
      got += ours.receive(65_536).length
      return left === 0
    },
    'sending after the FIN',
    bout,
  )
  theirs.shutdown()
  const rest = await readAll(ours, bout)
  assert.equal(got + rest.length, 300_000)
  return { last: rest.last }
})

scenario('half-close the other way: after its FIN we still send 300 kB', async (bout) => {
  const [ours, theirs] = await bout.connect()
  theirs.shutdown()
  await until(() => ours.state === 'CLOSE-WAIT', 'its FIN', bout)
  assert.equal(ours.send(new Uint8Array(300_000)), 300_000)
  ours.shutdown()
  return await readAll(theirs, bout)
})

scenario('the opponent resets: we read ECONNRESET', async (bout) => {
  const [ours, theirs] = await bout.connect()
  theirs.reset()
  await until(() => ours.state === 'CLOSED', 'the reset', bout)
  return { error: ours.receive(1), ending: ending(bout) }
})

scenario('we reset: the opponent reads ECONNRESET', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.reset()
  await until(() => theirs.state === 'CLOSED', 'the reset', bout)
  return { error: theirs.receive(1), ending: ending(bout) }
})

scenario('closed with bytes unread: RST tells the sender that they were lost (RFC 2525 2.17)', async (bout) => {
  const [ours, theirs] = await bout.connect()
  ours.send(bytes)
  await bout.settle()
  theirs.close()
  await until(() => ours.state === 'CLOSED', 'the reset', bout)
  return { error: ours.receive(1), last: ending(bout) }
})

scenario('bytes sent to a socket that nobody reads any more are answered by RST', async (bout) => {
  const [ours, theirs] = await bout.connect()
  theirs.close()
  await until(() => ours.state === 'CLOSE-WAIT', 'its FIN', bout)
  ours.send(bytes)
  await until(() => ours.state === 'CLOSED', 'the reset', bout)
  // The kernel answers from what is left of the connection, as CLOSED does (no ACK); ours is the connection's own.
  return { error: ours.receive(1), last: ending(bout).at(-1)?.replace(',ACK', '') }
})

scenario(
  'TIME-WAIT answers a FIN that comes again, and gives way to a later connection of the same ports',
  async (bout) => {
    const listener = bout.ours.listen(9)
    const one = bout.theirs.connect(bout.ours.address, 9, { localPort: 9009 })
    let first: ReturnType<typeof listener.accept>
    await until(() => (first ??= listener.accept()) !== undefined, 'accepting', bout)
    first!.shutdown()
    await readAll(one, bout)
    one.close()
    await until(() => first!.state === 'TIME-WAIT', 'TIME-WAIT', bout)
    // Its ports are the opponent's to use again once our acknowledgment of its FIN has arrived there, not when it has left us.
    await until(() => bout.theirs.openConnections() === 0, 'the last acknowledgment', bout)
    const two = bout.theirs.connect(bout.ours.address, 9, { localPort: 9009 })
    let second: ReturnType<typeof listener.accept>
    await until(() => (second ??= listener.accept()) !== undefined, 'accepting the same ports again', bout)
    assert.equal(bout.ours.stack.tcp.counters.timeWaitReused, 1)
    two.send(bytes)
    let got = 0
    await until(() => (got += second!.receive(1000).length) === 100, 'bytes of the second connection', bout)
    return { got }
  },
)
