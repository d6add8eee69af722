// What the reader gets is the stream, whatever of it stayed in frames, went through blocks or arrived out of order, and however it is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FramePool } from '../../link/frame.ts'
import { BufferMemory } from './buffer-memory.ts'
import { ReceiveBuffer } from './receive-buffer.ts'

const FIRST = 0xffff_0000 | 0
const LARGEST_BYTES = 65_536

/** Byte number `at` of the stream. */
function byteAt(at: number): number {
  return (at * 31 + (at >> 8)) & 0xff
}

interface Step {
  do: 'arrive' | 'read' | 'take' | 'peek'
  bytes: number
  /** Bytes between the end of what is in order and this segment; 0 is in order. */
  gap: number
}

const step = fc.record<Step>({
  do: fc.constantFrom('arrive', 'arrive', 'arrive', 'read', 'take', 'peek'),
  bytes: fc.oneof(
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 30_000, max: 36_000 }),
    fc.constant(LARGEST_BYTES),
  ),
  gap: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }) }),
})

class Reader {
  readonly pool = new FramePool()
  readonly memory = new BufferMemory(Number.POSITIVE_INFINITY)
  readonly buffer = new ReceiveBuffer(FIRST, this.memory, 512, { outOfOrderDropped: 0 })
  read = 0
  /** Memory that was given away, with what it must go on to hold. */
  readonly taken: { bytes: Uint8Array; at: number }[] = []

  arrive(bytes: number, gap: number): void {
    const at = ((this.buffer.next - FIRST) >>> 0) + gap
    const frame = this.pool.allocate(bytes)
    frame.end = frame.start + bytes
    for (let index = 0; index < bytes; index++) frame.bytes[frame.start + index] = byteAt(at + index)
    this.buffer.insert((FIRST + at) | 0, frame.bytes, frame.start, frame.end, frame)
    frame.release()
  }

  check(bytes: Uint8Array, at: number): void {
    for (let index = 0; index < bytes.length; index++)
      if (bytes[index] !== byteAt(at + index)) assert.fail(`byte ${at + index} is ${bytes[index]}`)
  }

  run({ do: what, bytes, gap }: Step): void {
    const { buffer } = this
    if (what === 'arrive') this.arrive(bytes, gap)
    else if (what === 'read') {
      const target = new Uint8Array(bytes)
      const count = buffer.copyOut(target)
      assert.equal(count, Math.min(bytes, buffer.readable))
      this.check(target.subarray(0, count), this.read)
      buffer.consume(count)
      this.read += count
    } else if (what === 'take' && buffer.readable > 0) {
      const piece = buffer.take(bytes, (length) => new Uint8Array(length))
      assert.ok(piece.length > 0)
      this.taken.push({ bytes: piece, at: this.read })
      this.read += piece.length
    } else {
      const view = buffer.view()
      assert.equal(view.length > 0, buffer.readable > 0)
      this.check(view, this.read)
      const count = view.length >> 1
      buffer.consume(count)
      this.read += count
    }
    assert.equal(buffer.readable, ((buffer.next - FIRST) >>> 0) - this.read)
    let outOfOrder = 0
    for (let i = 0; i < buffer.pieceCount; i++) outOfOrder += (buffer.rightOf(i) - buffer.leftOf(i)) | 0
    assert.equal(this.memory.held, buffer.readable + outOfOrder)
  }
}

test('any segments, read in any way, are the stream; memory that was given away is written no more', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const reader = new Reader()
      for (const each of steps) reader.run(each)
      for (const { bytes, at } of reader.taken) reader.check(bytes, at)
      reader.buffer.clear()
      assert.equal(reader.pool.outstanding, 0)
      assert.equal(reader.memory.held, 0)
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG ? 500 : 60 },
  )
})

test('a large payload is taken in the memory of its packet, a small one in memory made for it', () => {
  const reader = new Reader()
  reader.arrive(100, 0)
  reader.arrive(60_000, 0)
  reader.arrive(200, 0)
  const made: number[] = []
  const lengths: number[] = []
  while (reader.buffer.readable > 0) {
    const piece = reader.buffer.take(65_536, (bytes) => {
      made.push(bytes)
      return new Uint8Array(bytes)
    })
    lengths.push(piece.length)
  }
  assert.deepEqual(
    [lengths, made],
    [
      [100, 60_000, 200],
      [100, 200],
    ],
  )
  assert.equal(reader.pool.outstanding, 0)
})

test('a frame goes back to its pool when its last owner has let go of it, but without its memory when that was given away', () => {
  const pool = new FramePool()
  const frame = pool.allocate(60_000)
  frame.retain()
  frame.release()
  assert.equal(pool.outstanding, 1)
  frame.release()
  assert.equal(pool.outstanding, 0)
  assert.throws(() => frame.release(), /released twice/)
  assert.throws(() => frame.retain(), /after its release/)
  assert.equal(pool.allocate(60_000), frame)
  const { bytes } = frame
  frame.retain()
  frame.surrender()
  assert.equal(frame.bytes, bytes, 'the other owner still reads it')
  frame.release()
  assert.equal(pool.outstanding, 0)
  const memories = [pool.allocate(60_000), pool.allocate(60_000)].map((each) => each.bytes)
  assert.ok(!memories.includes(bytes))
  assert.deepEqual(
    memories.map((each) => each.length),
    [bytes.length, bytes.length],
  )
})
