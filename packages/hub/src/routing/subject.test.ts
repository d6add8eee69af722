import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { covers, matches, overlaps, parseLiteral, parsePattern, subjectKind } from './subject.ts'

test('subjects are literal, wildcard or invalid', () => {
  for (const literal of ['a', 'a.b', 'a*.b', 'a>.b', '$SYS.x', 'ünï.cødé', 'a-b_c:d/e'])
    assert.equal(subjectKind(literal), 'literal', literal)
  for (const wildcard of ['*', '>', 'a.*', '*.b', 'a.>', '*.*.>'])
    assert.equal(subjectKind(wildcard), 'wildcard', wildcard)
  for (const invalid of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a\r\nPUB x', 'a\tb', '>.a', 'a.>.b', 'a\0', '\x7f']) {
    assert.equal(subjectKind(invalid), 'invalid', JSON.stringify(invalid))
  }
})

test('what is no subject is refused with a code and a cure', () => {
  assert.throws(() => parseLiteral('a.*'), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
  assert.throws(() => parsePattern('a..b'), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
  assert.equal(parsePattern('a.>'), 'a.>')
})

test('> takes one token or more, * exactly one; neither takes $SYS or $HUB at the front', () => {
  assert(matches('a.>', 'a.b'))
  assert(!matches('a.>', 'a'))
  assert(matches('*.b', 'a.b'))
  assert(!matches('*', 'a.b'))
  assert(matches('>', '$JS.API'))
  assert(!matches('>', '$HUB.DLQ.x'))
  assert(!matches('*.x', '$SYS.x'))
  assert(matches('$HUB.>', '$HUB.DLQ.x'))
})

const token = fc.constantFrom('a', 'b', 'c')
const literal = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '*'), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest ? ['>'] : [])].join('.'))

test('covers and overlaps agree with matches', () => {
  fc.assert(
    fc.property(pattern, pattern, literal, (left, right, subject) => {
      if (covers(left, right) && matches(right, subject)) assert(matches(left, subject))
      if (matches(left, subject) && matches(right, subject)) assert(overlaps(left, right))
    }),
  )
})
