import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ARRAY, JsonTape, KEY, KIND_MASK, NUMBER, OBJECT, STRIDE, STRING } from './tape.ts'

const numRuns = process.env.WIREHUB_TEST_LONG ? 20_000 : 500

function parses(text: string): boolean {
  const bytes = Buffer.from(text)
  return new JsonTape().parse(bytes, 0, bytes.length)
}

function accepts(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a token says where its value stands, quotes and brackets included, and which token follows it', () => {
  const text = '{"a": [1, "x"], "b\\n": null}'
  const tape = new JsonTape()
  assert.ok(tape.parse(Buffer.from(text), 0, text.length))
  const told = Array.from({ length: tape.count }, (_, index) => {
    const [kind, start, end, next] = tape.tokens.subarray(index * STRIDE)
    return [kind & KIND_MASK, text.slice(start, end), next / STRIDE]
  })
  assert.deepEqual(told.slice(0, 6), [
    [OBJECT, text, 7],
    [KEY, '"a"', 2],
    [ARRAY, '[1, "x"]', 5],
    [NUMBER, '1', 4],
    [STRING, '"x"', 5],
    [KEY, '"b\\n"', 6],
  ])
})

test('what JSON.parse takes is taken, what it refuses is refused', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(parses(text), true, text)
    }),
    { numRuns },
  )
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u0041"',
    '1',
    '-0',
    '1e5',
    '01',
    '.5',
    'true',
    'nul',
    ' ',
    '"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const text = pieces.join('')
      // Several documents in a row are fine here and not there.
      if (accepts(text)) assert.ok(parses(text), text)
      else if (parses(text)) assert.ok(isSequence(text), text)
    }),
    { numRuns: numRuns * 4 },
  )
})

/** Whether a text can be cut into JSON documents. */
function isSequence(text: string): boolean {
  if (text.trim() === '') return true
  for (let end = 1; end <= text.length; end++) {
    if (accepts(text.slice(0, end)) && isSequence(text.slice(end))) return true
  }
  return false
}

test('nesting beyond the limit, however deep, is a fault and no stack overflow', () => {
  const deep = Buffer.from('['.repeat(1_000_000))
  const tape = new JsonTape({ maxDepth: 100 })
  assert.equal(tape.parse(deep, 0, deep.length), false)
  assert.equal(tape.fault, 'depth')
  const wide = new JsonTape({ maxDepth: 2_000_000 })
  assert.equal(wide.parse(Buffer.concat([deep, Buffer.from(']'.repeat(1_000_000))]), 0, 2_000_000), true)
})

test('more tokens than allowed are a fault', () => {
  const tape = new JsonTape({ maxTokens: 256 })
  const many = Buffer.from(`[${'1,'.repeat(1000)}1]`)
  assert.equal(tape.parse(many, 0, many.length), false)
  assert.equal(tape.fault, 'tokens')
})
