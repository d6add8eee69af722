import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { charsetOf } from './charset.ts'
import { FrameWriter } from './frame-writer.ts'
import { type Framing, frameReader } from './framing.ts'

const MAX = 1000
const framings: [name: string, framing: Framing, charset: string][] = [
  ['newline', { name: 'newline', prefix: { bytes: 4, bigEndian: true, includesItself: false }, crlf: false }, 'utf-8'],
  ['CRLF', { name: 'newline', prefix: { bytes: 4, bigEndian: true, includesItself: false }, crlf: true }, 'utf-16le'],
  ['NUL', { name: 'nul', prefix: { bytes: 4, bigEndian: true, includesItself: false }, crlf: false }, 'utf-16be'],
  ...([1, 2, 4] as const).flatMap((bytes) =>
    [true, false].flatMap((bigEndian) =>
      [true, false].map((includesItself): [string, Framing, string] => [
        `length ${bytes} ${bigEndian ? 'big' : 'little'}${includesItself ? ' with itself' : ''}`,
        { name: 'length', prefix: { bytes, bigEndian, includesItself }, crlf: false },
        'utf-8',
      ]),
    ),
  ),
]

for (const [name, framing, charsetName] of framings) {
  test(`${name}: what is written is read, wherever it is cut`, () => {
    const charset = charsetOf(charsetName)
    const writer = new FrameWriter(framing, charset, 'space')
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, '.')))
    fc.assert(
      fc.property(texts, fc.array(fc.nat()), (sent, cuts) => {
        const wire = Buffer.concat(
          sent.flatMap((text) => {
            const body = writer.fit(charset.fromUtf8(Buffer.from(text), 'replace'))
            return [writer.head(body.length), body, writer.tail]
          }),
        )
        const reader = frameReader(framing, charset, MAX)
        const read: string[] = []
        let at = 0
        for (const end of [...cuts.map((cut) => cut % (wire.length + 1)), wire.length].sort((a, b) => a - b)) {
          reader.push(Buffer.from(wire.subarray(at, end)))
          for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
            read.push(charset.toUtf8(frame, 'error').toString())
          }
          at = end
        }
        assert.deepEqual(
          read,
          sent.map((text) => text.toWellFormed()),
        )
        assert.equal(reader.bufferedBytes, 0)
        assert.equal(reader.finish(), undefined)
      }),
    )
  })
}

test('frames that were handed out stay as they are while more is read', () => {
  const [, framing] = framings[0]
  const reader = frameReader(framing, charsetOf('utf-8'), MAX)
  reader.push(Buffer.from('fir'))
  assert.equal(reader.next(), undefined)
  reader.push(Buffer.from('st\nsec'))
  const first = reader.next()
  assert.equal(reader.next(), undefined)
  reader.push(Buffer.from('ond\nXXXXXXXXXXXXXXXXXXXXX\n'))
  while (reader.next() !== undefined) {
    // read on
  }
  assert.equal(first?.toString(), 'first')
})

test('a body that is longer than its length can tell is refused', () => {
  const writer = new FrameWriter(
    { name: 'length', prefix: { bytes: 1, bigEndian: true, includesItself: true }, crlf: false },
    charsetOf('utf-8'),
    'refuse',
  )
  assert.equal(writer.fit(Buffer.alloc(254)).length, 254)
  assert.throws(() => writer.fit(Buffer.alloc(255)), { code: 'WIREHUB_ERR_PAYLOAD_TOO_LARGE' })
})
