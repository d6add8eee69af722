import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkQueue } from './chunk-queue.ts'

const queueOf = (...chunks: number[][]): ChunkQueue => {
  const queue = new ChunkQueue()
  for (const chunk of chunks) queue.push(Uint8Array.from(chunk))
  return queue
}
const read = (queue: ChunkQueue, most: number): number[] => {
  const target = new Uint8Array(most)
  return [...target.subarray(0, queue.read(target))]
}

test('what arrived in pieces is read in order, wherever the pieces begin', () => {
  const queue = queueOf([1, 2, 3], [], [4], [5, 6])
  assert.equal(queue.bytes, 6)
  assert.deepEqual(read(queue, 2), [1, 2])
  assert.deepEqual(read(queue, 3), [3, 4, 5])
  assert.equal(queue.bytes, 1)
  assert.deepEqual(read(queue, 9), [6])
  assert.deepEqual(read(queue, 9), [])
})

test('a queue that was cleared in the middle of a piece begins anew', () => {
  const queue = queueOf([1, 2, 3])
  read(queue, 1)
  queue.clear()
  assert.equal(queue.bytes, 0)
  queue.push(Uint8Array.of(7, 8))
  assert.deepEqual(read(queue, 9), [7, 8])
})
