import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerQueue } from '../link/timer-queue.ts'
import { IpAddress } from './address.ts'
import { PathMtuCache } from './path-mtu.ts'

test('a flood of packets too big stays within the option: the destination that was told of first makes room', () => {
  const cache = new PathMtuCache(new TimerQueue(), () => {}, { maxEntries: 3 })
  const destination = (index: number): IpAddress => IpAddress.v4(0xc633_6400 + index)
  for (let index = 0; index < 10; index++) cache.learn(destination(index), 1000, 1500, index)
  assert.equal(cache.size, 3)
  assert.deepEqual([cache.mtu(destination(6), 1500), cache.mtu(destination(7), 1500)], [1500, 1000])
  assert.deepEqual(cache.counters, { learned: 10, evicted: 7 })
})
