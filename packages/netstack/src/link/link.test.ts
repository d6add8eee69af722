import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeEthernet } from '../wire/ethernet.ts'
import { verifyIpv4Checksum, writeIpv4Header } from '../wire/ipv4.ts'
import { FcsLink } from './fcs.ts'
import { type Frame, FramePool } from './frame.ts'
import { ImpairedLink } from './impaired-link.ts'
import type { ImpairmentOptions } from './impairment.ts'
import type { Link } from './link.ts'
import { SeededRandom } from './random.ts'
import { Switch } from './switch.ts'
import { TapLink } from './tap.ts'
import { TimerQueue } from './timer-queue.ts'
import { createWire } from './wire.ts'

function makeFrame(
  pool: FramePool,
  tag: number,
  bytes = 100,
  destination = 0x0200_0000_0002,
  source = 0x0200_0000_0001,
): Frame {
  const frame = pool.allocate(bytes)
  frame.end = frame.start + bytes
  frame.bytes.fill(0, frame.start, frame.end)
  writeEthernet(frame.bytes, frame.start, destination, source, 0x0800)
  frame.bytes[frame.start + 14] = tag >> 8
  frame.bytes[frame.start + 15] = tag
  return frame
}

function tagOf(frame: Frame): number {
  return (frame.bytes[frame.start + 14] << 8) | frame.bytes[frame.start + 15]
}

function collect(link: Link, log: [number, number][]): void {
  link.receiver = (frame, now) => {
    log.push([tagOf(frame), now])
    frame.release()
  }
}

function drain(timers: TimerQueue): void {
  for (let now = timers.pollAt(); now !== Number.POSITIVE_INFINITY; now = timers.pollAt()) timers.poll(now)
}

/** Sends `count` frames, one a millisecond, through an impairment; returns what came out and when. */
function run(options: ImpairmentOptions, seed: number, count = 1000, bytes = 100) {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers)
  const impaired = new ImpairedLink(left, { send: options }, new SeededRandom(seed), pool, timers)
  const log: [number, number][] = []
  collect(right, log)
  for (let tag = 0; tag < count; tag++) {
    timers.poll(tag)
    impaired.transmit(makeFrame(pool, tag, bytes), tag)
  }
  drain(timers)
  assert.equal(pool.outstanding, 0, 'every frame is released')
  return { log, counters: impaired.send.counters }
}

test('a wire keeps the order and the delay, and loses what is under way when cut', () => {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers, { delayMs: 5 })
  const log: [number, number][] = []
  collect(right, log)
  left.transmit(makeFrame(pool, 1), 0)
  left.transmit(makeFrame(pool, 2), 2)
  assert.equal(timers.pollAt(), 5)
  drain(timers)
  assert.deepEqual(log, [
    [1, 5],
    [2, 7],
  ])
  left.transmit(makeFrame(pool, 3), 8)
  left.clear()
  left.connected = false
  left.transmit(makeFrame(pool, 4), 9)
  drain(timers)
  assert.equal(log.length, 2)
  assert.equal(left.framesDropped, 2)
  assert.equal(pool.outstanding, 0)
})

test('equal seeds give equal fates, other seeds others', () => {
  const impairment = fc.record(
    {
      loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
      duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
      corrupt: fc.double({ min: 0, max: 0.5, noNaN: true }),
      reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
      delayMs: fc.nat(50),
      jitterMs: fc.nat(20),
      rateBitsPerSecond: fc.integer({ min: 100_000, max: 10_000_000 }),
      burst: fc.constant({ enter: 0.05, leave: 0.3 }),
      paths: fc.constant([{ delayMs: 3 }, { delayMs: 30, weight: 2 }]),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(impairment, fc.integer(), (options, seed) => {
      const first = run(options, seed, 200)
      assert.deepEqual(run(options, seed, 200), first)
    }),
    { numRuns: 30 },
  )
  assert.notDeepEqual(run({ loss: 0.5 }, 1).log, run({ loss: 0.5 }, 2).log)
})

test('loss, duplication and corruption come as often as asked', () => {
  const { counters, log } = run({ loss: 0.1, duplicate: 0.2, corrupt: 0.3 }, 5, 10_000)
  assert.ok(Math.abs(counters.lost - 1000) < 120)
  assert.ok(Math.abs(counters.duplicated - 1800) < 150)
  assert.ok(Math.abs(counters.corrupted - 10_800 * 0.3) < 200)
  assert.equal(log.length, 10_000 - counters.lost + counters.duplicated)
})

test('bursts lose frames in a row: 1 / leave on average', () => {
  const { log, counters } = run({ burst: { enter: 0.02, leave: 0.25 } }, 3, 20_000)
  const arrived = new Set(log.map(([tag]) => tag))
  let bursts = 0
  for (let tag = 1; tag < 20_000; tag++) if (!arrived.has(tag) && arrived.has(tag - 1)) bursts++
  assert.ok(Math.abs(counters.lostInBurst / bursts - 4) < 0.7)
})

test('a rate spaces frames, fills its queue, and drops at the tail', () => {
  // 1,000 bytes a millisecond come, 500 leave; the queue holds ten of them.
  const { log, counters } = run({ rateBitsPerSecond: 4_000_000, queueBytes: 10_000 }, 1, 100, 1000)
  for (let index = 1; index < log.length; index++) assert.ok(log[index][1] - log[index - 1][1] >= 2 - 1e-9)
  assert.equal(log.length + counters.queueFull, 100)
  assert.ok(counters.queueFull > 35 && counters.queueFull < 50)
})

test('several paths let later frames overtake; keepOrder forbids it', () => {
  const inOrder = (log: [number, number][]): boolean =>
    log.every(([tag], index) => index === 0 || log[index - 1][0] < tag)
  assert.equal(inOrder(run({ paths: [{ delayMs: 1 }, { delayMs: 20 }] }, 1).log), false)
  assert.equal(inOrder(run({ delayMs: 30, jitterMs: 20 }, 1).log), false)
  assert.equal(inOrder(run({ delayMs: 30, jitterMs: 20, keepOrder: true }, 1).log), true)
  assert.equal(inOrder(run({ delayMs: 30, reorder: 0.1 }, 1).log), false)
})

test('a partition of one direction leaves the other working', () => {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers)
  const impaired = new ImpairedLink(left, { send: { partition: true } }, new SeededRandom(1), pool, timers)
  const atRight: [number, number][] = []
  const atLeft: [number, number][] = []
  collect(right, atRight)
  collect(impaired, atLeft)
  impaired.transmit(makeFrame(pool, 1), 0)
  right.transmit(makeFrame(pool, 2), 0)
  drain(timers)
  assert.deepEqual([atRight, atLeft], [[], [[2, 0]]])
  impaired.send.set({ partition: false })
  impaired.transmit(makeFrame(pool, 3), 1)
  drain(timers)
  assert.deepEqual(atRight, [[3, 1]])
})

