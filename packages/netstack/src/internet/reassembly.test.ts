import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TimerQueue } from '../link/timer-queue.ts'
import { IpAddress } from './address.ts'
import { type Reassembled, Reassembler, type ReassemblyOptions } from './reassembly.ts'

const A = IpAddress.parse('192.0.2.1')
const B = IpAddress.parse('192.0.2.2')
const HEADER = 20

interface Cut {
  offset: number
  more: boolean
  bytes: Uint8Array
}

function setUp(options?: ReassemblyOptions) {
  const timers = new TimerQueue()
  const expired: Uint8Array[] = []
  const reassembler = new Reassembler(timers, (first) => expired.push(first), options)
  const add = (cut: Cut, identification = 1, now = 0, source = A): Reassembled | null => {
    const packet = new Uint8Array(HEADER + cut.bytes.length)
    packet.set(cut.bytes, HEADER)
    const info = { source, destination: B, identification, protocol: 17, offset: cut.offset, more: cut.more }
    return reassembler.add(info, packet, 0, HEADER, packet.length, false, now)
  }
  return { timers, expired, reassembler, add }
}

function cutUp(payload: Uint8Array, size: number): Cut[] {
  const cuts: Cut[] = []
  for (let offset = 0; offset < payload.length; offset += size) {
    const bytes = payload.slice(offset, offset + size)
    cuts.push({ offset, more: offset + size < payload.length, bytes })
  }
  return cuts
}

function shuffle<T>(items: T[], order: number[]): T[] {
  return items
    .map((item, index) => ({ item, key: order[index % order.length] }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

test('fragments in any order, with duplicates, make the datagram once', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 4000 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
      (payload, eights, order) => {
        const { add, reassembler } = setUp({ maxFragments: 1000 })
        const cuts = shuffle(cutUp(payload, eights * 8), order)
        let joined: Reassembled | null = null
        for (const [index, cut] of cuts.entries()) {
          joined = add(cut)
          if (index < cuts.length - 1) {
            assert.equal(joined, null)
            assert.equal(add(cut), null)
          }
        }
        assert.deepEqual(joined?.payload, payload)
        assert.equal(reassembler.heldBytes, 0)
        assert.equal(reassembler.size, 0)
      },
    ),
  )
})

test('an overlap refuses the datagram, whatever comes after (RFC 5722)', () => {
  const { add, reassembler } = setUp()
  const bytes = new Uint8Array(64)
  add({ offset: 0, more: true, bytes })
  assert.equal(add({ offset: 56, more: true, bytes }), null)
  assert.equal(reassembler.counters.overlaps, 1)
  assert.equal(add({ offset: 64, more: false, bytes }), null)
  assert.equal(reassembler.heldBytes, 0)
})

test('a second end that differs, data beyond the end, and an end before held data are refused', () => {
  const bytes = new Uint8Array(64)
  for (const [first, second] of [
    [
      { offset: 64, more: false, bytes },
      { offset: 128, more: false, bytes },
    ],
    [
      { offset: 64, more: false, bytes },
      { offset: 128, more: true, bytes },
    ],
    [
      { offset: 128, more: true, bytes },
      { offset: 0, more: false, bytes },
    ],
  ]) {
    const { add, reassembler } = setUp()
    add(first)
    assert.equal(add(second), null)
    assert.equal(reassembler.counters.overlaps, 1)
  }
})

test('lengths that are no multiple of eight and sums beyond 65,535 are malformed ("ping of death")', () => {
  const { add, reassembler } = setUp()
  add({ offset: 0, more: true, bytes: new Uint8Array(63) })
  add({ offset: 65_528, more: false, bytes: new Uint8Array(8) })
  assert.equal(reassembler.counters.malformed, 2)
  assert.equal(reassembler.size, 0)
})

