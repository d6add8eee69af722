/** Whatever two ends write and whenever they close: each reads exactly those bytes, in order, once; then nothing is left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { connectPair, type LinkOptions, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import type { TcpConnectionOptions } from './types.ts'

const RUNS = process.env.WIREHUB_TEST_LONG !== undefined ? 2000 : 120

const linkArbitrary: fc.Arbitrary<LinkOptions> = fc.record({
  delayMs: fc.integer({ min: 0, max: 200 }),
  loss: fc.constantFrom(0, 0.01, 0.05, 0.2),
  duplicate: fc.constantFrom(0, 0.05, 0.3),
  reorder: fc.constantFrom(0, 0.1, 0.5),
  reorderMs: fc.integer({ min: 1, max: 100 }),
  mtu: fc.constantFrom(576, 1500, 9000),
})

const optionsArbitrary: fc.Arbitrary<TcpConnectionOptions> = fc.record({
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  windowScaling: fc.boolean(),
  noDelay: fc.boolean(),
  ecn: fc.boolean(),
  congestionControl: fc.constantFrom('cubic' as const, 'reno' as const, 'bbr' as const, 'none' as const),
  receiveBufferBytes: fc.constantFrom(2000, 20_000, 1_000_000),
  sendBufferBytes: fc.constantFrom(1000, 65_536, 1_000_000),
  delayedAckMs: fc.constantFrom(0, 40, 200),
})

function exchange(
  seed: number,
  link: LinkOptions,
  options: TcpConnectionOptions,
  up: number,
  down: number,
  chunk: number,
  maxBufferedBytes: number,
): void {
  const net = new Net(link, seed, {}, { maxBufferedBytes })
  const clean = { ...link, loss: 0 }
  net.link = clean // the handshake of this test shall always succeed; SYN loss has its own tests
  const { client, server } = connectPair(net, options)
  net.link = link
  const states: string[] = []
  client.observer.onClosed = (_, reason) => states.push(reason)
  server.observer.onClosed = (_, reason) => states.push(reason)
  const there = new Transfer(net, client, server, up, true, chunk)
  const back = new Transfer(net, server, client, down, true, chunk)
  const ended = net.run(() => net.a.layer.connectionCount + net.b.layer.connectionCount === 0, 40_000_000)
  const where = `client ${client.state}, server ${server.state}, ${there.received}/${up}, ${back.received}/${down}, ${JSON.stringify(states)}`
  assert.equal(there.wrong, -1, `a byte differs at ${there.wrong}`)
  assert.equal(back.wrong, -1, `a byte differs at ${back.wrong}`)
  assert.equal(there.received, up, where)
  assert.equal(back.received, down, where)
  assert.ok(ended, `both ends are gone at last: ${where}`)
  assert.ok(client.ended && server.ended)
  net.run()
  assert.equal(net.pool.outstanding, 0, 'no frame is left')
  assert.equal(net.a.layer.pollAt(), Number.POSITIVE_INFINITY, 'no timer is left')
  assert.equal(net.b.layer.pollAt(), Number.POSITIVE_INFINITY, 'no timer is left')
  for (const end of [client, server]) assert.equal(end.pendingBytes + end.readableBytes, 0)
  for (const host of [net.a, net.b])
    assert.equal(host.layer.bufferedBytes, 0, 'nothing is accounted for that nobody holds')
}

test('every byte exactly once and in order, then FIN both ways and nothing left, over any wire that is not cut', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      linkArbitrary,
      optionsArbitrary,
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.constantFrom(0, 6000, 40_000, 2 ** 30),
      exchange,
    ),
    { numRuns: RUNS, seed: Number(process.env.WIREHUB_TEST_SEED ?? Date.now() & 0x7fffffff) },
  )
})
