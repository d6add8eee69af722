/** Pacing, for any congestion control: segments leave evenly, not in bursts as ACKs come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import type { TcpConnectionOptions } from './types.ts'

/** Data segments that left in one instant, the most of them, once the first windows are over; and when all had arrived. */
function largestBurst(options: TcpConnectionOptions): { burst: number; ms: number } {
  const times: number[] = []
  const net: Net = new Net({
    delayMs: 50,
    rate: 1_000_000,
    queueBytes: 1_000_000,
    filter: ({ from, frame }) => {
      if (from === 'a' && frame.length > 1000) times.push(net.now)
      return true
    },
  })
  const { client, server } = connectPair(net, options)
  const begun = net.now
  const transfer = new Transfer(net, client, server, 1_000_000)
  net.run(() => transfer.done)
  assert.equal(transfer.wrong, -1)
  const late = times.filter((at) => at > begun + 350)
  let burst = 0
  for (const at of late) burst = Math.max(burst, late.filter((other) => other === at).length)
  return { burst, ms: net.now - begun }
}

for (const congestionControl of ['reno', 'cubic'] as const) {
  test(`${congestionControl}: with pacing one segment leaves at a time, and nothing takes longer for it`, () => {
    const plain = largestBurst({ congestionControl })
    const paced = largestBurst({ congestionControl, pacing: true })
    assert.ok(plain.burst >= 2, `${plain.burst} at once without pacing`)
    assert.equal(paced.burst, 1)
    assert.ok(paced.ms < 1.15 * plain.ms, `${paced.ms} ms, ${plain.ms} ms without`)
  })
}

test('pacing does not hold the end of a connection back, nor its retransmissions for ever', () => {
  const net = new Net({ delayMs: 20, loss: 0.1 }, 5)
  const { client, server } = connectPair(net, { pacing: true })
  const transfer = new Transfer(net, client, server, 300_000)
  net.run(() => transfer.done && server.ended)
  server.shutdown(net.now)
  net.run()
  assert.deepEqual([client.state, server.state], ['CLOSED', 'CLOSED'])
  assert.deepEqual([net.a.layer.pollAt(), net.b.layer.pollAt()], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
})
