import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { encodeHeaders, hasStampedHeader, parseHeaders, withoutStampedHeaders } from './headers.ts'

const block = (text: string): Buffer => Buffer.from(`NATS/1.0\r\n${text}\r\n\r\n`)

test('a stamped header is found in any case, behind white space, after any line end', () => {
  for (const text of [
    'Wirehub-User: x',
    'a: b\r\nwirehub-user: x',
    'a: b\r\nWIREHUB-TIME:x',
    'a: b\r\n \t wIrEhUb-x: x',
    'a: b\nWirehub-User: x',
    'a: b\rWirehub-User: x',
    'a: b\r\n\r\nWirehub-User: x',
  ]) {
    const bytes = block(text)
    assert.ok(hasStampedHeader(bytes, 0, bytes.length), JSON.stringify(text))
    const left = withoutStampedHeaders(bytes)
    assert.ok(!hasStampedHeader(left, 0, left.length), JSON.stringify(left.toString()))
    assert.ok(!/wirehub-/i.test(left.toString()))
  }
  const first = Buffer.from('Wirehub-User: x\r\n\r\n')
  assert.ok(hasStampedHeader(first, 0, first.length), 'a block without its version line')
})

test('other headers are not touched, and what is only like a stamped header stays', () => {
  for (const text of ['X-Wirehub-User: x', 'a: wirehub-user: x', 'wirehub: x', 'Wirehubuser: x', 'w: w']) {
    const bytes = block(text)
    assert.ok(!hasStampedHeader(bytes, 0, bytes.length), text)
    assert.deepEqual(withoutStampedHeaders(bytes), bytes)
  }
})

test('whatever a client sends as a block, nothing stamped is left of it', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', ':', 'Wirehub-', 'wirehub-User', 'a', 'NATS/1.0', '\0')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''))
      const left = withoutStampedHeaders(bytes)
      for (const reader of [/\r\n/, /\n/, /\r\n|\r|\n/]) {
        for (const line of left.toString().split(reader))
          assert.ok(!/^\s*wirehub-.*:/i.test(line), JSON.stringify(line))
      }
      if (!hasStampedHeader(bytes, 0, bytes.length)) {
        for (const line of bytes.toString().split(/\r\n|\r|\n/)) assert.ok(!/^\s*wirehub-.*:/i.test(line))
      }
    }),
  )
})

test('a value cannot become a header of its own', () => {
  assert.throws(() => encodeHeaders([['a', 'b\r\nWirehub-User: root']]), { code: 'WIREHUB_ERR_INVALID_HEADER' })
  assert.throws(() => encodeHeaders([['a: b\r\nc', 'd']]), { code: 'WIREHUB_ERR_INVALID_HEADER' })
  assert.throws(() => encodeHeaders([], '400 no\r\nc: d'), { code: 'WIREHUB_ERR_INVALID_HEADER' })
  assert.deepEqual(parseHeaders(encodeHeaders([['a', 'b']], '503')), {
    status: 503,
    description: '',
    entries: [['a', 'b']],
  })
})
