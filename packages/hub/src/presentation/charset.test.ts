import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { charsetOf } from './charset.ts'

const text = fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed())

for (const name of ['utf-8', 'utf-16le', 'utf-16be']) {
  test(`${name} holds every text`, () => {
    const charset = charsetOf(name)
    fc.assert(
      fc.property(text, (one) => {
        const utf8 = Buffer.from(one)
        assert.deepEqual(charset.toUtf8(charset.fromUtf8(utf8, 'error'), 'error'), utf8)
      }),
    )
  })
}

const pages = ['iso-8859-1', 'iso-8859-15', 'windows-1252', 'windows-1251', 'koi8-r', 'ibm866', 'macintosh']
for (const name of pages) {
  test(`${name}: every byte there and back`, () => {
    const charset = charsetOf(name)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    assert.deepEqual(charset.fromUtf8(charset.toUtf8(bytes, 'error'), 'error'), bytes)
  })
}

test('names are known by their aliases, in any case', () => {
  for (const [label, name] of [
    ['Latin1', 'iso-8859-1'],
    ['UTF8', 'utf-8'],
    ['US-ASCII', 'ascii'],
    ['cp1252', 'windows-1252'],
    ['UTF-16', 'utf-16le'],
  ]) {
    assert.equal(charsetOf(label).name, name)
  }
  assert.throws(() => charsetOf('klingon'), /No charset is named "klingon"/)
  assert.throws(() => charsetOf('__proto__'), /No charset is named/)
})

test('iso-8859-1 is not windows-1252: 0x80 is a control character there, the euro sign here', () => {
  assert.equal(charsetOf('latin1').toUtf8(Buffer.of(0x80), 'error').toString(), '\u0080')
  assert.equal(charsetOf('cp1252').toUtf8(Buffer.of(0x80), 'error').toString(), '€')
})

const malformed: [charset: string, bytes: number[], offset: number][] = [
  ['utf-8', [0x61, 0xff], 1],
  ['utf-8', [0xc0, 0xaf], 0], // overlong
  ['utf-8', [0x61, 0xed, 0xa0, 0x80], 1], // a surrogate
  ['utf-8', [0xf4, 0x90, 0x80, 0x80], 0], // beyond U+10FFFF
  ['utf-8', [0xc3, 0xab, 0xe2, 0x9c], 2], // cut off
  ['utf-16le', [0x61, 0x00, 0x00, 0xdc], 2], // a low surrogate alone
  ['utf-16be', [0xd8, 0x3d, 0x00, 0x61], 0], // a high surrogate alone
  ['utf-16le', [0x61, 0x00, 0x62], 2], // half a unit
  ['ascii', [0x61, 0x62, 0x80], 2],
]
for (const [name, bytes, offset] of malformed) {
  test(`${name}: ${Buffer.from(bytes).toString('hex')} is malformed at offset ${offset}`, () => {
    const charset = charsetOf(name)
    assert.throws(() => charset.toUtf8(Buffer.from(bytes), 'error'), {
      code: 'WIREHUB_ERR_MALFORMED',
      place: `offset ${offset}`,
    })
    assert.match(charset.toUtf8(Buffer.from(bytes), 'replace').toString(), /\ufffd/)
  })
}

test('what a charset lacks is named with the offset of its first byte, or replaced', () => {
  const latin = charsetOf('latin1')
  const given = Buffer.from('Zoë ✓')
  assert.throws(() => latin.fromUtf8(given, 'error'), { code: 'WIREHUB_ERR_UNMAPPABLE', place: 'offset 5' })
  assert.deepEqual(latin.fromUtf8(given, 'replace'), Buffer.from('Zoë ?', 'latin1'))
})

test('malformed text never throws when it is to be replaced, and gives UTF-8', () => {
  for (const name of ['utf-8', 'utf-16le', 'utf-16be', 'ascii', 'windows-1252']) {
    const charset = charsetOf(name)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const utf8 = charset.toUtf8(Buffer.from(bytes), 'replace')
        new TextDecoder('utf-8', { fatal: true }).decode(utf8)
      }),
    )
  }
})

test('incomplete characters at the end of a read are told apart from malformed ones', () => {
  for (const name of ['utf-8', 'utf-16le', 'utf-16be']) {
    const charset = charsetOf(name)
    fc.assert(
      fc.property(text, fc.nat(), (one, at) => {
        const bytes = charset.fromUtf8(Buffer.from(one), 'error')
        const cut = bytes.subarray(0, at % (bytes.length + 1))
        const held = charset.incompleteBytes(cut)
        assert.ok(held <= 3)
        charset.toUtf8(cut.subarray(0, cut.length - held), 'error')
      }),
    )
  }
})
