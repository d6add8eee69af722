import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffWords, oneSide, type Piece } from './diff.ts'

const side = (pieces: readonly Piece[], kind: 'removed' | 'added'): string =>
  pieces
    .filter((piece) => piece.kind === 'same' || piece.kind === kind)
    .map((piece) => piece.text)
    .join('')

test('words that change are told apart from those that stay', () => {
  assert.deepEqual(diffWords('{"to":"ann@example.com","n":1}', '{"to":"[email]","n":1}'), [
    { kind: 'same', text: '{"to":"' },
    { kind: 'removed', text: 'ann@example.com' },
    { kind: 'added', text: '[email]' },
    { kind: 'same', text: '","n":1}' },
  ])
  assert.deepEqual(diffWords('a', 'a'), [{ kind: 'same', text: 'a' }])
  assert.deepEqual(diffWords('', ''), [])
})

test('each side can be put together again, whatever the texts', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', ' ', '\n', '"', 'é', '\u{1f600}', '1'), { maxLength: 40 })
    .map((all) => all.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const pieces = diffWords(before, after)
      assert.equal(side(pieces, 'removed'), before)
      assert.equal(side(pieces, 'added'), after)
    }),
  )
})

test('texts too long to compare word by word are shown as one change', () => {
  const [before, after] = [1, 2].map((n) => `start ${Array.from({ length: 3000 }, (_, i) => i * n + n).join(' ')} end`)
  const pieces = diffWords(before, after)
  assert.equal(side(pieces, 'removed'), before)
  assert.equal(side(pieces, 'added'), after)
})

test('long stretches without a change are left out', () => {
  const rest = 'x '.repeat(500)
  const shown = oneSide(diffWords(`${rest}old ${rest}`, `${rest}new ${rest}`), 'added', (text) => `<${text}>`)
  assert.match(shown, /^…[x ]{48}<new>[x ]{48}…$/)
})
