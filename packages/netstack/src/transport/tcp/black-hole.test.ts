/** A router drops what is too big for it and tells nobody: RFC 2923 2.1. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Net, type Packet, Transfer } from '../../../test/support/tcp-harness.ts'

const TOTAL = 100_000

/** What arrives through a hole that swallows packets above `largest` bytes of TCP, and the MSS in the end. */
function through(largest: number, blackHoleDetection: boolean, lossy = false): { received: number; mss: number } {
  let count = 0
  const filter = ({ frame }: Packet): boolean => frame.length <= largest && (!lossy || ++count % 7 !== 0)
  const net = new Net({ delayMs: 10, filter })
  const { client, server } = connectPair(net, { blackHoleDetection })
  const transfer = new Transfer(net, client, server, TOTAL, false)
  net.run(() => transfer.done || client.state === 'CLOSED', 3_600_000)
  assert.equal(transfer.wrong, -1)
  return { received: transfer.received, mss: client.info(net.now).sendMss }
}

test('with detection the connection finds a size that passes; without it, it hangs', () => {
  assert.deepEqual(through(1300, true), { received: TOTAL, mss: 1208 })
  assert.deepEqual(through(600, true), { received: TOTAL, mss: 524 })
  assert.equal(through(1300, false).received, 0)
})

test('plain loss is taken for no hole', () => {
  assert.deepEqual(through(1500, true, true), { received: TOTAL, mss: 1448 })
})

/** A connection through a hole, which has found its size; and how its MSS goes on while it sends a little every second. */
function afterHole(largest: number): {
  net: Net
  mss: () => number
  hole: { bytes: number }
  minutes: (count: number) => void
} {
  const hole = { bytes: largest }
  const net = new Net({ delayMs: 10, filter: ({ frame }) => frame.length <= hole.bytes })
  const { client, server } = connectPair(net, { blackHoleDetection: true })
  const sink = new Uint8Array(65_536)
  server.observer = { onReadable: () => void server.read(sink, net.now) }
  let sent = 0
  const mss = (): number => client.info(net.now).sendMss
  const minutes = (count: number): void => {
    for (let second = 0; second < 60 * count; second++) {
      sent += client.send(sink, net.now, 0, 10_000)
      net.pass(1000)
    }
    assert.equal(server.consumedBytes, sent, 'everything arrives')
  }
  client.send(sink, net.now, 0, 10_000)
  sent += 10_000
  net.pass(60_000)
  return { net, mss, hole, minutes }
}

test('ten minutes later a larger segment is tried; when it passes, all are large again (RFC 4821 7)', () => {
  const { mss, hole, minutes } = afterHole(600)
  assert.equal(mss(), 524)
  minutes(5)
  hole.bytes = 1500
  minutes(2)
  assert.equal(mss(), 524, 'not before its time')
  minutes(8)
  assert.equal(mss(), 1448)
})

test('while the hole is there one segment is lost at each attempt, and the attempts come less often', () => {
  const { net, mss, minutes } = afterHole(1300)
  assert.equal(mss(), 1208)
  const before = net.dropped
  minutes(15)
  const once = net.dropped - before
  assert.equal(once, 1)
  minutes(20)
  assert.equal(net.dropped - before, 2)
  minutes(30)
  assert.equal(net.dropped - before, 2, 'the third comes forty minutes after the second')
  assert.equal(mss(), 1208)
})
