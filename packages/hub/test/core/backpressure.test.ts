/** Backpressure: who is paused for whose sake, how long at most, and when they go on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backpressure } from '../../src/core/backpressure.ts'
import type { Connection } from '../../src/core/connection.ts'
import { OutboundBench } from './bench.ts'

const MAX = 100 * 1024 * 1024
const MARK = 0.75 * MAX

/** Counts pauses as a connection does. */
class Peer {
  readonly limits = { maxPendingBytes: MAX, pressureRatio: 0.75, pressurePauseMs: 1000 }
  readonly outbound = { pendingBytes: 0, alarmBytes: MARK }
  pauses = 0

  pause(): void {
    this.pauses++
  }

  resume(): void {
    assert.ok(this.pauses > 0, 'resumed more often than paused')
    this.pauses--
  }

  get asConnection(): Connection {
    return this as unknown as Connection
  }
}

class Scene {
  readonly bench = new OutboundBench()
  readonly clock = this.bench.clock
  readonly backpressure = new Backpressure(this.clock, this.bench.turn)

  /** The publisher's message makes so much wait for the subscriber. */
  publish(publisher: Peer, subscriber: Peer, pendingBytes: number): void {
    this.bench.turn.reads(publisher.asConnection)
    subscriber.outbound.pendingBytes = pendingBytes
    if (pendingBytes > subscriber.outbound.alarmBytes) this.backpressure.onPressure(subscriber.asConnection)
  }

  drain(subscriber: Peer, pendingBytes: number): void {
    subscriber.outbound.pendingBytes = pendingBytes
    this.backpressure.onDrained(subscriber.asConnection)
  }
}

test('whoever publishes to a subscriber past its mark is paused, and goes on when it is well below it', () => {
  const scene = new Scene()
  const [publisher, subscriber] = [new Peer(), new Peer()]
  scene.publish(publisher, subscriber, MARK)
  assert.equal(publisher.pauses, 0)
  scene.publish(publisher, subscriber, MARK + 1)
  assert.equal(publisher.pauses, 1)
  assert.equal(scene.backpressure.engaged, 1)
  scene.drain(subscriber, MARK - 1)
  assert.equal(publisher.pauses, 1)
  scene.drain(subscriber, MARK / 2)
  assert.equal(publisher.pauses, 0)
  assert.equal(scene.backpressure.engaged, 0)
  assert.equal(subscriber.outbound.alarmBytes, MARK)
  assert.equal(scene.clock.timers.size, 0)
})

test('further publishers are paused as they make it worse, each once', () => {
  const scene = new Scene()
  const subscriber = new Peer()
  const publishers = [new Peer(), new Peer(), new Peer()]
  let pending = MARK + 1
  for (let round = 0; round < 3; round++) {
    for (const one of publishers) {
      scene.publish(one, subscriber, pending)
      pending += 300 * 1024
    }
  }
  assert.deepEqual(
    publishers.map((one) => one.pauses),
    [1, 1, 1],
  )
  assert.equal(scene.backpressure.pauses, 3)
  scene.backpressure.forget(subscriber.asConnection)
  assert.deepEqual(
    publishers.map((one) => one.pauses),
    [0, 0, 0],
  )
})

test('a pause is bounded: then they go on, and the subscriber has until its limit', () => {
  const scene = new Scene()
  const [publisher, subscriber] = [new Peer(), new Peer()]
  scene.publish(publisher, subscriber, MARK + 1)
  scene.clock.advance(999)
  assert.equal(publisher.pauses, 1)
  scene.clock.advance(1)
  assert.equal(publisher.pauses, 0)
  assert.equal(subscriber.outbound.alarmBytes, MAX)
})

test('all pauses of one subscriber within ten seconds share one budget; then it is new', () => {
  const scene = new Scene()
  const [publisher, subscriber] = [new Peer(), new Peer()]
  let pausedMs = 0
  for (let round = 0; round < 8; round++) {
    scene.publish(publisher, subscriber, MARK + 1)
    for (let i = 0; i < 300; i++) {
      if (publisher.pauses > 0) pausedMs++
      scene.clock.advance(1)
    }
    scene.drain(subscriber, 0)
  }
  assert.equal(pausedMs, 1000)
  scene.publish(publisher, subscriber, MARK + 1)
  assert.equal(publisher.pauses, 0, 'the budget is spent')
  assert.equal(subscriber.outbound.alarmBytes, MAX)
  scene.drain(subscriber, 0)
  scene.clock.advance(10_000)
  scene.publish(publisher, subscriber, MARK + 1)
  assert.equal(publisher.pauses, 1)
})

test('a publisher held for two subscribers goes on when both have recovered', () => {
  const scene = new Scene()
  const [publisher, one, other] = [new Peer(), new Peer(), new Peer()]
  scene.publish(publisher, one, MARK + 1)
  scene.publish(publisher, other, MARK + 1)
  assert.equal(publisher.pauses, 2)
  scene.drain(one, 0)
  assert.equal(publisher.pauses, 1)
  scene.backpressure.forget(other.asConnection)
  assert.equal(publisher.pauses, 0)
})

test('nobody is paused for its own sake, nor where pauses are switched off', () => {
  const scene = new Scene()
  const [publisher, subscriber] = [new Peer(), new Peer()]
  scene.publish(subscriber, subscriber, MARK + 1)
  assert.equal(subscriber.pauses, 0)
  assert.equal(scene.clock.timers.size, 0)
  const stubborn = new Peer()
  Object.assign(stubborn.limits, { pressurePauseMs: 0 })
  scene.publish(publisher, stubborn, MARK + 1)
  assert.equal(publisher.pauses, 0)
  assert.equal(stubborn.outbound.alarmBytes, MAX)
})

test('a publisher that ends while it is held is not spoken to wrongly later', () => {
  const scene = new Scene()
  const [publisher, subscriber] = [new Peer(), new Peer()]
  scene.publish(publisher, subscriber, MARK + 1)
  scene.backpressure.forget(publisher.asConnection)
  scene.clock.advance(5000)
  scene.backpressure.forget(subscriber.asConnection)
  assert.equal(scene.clock.timers.size, 0)
  assert.equal(scene.backpressure.engaged, 0)
})
