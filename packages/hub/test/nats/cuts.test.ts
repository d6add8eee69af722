/** A stream of operations means the same wherever it is cut. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { CodecBench, feed } from './memory.ts'
import { LONG } from './support.ts'

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n'

const bench = new CodecBench()

function answerTo(stream: Buffer, cuts: readonly number[]): string {
  const socket = bench.connect()
  feed(bench, socket, stream, cuts)
  bench.disconnect(socket)
  return socket.written + (socket.ended ? '<end>' : '')
}

test('the recorded dialogues, cut at every byte boundary and into single bytes', () => {
  const recorded = JSON.parse(readFileSync(new URL('fixtures/dialogues.json', import.meta.url), 'utf8')) as {
    server: string
    send: string
    answer: string
  }[]
  for (const { server, send, answer } of recorded) {
    // Long ones differ in nothing from short ones; limits have their own test.
    if (server !== 'open' || send.length > 600) continue
    const stream = Buffer.from(send, 'latin1')
    const whole = answerTo(stream, [])
    // What the hub says in the middle of an operation that can come to nothing is said as soon as it is known.
    assert.equal(whole.replace('<end>', ''), answer, JSON.stringify(send))
    for (let cut = 1; cut < stream.length; cut++) {
      assert.equal(answerTo(stream, [cut]), whole, `${JSON.stringify(send)} cut at ${cut}`)
    }
    const everywhere = Array.from({ length: stream.length }, (_, index) => index)
    assert.equal(answerTo(stream, everywhere), whole, `${JSON.stringify(send)} in single bytes`)
  }
})

test('a large payload in many pieces arrives whole, and once', () => {
  const payload = Buffer.alloc(700_000, 'abcdefghij')
  const stream = Buffer.concat([
    Buffer.from(`${CONNECT}SUB a 1\r\nPUB a ${payload.length}\r\n`),
    payload,
    Buffer.from('\r\nPING\r\n'),
  ])
  const whole = `MSG a 1 ${payload.length}\r\n${payload.toString('latin1')}\r\nPONG\r\n`
  for (const step of [65_536, 10_007, 1460]) {
    const cuts = Array.from({ length: Math.floor(stream.length / step) }, (_, index) => (index + 1) * step)
    assert.ok(answerTo(stream, cuts) === whole, `pieces of ${step}`)
  }
})

test('the limits hold wherever the stream is cut', () => {
  const cases: [string, RegExp][] = [
    [`${CONNECT}SUB ${'a'.repeat(5000)} 1\r\n`, /^-ERR 'maximum control line exceeded'\r\n<end>$/],
    [`${CONNECT}PUB ${'a'.repeat(5000)} 1\r\n`, /^-ERR 'maximum control line exceeded'\r\n<end>$/],
    [`CONNECT {"name":"${'a'.repeat(5000)}"}\r\n`, /^-ERR 'maximum control line exceeded'\r\n<end>$/],
    [`${CONNECT}PUB a 1048577\r\n`, /^-ERR 'Maximum Payload Violation'\r\n<end>$/],
    [`${CONNECT}SUB ${'a'.repeat(5000)}`, /^-ERR 'maximum control line exceeded'\r\n<end>$/],
  ]
  for (const [send, expected] of cases) {
    const stream = Buffer.from(send)
    for (const step of [stream.length, 4096, 1000, 7]) {
      const cuts = Array.from({ length: Math.floor(stream.length / step) }, (_, index) => (index + 1) * step)
      assert.match(answerTo(stream, cuts), expected, `${send.slice(0, 20)} in pieces of ${step}`)
    }
  }
})

const subject = fc
  .array(fc.constantFrom('a', 'b', 'ü', '$x'), { minLength: 1, maxLength: 3 })
  .map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'ü', '$x', '*'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest ? ['>'] : [])].join('.'))
const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t', ' \t ')
const newline = fc.constantFrom('\r\n', '\r\n', '\n')
const payload = fc.oneof(
  fc.constant(''),
  fc.constant('\r\n'),
  fc.constant('PING\r\nSUB a 9\r\n'),
  fc.string({ maxLength: 40 }),
)
const sid = fc.integer({ min: 1, max: 6 }).map(String)
const reply = fc.option(subject, { nil: undefined })

function publish(verb: string, parts: (string | undefined)[], gap: string, end: string, body: Buffer): Buffer {
  const line = [verb, ...parts.filter((part) => part !== undefined)].join(gap)
  return Buffer.concat([Buffer.from(`${line}${end}`), body, Buffer.from('\r\n')])
}

const operation: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('PUB', 'pub', 'Pub'), subject, reply, payload, blank, newline)
      .map(([verb, to, answer, text, gap, end]) => {
        const body = Buffer.from(text)
        return publish(verb, [to, answer, String(body.length)], gap, end, body)
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('HPUB', 'hpub'),
        subject,
        reply,
        payload,
        blank,
        newline,
        fc.constantFrom('', 'NATS/1.0\r\nA: b\r\n\r\n', 'NATS/1.0\r\nWirehub-User: root\r\nA: b\r\n\r\n'),
      )
      .map(([verb, to, answer, text, gap, end, head]) => {
        const body = Buffer.from(head + text)
        return publish(verb, [to, answer, String(head.length), String(body.length)], gap, end, body)
      }),
  },
  fc
    .tuple(
      fc.constantFrom('SUB', 'sub'),
      pattern,
      fc.option(fc.constantFrom('q', 'r'), { nil: undefined }),
      sid,
      blank,
      newline,
    )
    .map(([verb, to, queue, id, gap, end]) =>
      Buffer.from([verb, to, ...(queue === undefined ? [] : [queue]), id].join(gap) + end),
    ),
  fc
    .tuple(sid, fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), blank, newline)
    .map(([id, max, gap, end]) =>
      Buffer.from(['UNSUB', id, ...(max === undefined ? [] : [String(max)])].join(gap) + end),
    ),
  fc.constantFrom('PING\r\n', 'PONG\r\n', '+OK\r\n', 'INFO {}\r\n', CONNECT).map((text) => Buffer.from(text)),
)

test('any cut of any stream of valid operations gives the same deliveries', () => {
  fc.assert(
    fc.property(
      fc.array(operation, { minLength: 1, maxLength: 20 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      (operations, places) => {
        const stream = Buffer.concat([Buffer.from(CONNECT), ...operations])
        const cuts = places.map((place) => Math.floor(place * stream.length)).toSorted((a, b) => a - b)
        assert.equal(answerTo(stream, cuts), answerTo(stream, []))
      },
    ),
    { numRuns: LONG ? 20_000 : 500 },
  )
})
