/** The rule by which payloads stand in lines: every payload has a form, and the form gives the payload back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryHub } from '../support/memory-hub.ts'

const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .string({ unit: 'binary' })
    .filter((text) => text.isWellFormed())
    .map((text) => Buffer.from(text)),
  fc.json().map((json) => Buffer.from(json)),
  fc
    .constantFrom(
      '',
      '""',
      '"a"',
      ' "a" ',
      '1',
      '-0',
      '1.0',
      '1e999',
      'null',
      'nul',
      '[]',
      '{',
      '\ufeff{}',
      '"\\ud800"',
    )
    .map((text) => Buffer.from(text)),
)

/** A line that publishes exactly these bytes. */
function published(subject: string, payload: Buffer, type: string | undefined): string {
  const headers = type === undefined ? undefined : { 'Content-Type': type }
  return `${JSON.stringify({ op: 'pub', subject, data: payload.toString('base64'), encoding: 'base64', headers })}\n`
}

test('a delivered line, published again as it is, gives the same payload', async () => {
  const { world, hub, connect } = await memoryHub('lines://127.0.0.1:0')
  const bridge = connect()
  bridge.write('{"op":"sub","subject":"from"}\n')
  world.run()
  bridge.takeText()
  let arrived: Buffer | undefined
  hub.subscribe('to', (message) => void (arrived = message.data))
  fc.assert(
    fc.property(payloads, fc.constantFrom(undefined, 'text/plain', 'application/octet-stream'), (payload, type) => {
      bridge.write(published('from', payload, type))
      world.run()
      const { op, subject, ...rest } = JSON.parse(bridge.takeText())
      assert.deepEqual([op, subject], ['msg', 'from'])
      arrived = undefined
      bridge.write(`${JSON.stringify({ op: 'pub', subject: 'to', ...rest })}\n`)
      world.run()
      assert.ok(arrived !== undefined, bridge.takeText())
      assert.equal(meaning(arrived, type), meaning(payload, type))
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 1000 : 50_000 },
  )
})

/** JSON is compared by value: this test's own parser changes its spaces and rounds its numbers. All else byte by byte. */
function meaning(payload: Buffer, type: string | undefined): string {
  if (type !== undefined) return payload.toString('hex')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload)
    return JSON.stringify(JSON.parse(text))
  } catch {
    return payload.toString('hex')
  }
}

const forms: [payload: Buffer | string, type: string | undefined, members: string][] = [
  ['', undefined, ''],
  ['hello', undefined, ',"data":"hello"'],
  ['{"a": 1.0}', undefined, ',"data":{"a": 1.0}'],
  ['[1,\r\n2]', undefined, ',"data":[1,  2]'],
  ['12', undefined, ',"data":12'],
  ['12', 'text/plain', ',"headers":{"Content-Type":"text/plain"},"data":"12"'],
  ['"hello"', undefined, ',"data":"hello","encoding":"json"'],
  [Buffer.from([0xff, 0]), undefined, ',"data":"/wA=","encoding":"base64"'],
]

test('the forms of the table in docs/lines.md', async () => {
  const { world, connect } = await memoryHub('lines://127.0.0.1:0')
  const socket = connect()
  socket.write('{"op":"sub","subject":"x"}\n')
  world.run()
  socket.takeText()
  for (const [payload, type, members] of forms) {
    socket.write(published('x', Buffer.from(payload as string), type))
    world.run()
    assert.equal(socket.takeText(), `{"op":"msg","subject":"x"${members}}\n`)
  }
})

test('a subscriber may ask for text or base64 always', async () => {
  const { world, hub, connect } = await memoryHub('lines://127.0.0.1:0')
  const socket = connect()
  socket.write(
    '{"op":"sub","subject":"x","id":1,"encoding":"text"}\n{"op":"sub","subject":"x","id":2,"encoding":"base64"}\n',
  )
  world.run()
  socket.takeText()
  hub.publish('x', { a: 1 })
  world.run()
  const lines = socket
    .takeText()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ id, data, encoding }) => [id, data, encoding]),
    [
      [1, '{"a":1}', undefined],
      [2, 'eyJhIjoxfQ==', 'base64'],
    ],
  )
})
