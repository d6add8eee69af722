// What is sent, and sent again, is the stream as it was written, whether the bytes were copied or lent, and whatever the user does to his own memory once he has it back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BufferMemory } from './buffer-memory.ts'
import { SendBuffer } from './send-buffer.ts'

const FIRST = 0xffff_8000 | 0
const LIMIT = 400_000

function unbounded(): BufferMemory {
  return new BufferMemory(Number.POSITIVE_INFINITY)
}

/** Byte number `at` of the stream. */
function byteAt(at: number): number {
  return (at * 31 + (at >> 8)) & 0xff
}

function bytesFrom(at: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => byteAt(at + index))
}

interface Step {
  do: 'append' | 'borrow' | 'reclaim' | 'acknowledge' | 'look'
  bytes: number
  /** Where in what there is, 0 to 1. */
  part: number
}

const step = fc.record<Step>({
  do: fc.constantFrom('append', 'borrow', 'borrow', 'reclaim', 'acknowledge', 'acknowledge', 'look', 'look'),
  bytes: fc.oneof(
    fc.integer({ min: 1, max: 3000 }),
    fc.integer({ min: 30_000, max: 70_000 }),
    fc.constantFrom(32_767, 32_768, 131_072, 262_144),
  ),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
})

class Writer {
  readonly memory = unbounded()
  readonly buffer = new SendBuffer(FIRST, LIMIT, this.memory)
  /** The user's own memory that is lent now. */
  #lent: Uint8Array[] = []
  written = 0
  acknowledged = 0

  run({ do: what, bytes, part }: Step): void {
    const { buffer } = this
    if (what === 'append' || what === 'borrow') {
      const source = bytesFrom(this.written - 3, bytes + 3)
      const before = buffer.room
      const taken = buffer[what](source, 3, source.length)
      assert.equal(taken, Math.min(bytes, before))
      this.written += taken
      // Who has lent nothing may change his memory at once.
      if (what === 'append') source.fill(0xee)
      else this.#lent.push(source)
    } else if (what === 'reclaim') this.reclaim()
    else if (what === 'acknowledge') {
      this.acknowledged += Math.floor(part * (this.written - this.acknowledged))
      buffer.releaseTo((FIRST + this.acknowledged) | 0)
    } else this.look(this.acknowledged + Math.floor(part * buffer.length), bytes)
    assert.equal(buffer.length, this.written - this.acknowledged)
    assert.equal(this.memory.held, buffer.length)
  }

  reclaim(): void {
    this.buffer.reclaim()
    assert.equal(this.buffer.hasLoans, false)
    for (const source of this.#lent.splice(0)) source.fill(0xee)
  }

  /** The same bytes, copied out and where they lie. */
  look(at: number, bytes: number): void {
    const length = Math.min(bytes, this.written - at)
    if (length === 0) return
    const expected = Buffer.from(bytesFrom(at, length))
    const copy = new Uint8Array(length + 2)
    this.buffer.copyTo((FIRST + at) | 0, length, copy, 1)
    assert.ok(expected.equals(copy.subarray(1, -1)))
    assert.ok(expected.equals(Buffer.concat(this.buffer.views((FIRST + at) | 0, length))))
  }
}

test('bytes are given back as they were written, copied or lent', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const writer = new Writer()
      for (const each of steps) writer.run(each)
      writer.reclaim()
      writer.look(writer.acknowledged, LIMIT)
    }),
  )
})

test('few bytes are copied even when they are lent', () => {
  const buffer = new SendBuffer(FIRST, LIMIT, unbounded())
  assert.equal(buffer.borrow(bytesFrom(0, 32_767), 0, 32_767), 32_767)
  assert.equal(buffer.hasLoans, false)
  assert.equal(buffer.borrow(bytesFrom(0, 32_768), 0, 32_768), 32_768)
  assert.equal(buffer.hasLoans, true)
})

test('what is acknowledged is no longer lent', () => {
  const buffer = new SendBuffer(FIRST, LIMIT, unbounded())
  buffer.borrow(bytesFrom(0, 100_000), 0, 100_000)
  buffer.releaseTo((FIRST + 99_999) | 0)
  assert.equal(buffer.hasLoans, true)
  buffer.releaseTo((FIRST + 100_000) | 0)
  assert.equal(buffer.hasLoans, false)
})

test('clearing forgets what was lent', () => {
  const buffer = new SendBuffer(FIRST, LIMIT, unbounded())
  buffer.borrow(bytesFrom(0, 100_000), 0, 100_000)
  buffer.clear()
  assert.deepEqual([buffer.hasLoans, buffer.length], [false, 0])
})
