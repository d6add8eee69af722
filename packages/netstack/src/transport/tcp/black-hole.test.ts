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
