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
  assert.deepEqual(log, ['ask@0', 'ask@1000', 'ask@2000', 'refuse one', 'refuse late'])
  assert.equal(state(), 'failed')
  timers.poll(6000)
  assert.equal(cache.size, 0)
})

test('a reachable neighbour grows stale, is probed after the next packet and is lost when silent', () => {
  const { cache, timers, log, send, state } = setUp()
  send('one', 0)
  cache.advertise(PEER, MAC_A, true, true, 0)
  timers.poll(30_000)
  assert.equal(state(), 'stale')
  send('two', 40_000)
  assert.equal(state(), 'delay')
  for (const now of [45_000, 46_000, 47_000, 48_000]) timers.poll(now)
  assert.equal(state(), 'failed')
  assert.deepEqual(log.slice(2), ['send two to 1', 'probe@45000', 'probe@46000', 'probe@47000'])
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
  cache.learn(IpAddress.parse('192.0.2.3'), MAC_A, 2)
  cache.learn(IpAddress.parse('192.0.2.4'), MAC_A, 3)
  assert.equal(cache.size, 2)
  assert.ok(log.includes('drop two'))
  assert.equal(cache.counters.evicted, 1)
})
