import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { View } from './view.ts'

const numRuns = process.env.WIREHUB_TEST_LONG ? 20_000 : 500

test('JSON escapes are undone as JSON.parse does it', () => {
  const view = new View()
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, all) => {
      const escaped = all
        ? [...text]
            .map((one) =>
              [...Array(one.length).keys()]
                .map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`)
                .join(''),
            )
            .join('')
        : JSON.stringify(text).slice(1, -1)
      const source = Buffer.from(`ab${escaped}cd`)
      view.unescapeJson(source, 2, source.length - 2)
      assert.equal(view.bytes.toString('utf8', 0, view.length), text)
    }),
    { numRuns },
  )
})

test('every range of a view leads back to exactly the escapes that made it', () => {
  const piece = fc.constantFrom('a', 'é', '\\n', '\\u0040', '\\ud83d\\ude00', '\\"', 'xyz')
  const view = new View()
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(), fc.nat(), (pieces, one, other) => {
      const source = Buffer.from(pieces.join(''))
      const bounds = [0]
      for (const part of pieces) bounds.push(bounds.at(-1)! + Buffer.byteLength(JSON.parse(`"${part}"`)))
      const sourceBounds = [0]
      for (const part of pieces) sourceBounds.push(sourceBounds.at(-1)! + Buffer.byteLength(part))
      view.unescapeJson(source, 0, source.length)
      const from = Math.min(one % bounds.length, other % bounds.length)
      const to = Math.max(one % bounds.length, other % bounds.length)
      if (from === to) return
      assert.equal(view.sourceStart(bounds[from]), sourceBounds[from])
      assert.equal(view.sourceEnd(bounds[to]), sourceBounds[to])
    }),
    { numRuns },
  )
})

test('percent-encoding is undone as decodeURIComponent does it, and written back so that it reads the same', () => {
  const view = new View()
  fc.assert(
    fc.property(fc.string(), (text) => {
      const source = Buffer.from(new URLSearchParams({ a: text }).toString().slice(2))
      view.unescapePercent(source, 0, source.length, true)
      assert.equal(view.bytes.toString('utf8', 0, view.length), text.toWellFormed())
      assert.equal(new URLSearchParams(`a=${view.encode(text)}`).get('a'), text.toWellFormed())
    }),
    { numRuns },
  )
})