test('a queue above its mark sets Congestion Experienced and keeps the header checksum right', () => {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers)
  const impairment = { rateBitsPerSecond: 8_000_000, ecnMarkBytes: 2000 }
  const impaired = new ImpairedLink(left, { send: impairment }, new SeededRandom(1), pool, timers)
  const seen: number[] = []
  right.receiver = (frame) => {
    assert.ok(verifyIpv4Checksum(frame.bytes, frame.start + 14, 20))
    seen.push(frame.bytes[frame.start + 15] & 3)
    frame.release()
  }
  for (let index = 0; index < 6; index++) {
    const frame = makeFrame(pool, 0, 1000)
    writeIpv4Header(frame.bytes, frame.start + 14, 986, index === 4 ? 0 : 2, 1, 0, 64, 6, 1, 2)
    impaired.transmit(frame, 0)
  }
  drain(timers)
  assert.deepEqual(seen, [2, 2, 3, 3, 0, 3])
  assert.equal(impaired.send.counters.marked, 3)
})

test('with FCS every damaged frame dies at layer 2', () => {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers)
  const impaired = new ImpairedLink(left, { send: { corrupt: 0.5, corruptBits: 3 } }, new SeededRandom(9), pool, timers)
  const sender = new FcsLink(impaired)
  const receiver = new FcsLink(right)
  const log: [number, number][] = []
  collect(receiver, log)
  for (let tag = 0; tag < 500; tag++) sender.transmit(makeFrame(pool, tag, 20), 0)
  drain(timers)
  assert.equal(receiver.counters.fcsErrors, impaired.send.counters.corrupted)
  assert.equal(log.length, 500 - receiver.counters.fcsErrors)
})

test('a switch floods what it does not know, learns, and forgets', () => {
  const pool = new FramePool()
  const timers = new TimerQueue()
  const middle = new Switch(pool, { maxAddresses: 2, ageingTimeMs: 1000 })
  const logs: [number, number][][] = []
  const hosts = [0, 1, 2].map(() => {
    const [host, port] = createWire(timers)
    middle.plug(port)
    const log: [number, number][] = []
    logs.push(log)
    collect(host, log)
    return host
  })
  const send = (from: number, to: number, tag: number, now: number): string => {
    for (const log of logs) log.length = 0
    hosts[from].transmit(makeFrame(pool, tag, 60, 0x0200_0000_0000 + to, 0x0200_0000_0000 + from), now)
    drain(timers)
    return logs.map((log) => log.length).join('')
  }
  assert.equal(send(0, 1, 1, 0), '011', 'unknown: to all others')
  assert.equal(send(1, 0, 2, 0), '100', 'known')
  assert.equal(send(0, 1, 3, 500), '010')
  assert.equal(send(0, 1, 4, 1200), '011', 'host 1 was silent for too long')
  assert.equal(pool.outstanding, 0)
  for (let source = 0; source < 50; source++)
    hosts[2].transmit(makeFrame(pool, 0, 60, 0x0200_0000_0000, 0x0600 + source), 2000)
  drain(timers)
  assert.equal(middle.addressCount, 2, 'a flood of sources stays within the table')
  assert.equal(middle.counters.evicted, 50)
})

test('a tap sees both directions', () => {
  const timers = new TimerQueue()
  const pool = new FramePool()
  const [left, right] = createWire(timers)
  const tap = new TapLink(left)
  const seen: string[] = []
  tap.sinks.add((bytes, start, end, now, direction) =>
    seen.push(`${direction} ${end - start} @${now} ${bytes[start + 15]}`),
  )
  collect(tap, [])
  collect(right, [])
  tap.transmit(makeFrame(pool, 7), 0)
  right.transmit(makeFrame(pool, 8), 3)
  drain(timers)
  assert.deepEqual(seen, ['out 100 @0 7', 'in 100 @3 8'])
})
