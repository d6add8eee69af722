/** The outbound buffer: bytes out are bytes in, in order, whatever their sizes; a slab goes back when what is in it has been written. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Slab } from '../../src/core/slab.ts'
import { OutboundBench, pattern, type SlowSocket } from './bench.ts'

type Step =
  | { readonly kind: 'append' | 'encode' | 'reference' | 'shared'; readonly size: number }
  | { readonly kind: 'turn' | 'written' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('append' as const), size: fc.nat({ max: 300 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('encode' as const), size: fc.nat({ max: 100 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('reference' as const), size: fc.integer({ min: 1, max: 300 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shared' as const), size: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('written' as const) }) },
)

class Run {
  readonly bench = new OutboundBench()
  readonly socket: SlowSocket
  readonly outbound
  readonly expected: Buffer[] = []
  #position = 0

  constructor() {
    const { socket, outbound } = this.bench.outbound()
    this.socket = socket
    this.outbound = outbound
  }

  take(one: Step): void {
    if (one.kind === 'turn') return this.bench.clock.runImmediates()
    if (one.kind === 'written') return this.socket.complete()
    const { size } = one as Extract<Step, { size: number }>
    const bytes = pattern(this.#position, size)
    this.#position += size
    this.expected.push(bytes)
    this.#queue(one.kind, bytes)
  }

  #queue(kind: Step['kind'], bytes: Buffer): void {
    const { outbound, bench } = this
    if (kind === 'append') {
      const around = Buffer.concat([Buffer.from('head'), bytes, Buffer.from('tail')])
      outbound.append(around, 4, 4 + bytes.length)
      around.fill('?')
    } else if (kind === 'encode') {
      outbound.reserve(bytes.length + 5)
      bytes.copy(outbound.buffer, outbound.at)
      outbound.commit(outbound.at + bytes.length)
    } else if (kind === 'reference') outbound.appendReference(bytes, undefined)
    else {
      const slab: Slab = bench.pool.take(bytes.length)
      bytes.copy(slab.buffer)
      outbound.appendReference(slab.buffer.subarray(0, bytes.length), slab)
      bench.pool.release(slab)
    }
  }
}

test('bytes out are bytes in, in order, whatever the sizes; all slabs are back at the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const run = new Run()
      for (const one of steps) run.take(one)
      const queued = run.expected.reduce((sum, one) => sum + one.length, 0)
      assert.equal(run.outbound.pendingBytes + run.outbound.writtenBytes, queued)
      run.bench.settle([run.socket])
      assert.ok(run.socket.bytes.equals(Buffer.concat(run.expected)))
      assert.equal(run.outbound.pendingBytes, 0)
      assert.equal(run.outbound.writtenBytes, queued)
      assert.equal(run.bench.pool.out.size, 0)
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 300 : 20_000 },
  )
})

test('a connection that ends in the middle gives its slabs back too, once its writes have failed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 10 }), (before, after) => {
      const run = new Run()
      for (const one of before) run.take(one)
      run.outbound.discard()
      // Whoever was in the middle of a dispatch may still write to it.
      for (const one of after) run.take(one)
      run.socket.complete(new Error('reset'))
      run.bench.settle([run.socket])
      assert.equal(run.bench.pool.out.size, 0)
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 300 : 20_000 },
  )
})

test('what is written within a turn leaves in one write', () => {
  const bench = new OutboundBench(1024)
  const { socket, outbound } = bench.outbound()
  for (let i = 0; i < 20; i++) outbound.append(Buffer.from('line\r\n'), 0, 6)
  outbound.appendReference(Buffer.from('by reference'), undefined)
  assert.equal(socket.vectors, 0)
  bench.clock.runImmediates()
  assert.equal(socket.vectors, 1)
  socket.complete()
  assert.equal(socket.bytes.toString(), `${'line\r\n'.repeat(20)}by reference`)
})

test('what comes while a write is under way follows in the next one', () => {
  const bench = new OutboundBench(1024)
  const drained: number[] = []
  const { socket, outbound } = bench.outbound({ onDrained: (one) => drained.push(one.pendingBytes) })
  outbound.append(Buffer.from('one'), 0, 3)
  bench.clock.runImmediates()
  outbound.append(Buffer.from('two'), 0, 3)
  bench.clock.runImmediates()
  assert.equal(socket.vectors, 1)
  assert.equal(outbound.pendingBytes, 6)
  socket.complete()
  assert.equal(socket.vectors, 2)
  socket.complete()
  assert.deepEqual(drained, [3, 0])
  assert.equal(socket.bytes.toString(), 'onetwo')
})

test('the owner hears when the mark is passed, and can end the connection there', () => {
  const bench = new OutboundBench()
  let alarms = 0
  const { socket, outbound } = bench.outbound({
    onPressure: (one) => {
      alarms++
      one.alarmBytes = Number.POSITIVE_INFINITY
      one.discard()
    },
  })
  outbound.alarmBytes = 200
  bench.clock.runImmediates()
  outbound.append(pattern(0, 1000), 0, 1000)
  assert.equal(alarms, 1)
  // A reservation of an encoder that does not know yet.
  outbound.reserve(40)
  outbound.commit(outbound.at + 40)
  outbound.reserve(40)
  bench.settle([socket])
  socket.complete(new Error('reset'))
  assert.equal(bench.pool.out.size, 0)
})
