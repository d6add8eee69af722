/** The memory guard: who is held back when memory is short, and when they go on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryGuard } from '../../src/assembly/memory-guard.ts'
import type { Connection } from '../../src/core/connection.ts'
import type { Environment } from '../../src/core/environment.ts'

class Publisher {
  bytesIn = 0
  held = 0

  pause(): void {
    this.held++
  }

  resume(): void {
    assert.ok(this.held > 0)
    this.held--
  }
}

class Scene {
  usedBytes = 0
  readonly publishers: Publisher[]
  readonly guard: MemoryGuard

  constructor(count: number, ratio = 0.8) {
    this.publishers = Array.from({ length: count }, () => new Publisher())
    const memory = { usedBytes: () => this.usedBytes, limitBytes: () => 1000 }
    this.guard = new MemoryGuard({ memory } as unknown as Environment, ratio)
  }

  /** One second: each of them sends so much (unless held), so much is in use. */
  second(usedBytes: number, sent: readonly number[] = []): readonly number[] {
    this.publishers.forEach((one, at) => {
      if (one.held === 0) one.bytesIn += sent[at] ?? 0
    })
    this.usedBytes = usedBytes
    this.guard.check(this.publishers as unknown as Connection[])
    return this.publishers.map((one) => one.held)
  }
}

test('below the mark nobody is held', () => {
  const scene = new Scene(3)
  assert.deepEqual(scene.second(799, [9, 9, 9]), [0, 0, 0])
  assert.equal(scene.guard.engagements, 0)
})

test('past it the faster half is held, then half of the rest, and so on; silent ones never', () => {
  const scene = new Scene(5)
  scene.second(700, [100, 1, 50, 0, 2])
  assert.deepEqual(scene.second(900, [100, 1, 50, 0, 2]), [1, 0, 1, 0, 0])
  assert.deepEqual(scene.second(900, [100, 1, 50, 0, 2]), [1, 0, 1, 0, 1])
  assert.deepEqual(scene.second(900, [100, 1, 50, 0, 2]), [1, 1, 1, 0, 1])
  assert.deepEqual(scene.second(900, [100, 1, 50, 0, 2]), [1, 1, 1, 0, 1])
  assert.equal(scene.guard.holding, 4)
  assert.equal(scene.guard.engagements, 4)
})

test('they go on once memory has recovered by some more than the mark, all together', () => {
  const scene = new Scene(2)
  scene.second(700, [5, 4])
  scene.second(900, [5, 4])
  scene.second(900, [5, 4])
  assert.deepEqual(scene.second(790), [1, 1])
  assert.deepEqual(scene.second(749), [0, 0])
  assert.equal(scene.guard.holding, 0)
})

test('who has sent much long ago is not who sends much now', () => {
  const scene = new Scene(3)
  scene.second(100, [1_000_000, 0, 0])
  scene.second(700, [0, 1, 3])
  scene.second(790, [0, 1, 3])
  assert.deepEqual(scene.second(900, [0, 1, 3]), [0, 0, 1])
})

test('a connection that ends is forgotten', () => {
  const scene = new Scene(2)
  scene.second(700, [5, 4])
  scene.second(900, [5, 4])
  scene.guard.forget(scene.publishers[0] as unknown as Connection)
  assert.equal(scene.guard.holding, 0)
  assert.deepEqual(scene.second(100), [1, 0])
})

test('without figures of memory, or with ratio 0, it does nothing', () => {
  const scene = new Scene(1, 0)
  assert.deepEqual(scene.second(5000, [9]), [0])
  new MemoryGuard({} as Environment, 0.8).check([])
})
