import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerQueue } from '../link/timer-queue.ts'
import { IpAddress } from './address.ts'
import { NeighbourCache, type NeighbourOptions } from './neighbour.ts'

const PEER = IpAddress.parse('192.0.2.2')
const MAC_A = 0x0200_0000_0001
const MAC_B = 0x0200_0000_0002

function setUp(options?: NeighbourOptions) {
  const log: string[] = []
  const timers = new TimerQueue()
  const cache = new NeighbourCache<string>(
    {
      solicit: (_entry, unicast, now) => log.push(`${unicast ? 'probe' : 'ask'}@${now}`),
      transmit: (entry, packet) => log.push(`send ${packet} to ${entry.mac % 256}`),
      unreachable: (_entry, packet) => log.push(`refuse ${packet}`),
      drop: (packet) => log.push(`drop ${packet}`),
      lost: () => log.push('lost'),
    },
    timers,
    options,
  )
  const send = (packet: string, now: number): void => cache.output(cache.entry(PEER, now), packet, now)
  const state = (): string | undefined => cache.get(PEER)?.state
  return { cache, timers, log, send, state }
}

test('packets wait for the answer and then leave in order', () => {
  const { cache, log, send, state } = setUp()
  send('one', 0)
  send('two', 1)
  assert.deepEqual(log.splice(0), ['ask@0'])
  cache.advertise(PEER, MAC_A, true, true, 2)
  assert.deepEqual(log, ['send one to 1', 'send two to 1'])
  assert.equal(state(), 'reachable')
})

test('three questions a second apart, then the packets are refused, also later ones for a while', () => {
  const { cache, timers, log, send, state } = setUp()
  send('one', 0)
  for (const now of [1000, 2000, 3000]) timers.poll(now)
  send('late', 3001)
  assert.deepEqual(log, ['ask@0', 'ask@1000', 'ask@2000', 'lost', 'refuse one', 'refuse late'])
  assert.equal(state(), 'failed')
  timers.poll(6000)
  assert.equal(cache.size, 0)
})

test('a reachable neighbour grows stale, is probed after the next packet and is forgotten when silent (RFC 4861 7.3.3)', () => {
  const { cache, timers, log, send, state } = setUp()
  send('one', 0)
  cache.advertise(PEER, MAC_A, true, true, 0)
  timers.poll(30_000)
  assert.equal(state(), 'stale')
  send('two', 40_000)
  assert.equal(state(), 'delay')
  for (const now of [45_000, 46_000, 47_000, 48_000]) timers.poll(now)
  assert.equal(state(), undefined)
  send('three', 48_500)
  assert.deepEqual(log.slice(2), ['send two to 1', 'probe@45000', 'probe@46000', 'probe@47000', 'lost', 'ask@48500'])
})

test('progress that the transport saw spares the probe', () => {
  const { cache, timers, send, state } = setUp()
  send('one', 0)
  cache.advertise(PEER, MAC_A, true, true, 0)
  timers.poll(30_000)
  send('two', 40_000)
  cache.confirm(cache.get(PEER)!, 41_000)
  timers.poll(60_000)
  assert.equal(state(), 'reachable')
})

test('an advertisement that nobody asked for makes no entry; another MAC without override is only doubted', () => {
  const { cache, send, state } = setUp()
  cache.advertise(PEER, MAC_A, false, true, 0)
  assert.equal(cache.size, 0)
  send('one', 0)
  cache.advertise(PEER, MAC_A, true, true, 0)
  cache.advertise(PEER, MAC_B, true, false, 1)
  assert.equal(state(), 'stale')
  assert.equal(cache.get(PEER)!.mac, MAC_A)
  cache.advertise(PEER, MAC_B, false, true, 2)
  assert.equal(cache.get(PEER)!.mac, MAC_B)
})

test('entries and waiting packets are bounded', () => {
  const { cache, log, send } = setUp({ maxEntries: 2, maxPendingPackets: 1 })
  send('one', 0)
  send('two', 1)
  assert.ok(log.includes('drop one'))
  cache.entry(IpAddress.parse('192.0.2.3'), 2)
  cache.entry(IpAddress.parse('192.0.2.4'), 3)
  assert.equal(cache.size, 2)
  assert.ok(log.includes('drop two'))
  assert.equal(cache.counters.evicted, 1)
})

