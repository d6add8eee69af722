/** Fan-out: everybody gets every message in order, in its own encoding, beside what is sent to it alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Connection } from '../../src/core/connection.ts'
import { FanOut } from '../../src/core/fan-out.ts'
import { Message } from '../../src/core/message.ts'
import type { Outbound } from '../../src/core/outbound.ts'
import { Subscription } from '../../src/core/subscription.ts'
import { OutboundBench, pattern, type SlowSocket } from './bench.ts'

interface Counted {
  readonly outbound: Outbound
  messages: number
  bytes: number
  countOut(messages: number, bytes: number): void
}

/** Encodes as `<identifier>:<payload>`, or without the identifier. */
class Reader extends Subscription {
  readonly socket: SlowSocket
  readonly counts: Counted

  constructor(bench: OutboundBench, identifier: string | undefined) {
    const { socket, outbound } = bench.outbound()
    const counts: Counted = {
      outbound,
      messages: 0,
      bytes: 0,
      countOut(messages, bytes) {
        this.messages += messages
        this.bytes += bytes
      },
    }
    super('a', undefined, counts as unknown as Connection)
    this.socket = socket
    this.counts = counts
    this.shareKey = 'test'
    this.patch = identifier === undefined ? undefined : Buffer.from(identifier)
  }

  expected(payload: Buffer): Buffer {
    return this.patch === undefined ? payload : Buffer.concat([this.patch, Buffer.from(':'), payload])
  }

  override encodedBytes(message: Message): number {
    return message.payloadBytes + 8
  }

  override encode(message: Message, target: Buffer, at: number): number {
    const bytes = this.expected(message.payload)
    bytes.copy(target, at)
    return at + bytes.length
  }

  override deliver(message: Message): void {
    const { outbound } = this.counts
    outbound.reserve(this.encodedBytes(message))
    outbound.commit(this.encode(message, outbound.buffer, outbound.at))
  }
}

function messageOf(payload: Buffer): Message {
  const message = new Message()
  message.compose(undefined, undefined, payload)
  return message
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('crowd' as const),
        which: fc.nat({ max: 1 }),
        size: fc.nat({ max: 3000 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('alone' as const),
        which: fc.nat({ max: 5 }),
        size: fc.nat({ max: 300 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('written' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const), which: fc.nat({ max: 5 }) }) },
  ),
  { maxLength: 100 },
)

test('everybody gets every message once, in order, in its own encoding, and no slab is kept', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(64, 512, 4096), (sequence, slabBytes) => {
      const bench = new OutboundBench(slabBytes, 1 << 20)
      const readers = ['1', '1', '2', '9', undefined, undefined].map((id) => new Reader(bench, id))
      // Two crowds that share members, as two subjects of the same subscribers do: one with identifiers, one without.
      const fanOuts = [new FanOut(bench.turn, readers.slice(0, 4)), new FanOut(bench.turn, readers.slice(4))]
      const crowds = [readers.slice(0, 4), readers.slice(4)]
      const expected = new Map(readers.map((one) => [one, [] as Buffer[]]))
      let position = 0
      for (const one of sequence) {
        if (one.kind === 'turn') bench.clock.runImmediates()
        else if (one.kind === 'written') for (const { socket } of readers) socket.complete()
        else if (one.kind === 'gone') {
          // Only whoever has nothing waiting can be compared afterwards: the rest is written first.
          bench.settle(readers.map(({ socket }) => socket))
          readers[one.which].closed = true
        } else {
          const payload = pattern(position, one.size)
          position += one.size
          const to = one.kind === 'crowd' ? crowds[one.which] : [readers[one.which]]
          if (one.kind === 'crowd') fanOuts[one.which].deliver(messageOf(payload))
          else if (!readers[one.which].closed) readers[one.which].deliver(messageOf(payload))
          for (const reader of to) if (!reader.closed) expected.get(reader)?.push(reader.expected(payload))
        }
      }
      bench.settle(readers.map(({ socket }) => socket))
      for (const reader of readers)
        assert.ok(reader.socket.bytes.equals(Buffer.concat(expected.get(reader) as Buffer[])))
      assert.equal(bench.pool.out.size, 0)
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 200 : 10_000 },
  )
})

test('a crowd counts messages and the bytes of headers and payload, as a single subscriber does', () => {
  const bench = new OutboundBench(4096)
  const readers = ['1', '2'].map((id) => new Reader(bench, id))
  const fanOut = new FanOut(bench.turn, readers)
  for (let i = 0; i < 10; i++) fanOut.deliver(messageOf(Buffer.from('hello')))
  bench.settle(readers.map(({ socket }) => socket))
  for (const { counts } of readers) assert.deepEqual([counts.messages, counts.bytes], [10, 50])
})