test('time is up after 60 s: the first fragment is handed over for "time exceeded"', () => {
  const { add, timers, expired, reassembler } = setUp()
  add({ offset: 0, more: true, bytes: new Uint8Array(64) }, 1)
  add({ offset: 64, more: true, bytes: new Uint8Array(64) }, 2)
  timers.poll(59_999)
  assert.equal(expired.length, 0)
  timers.poll(60_000)
  assert.equal(expired.length, 1)
  assert.equal(expired[0].length, HEADER + 64)
  assert.equal(reassembler.size, 0)
  assert.equal(timers.size, 0)
})

test('a flood of first fragments stays within datagrams, bytes and datagrams per source', () => {
  const { add, reassembler, timers } = setUp({ maxDatagrams: 50, maxDatagramsPerSource: 10, maxBytes: 20_000 })
  for (let id = 0; id < 1000; id++) {
    add({ offset: 0, more: true, bytes: new Uint8Array(1000) }, id, id, IpAddress.v4(id % 20))
    assert.ok(reassembler.heldBytes <= 20_000)
    assert.ok(reassembler.size <= 50)
  }
  assert.ok(timers.size <= 50)
  assert.ok(reassembler.counters.evicted > 900)
})

test('headers count, too: what a peer makes the host hold stays within maxBytes', () => {
  const timers = new TimerQueue()
  const reassembler = new Reassembler(timers, () => {}, { maxBytes: 10_000 })
  const packet = new Uint8Array(5000)
  for (let id = 0; id < 50; id++) {
    const info = { source: A, destination: B, identification: id, protocol: -1, offset: 0, more: true }
    // Extension headers of nearly 5,000 bytes before a payload of eight.
    reassembler.add(info, packet, 0, 4992, 5000, false, 0)
  }
  assert.equal(reassembler.size, 1)
  assert.ok(reassembler.heldBytes > 4992 && reassembler.heldBytes <= 10_000)
  reassembler.clear()
  assert.equal(reassembler.heldBytes, 0)
})

test('"teardrop": a fragment that ends within another is refused with it, one that is repeated is not', () => {
  const { add, reassembler } = setUp()
  add({ offset: 0, more: true, bytes: new Uint8Array(40) })
  add({ offset: 0, more: true, bytes: new Uint8Array(40) })
  assert.equal(reassembler.counters.duplicates, 1)
  add({ offset: 24, more: false, bytes: new Uint8Array(4) })
  assert.equal(reassembler.counters.overlaps, 1)
  assert.equal(add({ offset: 40, more: false, bytes: new Uint8Array(8) }), null)
})

test('without its first fragment a datagram ends silently (RFC 1122 3.3.2, RFC 8200 4.5)', () => {
  const { add, timers, expired, reassembler } = setUp()
  add({ offset: 8, more: false, bytes: new Uint8Array(8) })
  timers.poll(60_000)
  assert.equal(reassembler.counters.timeouts, 1)
  assert.deepEqual(expired, [])
})

test('sources, protocols and identifications are kept apart (RFC 791 3.2)', () => {
  const { add, reassembler } = setUp()
  const half = new Uint8Array(8)
  add({ offset: 0, more: true, bytes: half }, 1, 0, A)
  assert.equal(add({ offset: 8, more: false, bytes: half }, 1, 0, B), null)
  assert.equal(add({ offset: 8, more: false, bytes: half }, 2, 0, A), null)
  assert.equal(reassembler.size, 3)
  assert.equal(add({ offset: 8, more: false, bytes: half }, 1, 0, A)?.payload.length, 16)
})

test('a flood in the name of a source does not keep that source from sending: the oldest make room', () => {
  const { add, reassembler } = setUp({ maxDatagramsPerSource: 4 })
  const half = new Uint8Array(8)
  for (let id = 100; id < 200; id++) add({ offset: 0, more: true, bytes: half }, id)
  add({ offset: 0, more: true, bytes: half }, 1)
  assert.equal(add({ offset: 8, more: false, bytes: half }, 1)?.payload.length, 16)
  assert.equal(reassembler.size, 3)
})
