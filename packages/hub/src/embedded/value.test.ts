import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeArguments, decodeValue, encodeArguments, encodeValue } from './value.ts'

test('text, JSON and nothing come back as they were sent', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.jsonValue(), fc.constant(undefined)), (value) => {
      const { payload, contentType } = encodeValue(value)
      assert.deepEqual(decodeValue(payload, contentType), JSON.parse(JSON.stringify([value]))[0] ?? value)
    }),
  )
})

test('bytes come back as bytes; a header says so only where they could be taken for text', () => {
  for (const [bytes, contentType] of [
    [Buffer.from([255, 0]), undefined],
    [Buffer.from('abc'), 'application/octet-stream'],
  ] as const) {
    const encoded = encodeValue(bytes)
    assert.equal(encoded.contentType, contentType)
    assert.deepEqual(decodeValue(encoded.payload, encoded.contentType), bytes)
  }
  assert.equal(encodeValue('42').contentType, 'text/plain; charset=utf-8')
  assert.equal(encodeValue('hello').contentType, undefined)
  assert.equal(encodeValue({ a: 1 }).contentType, undefined)
})

test('several arguments arrive as several arguments', () => {
  const { payload, contentType } = encodeArguments([1, 'two', { three: 3 }])
  assert.deepEqual(decodeArguments(payload, contentType), [1, 'two', { three: 3 }])
  assert.deepEqual(decodeArguments(encodeArguments([[1, 2]]).payload, undefined), [[1, 2]])
  assert.deepEqual(decodeArguments(encodeArguments([]).payload, undefined), [])
})

test('what has no JSON form is refused', () => {
  assert.throws(() => encodeValue(() => 1), TypeError)
})