test('packets that wait for many addresses are bounded together: the one that has waited longest makes room', () => {
  const { cache, log } = setUp({ maxPendingPacketsPerInterface: 3 })
  const neighbours = [1, 2, 3].map((last) => IpAddress.v4(0xc000_0200 + last))
  const send = (which: number, packet: string): void => cache.output(cache.entry(neighbours[which]!, 0), packet, 0)
  send(0, 'one')
  send(0, 'two')
  send(1, 'three')
  send(1, 'four')
  assert.deepEqual(log.splice(0), ['ask@0', 'ask@0', 'drop one'])
  cache.advertise(neighbours[0]!, MAC_A, true, true, 0)
  assert.deepEqual(log.splice(0), ['send two to 1'])
  send(2, 'five')
  send(2, 'six')
  assert.deepEqual(log, ['ask@0', 'drop three'])
  assert.equal(cache.counters.pendingDropped, 2)
})

test('whoever claims many addresses drives out no neighbour that is in use, or asked for', () => {
  const { cache, log, send, state } = setUp({ maxEntries: 3 })
  send('one', 0)
  cache.advertise(PEER, MAC_A, true, true, 0)
  const asked = IpAddress.parse('192.0.2.3')
  cache.output(cache.entry(asked, 1), 'waits', 1)
  for (let index = 0; index < 100; index++) cache.learn(IpAddress.v4(0xc633_6400 + index), MAC_B, 2 + index)
  assert.equal(cache.size, 3)
  assert.equal(state(), 'reachable')
  assert.equal(cache.get(asked)?.pending.length, 1)
  // Nor does whoever makes the host ask for many that nobody has.
  for (let index = 0; index < 100; index++) cache.entry(IpAddress.v4(0xc633_6400 + index), 200 + index)
  assert.equal(state(), 'reachable')
  assert.ok(log.includes('drop waits'))
})

test('neighbours that are written down leave room for one that is learned', () => {
  const { cache } = setUp({ maxEntries: 3 })
  const written = [1, 2, 3].map((last) => IpAddress.v4(0xc633_6400 + last))
  cache.setPermanent(written[0]!, MAC_A, 0)
  cache.setPermanent(written[1]!, MAC_A, 0)
  cache.setPermanent(written[1]!, MAC_B, 0)
  assert.throws(() => cache.setPermanent(written[2]!, MAC_A, 0), RangeError)
  for (let index = 0; index < 10; index++) cache.learn(IpAddress.v4(0xc000_0200 + index), MAC_B, index)
  assert.equal(cache.size, 3)
  assert.equal(cache.get(written[1]!)?.mac, MAC_B)
})

// RFC 4861 7.2.5 and appendix C: what a neighbour advertisement makes of an entry.
const A = MAC_A
const B = MAC_B
for (const [from, mac, solicited, override, to, kept] of [
  ['incomplete', -1, true, true, 'incomplete', 0],
  ['incomplete', A, true, false, 'reachable', A],
  ['incomplete', A, false, false, 'stale', A],
  ['incomplete', A, true, true, 'reachable', A],
  ['reachable', B, true, false, 'stale', A],
  ['reachable', B, false, false, 'stale', A],
  ['stale', B, true, false, 'stale', A],
  ['delay', B, true, false, 'delay', A],
  ['probe', B, true, false, 'probe', A],
  ['stale', A, true, false, 'reachable', A],
  ['delay', A, true, false, 'reachable', A],
  ['probe', A, true, false, 'reachable', A],
  ['probe', -1, true, false, 'reachable', A],
  ['stale', A, false, false, 'stale', A],
  ['reachable', A, false, true, 'reachable', A],
  ['delay', A, false, true, 'delay', A],
  ['probe', -1, false, true, 'probe', A],
  ['reachable', B, true, true, 'reachable', B],
  ['stale', B, true, true, 'reachable', B],
  ['probe', B, true, true, 'reachable', B],
  ['reachable', B, false, true, 'stale', B],
  ['delay', B, false, true, 'stale', B],
  ['probe', B, false, true, 'stale', B],
] as const) {
  const address = mac === -1 ? 'no MAC' : mac === A ? 'the same MAC' : 'another MAC'
  const flags = `${solicited ? 'S' : '-'}${override ? 'O' : '-'}`
  test(`advertisement ${flags} with ${address}: ${from} becomes ${to}`, () => {
    const { cache, timers, send, state } = setUp()
    cache.entry(PEER, 0)
    if (from !== 'incomplete') cache.advertise(PEER, A, true, true, 0)
    if (from === 'stale' || from === 'delay' || from === 'probe') timers.poll(30_000)
    if (from === 'delay' || from === 'probe') send('two', 30_000)
    if (from === 'probe') timers.poll(35_000)
    assert.equal(state(), from)
    cache.advertise(PEER, mac, solicited, override, 35_000)
    assert.deepEqual([state(), cache.get(PEER)?.mac], [to, kept])
  })
}
