import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlabPool } from '../../src/core/slab.ts'

test('a slab is used again once everybody who held it has let go', () => {
  const pool = new SlabPool(1024, 4096)
  const slab = pool.take(10)
  slab.references++
  pool.release(slab)
  assert.notEqual(pool.take(10), slab)
  pool.release(slab)
  assert.equal(pool.idleBytes, 1024)
  assert.equal(pool.take(1024), slab)
  assert.equal(slab.references, 1)
})

test('what is larger than a slab gets its own size, and is not kept', () => {
  const pool = new SlabPool(1024, 4096)
  const large = pool.take(5000)
  assert.equal(large.buffer.length, 5000)
  pool.release(large)
  assert.equal(pool.idleBytes, 0)
})

test('no more is kept than the limit says', () => {
  const pool = new SlabPool(1024, 4096)
  const taken = Array.from({ length: 10 }, () => pool.take(1))
  for (const slab of taken) pool.release(slab)
  assert.equal(pool.idleBytes, 4096)
})
