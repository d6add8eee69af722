import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileUserPattern } from '../patterns/user.ts'
import { compileScanner } from './scanner.ts'
import type { Detector, Scanner } from './types.ts'

const ticket: Detector = {
  name: 'ticket',
  category: 'custom',
  description: 'Ticket numbers',
  default: true,
  pattern: /\bTCK-\d{4,8}\b/,
}
const pin: Detector = {
  name: 'pin',
  category: 'custom',
  description: 'Digits after the word pin',
  default: true,
  context: { words: ['pin', 'persönliche nummer'], pattern: /(?<!\d)\d{4}(?!\d)/ },
}

function found(scanner: Scanner, text: string, field: string = ''): string[] {
  const out: string[] = []
  scanner.scanText(text, (start, end, detector) => out.push(`${detector.name}:${text.slice(start, end)}`), field)
  return out
}

describe('a scanner', () => {
  const scanner = compileScanner([ticket, pin])

  it('reports findings in order, with byte offsets into the range', () => {
    const bytes = Buffer.from('é TCK-1234 pin 0815 é')
    const spans: [number, number, string][] = []
    assert.equal(
      scanner.scan(bytes, 0, bytes.length, (start, end, { name }) => spans.push([start, end, name])),
      2,
    )
    assert.deepEqual(spans, [
      [3, 11, 'ticket'],
      [16, 20, 'pin'],
    ])
  })

  it('reports offsets of a string in UTF-16', () => {
    assert.deepEqual(found(scanner, '✓ 🎉 TCK-1234'), ['ticket:TCK-1234'])
  })

  it('looks only into the range it is given', () => {
    const bytes = Buffer.from('xxTCK-1234xx')
    assert.equal(
      scanner.scan(bytes, 2, 10, () => {}),
      1,
    )
    assert.equal(
      scanner.scan(bytes, 2, 8, () => {}),
      0,
    )
    assert.equal(
      scanner.scan(bytes, 0, 12, () => {}),
      0,
    )
  })

  it('wants a word for what only a word vouches for, in the text or in the name of the field', () => {
    assert.deepEqual(found(scanner, '4711'), [])
    assert.deepEqual(found(scanner, 'PIN: 4711'), ['pin:4711'])
    assert.deepEqual(found(scanner, '4711', 'userPin'), ['pin:4711'])
    assert.deepEqual(found(scanner, 'Persönliche_Nummer=4711'), ['pin:4711'])
    assert.deepEqual(found(scanner, 'PERSÖNLICHE NUMMER 4711'), ['pin:4711'])
    assert.equal(scanner.fieldHasContext('userPin'), true)
    assert.equal(scanner.fieldHasContext('total'), false)
  })

  it('does not take a short word within another for one', () => {
    assert.deepEqual(found(scanner, 'spinning 4711, opinion 4712'), [])
    assert.deepEqual(found(scanner, '4711', 'shippingCode'), [])
  })

  it('does not reach over the end of a field', () => {
    assert.deepEqual(found(scanner, '{"pin":null,"year":"2026"}'), [])
    assert.deepEqual(found(scanner, 'pin=&year=2026'), [])
  })

  it('joins findings that overlap, under the name of the one that contains the other', () => {
    const outer: Detector = { ...ticket, name: 'outer', pattern: /\bTCK-\d{4}-[a-z]+/ }
    const inner: Detector = { ...ticket, name: 'inner', pattern: /\bTCK-\d{4}/, priority: 5 }
    assert.deepEqual(found(compileScanner([inner, outer]), 'x TCK-1234-abc y'), ['outer:TCK-1234-abc'])
    const right: Detector = { ...ticket, name: 'right', pattern: /1234-[a-z]+/ }
    assert.deepEqual(found(compileScanner([inner, right]), 'x TCK-1234-abc y'), ['inner:TCK-1234-abc'])
  })

  it('joins what comes after the limit of findings, so that nothing stays visible', () => {
    const limited = compileScanner([ticket], { maxSpans: 2 })
    assert.deepEqual(found(limited, 'TCK-1111 TCK-2222 TCK-3333 TCK-4444 end'), [
      'ticket:TCK-1111',
      'ticket:TCK-2222 TCK-3333 TCK-4444',
    ])
  })

  it('says of a range without triggers that it cannot match', () => {
    const clean = Buffer.from('{"total":99.95}')
    const dirty = Buffer.from('{"x":"TCK-1234"}')
    assert.equal(scanner.mayMatch(clean, 0, clean.length), false)
    assert.equal(scanner.mayMatch(dirty, 0, dirty.length), true)
  })

  it('runs patterns of users in the linear engine, everywhere', () => {
    const user: Detector = { ...ticket, name: 'user', pattern: compileUserPattern('kunde-(\\d+)') }
    const both = compileScanner([ticket, user])
    assert.deepEqual(found(both, 'kunde-17 und TCK-1234 kunde-18'), ['user:17', 'ticket:TCK-1234', 'user:18'])
    const clean = Buffer.from('nothing here')
    assert.equal(both.mayMatch(clean, 0, clean.length), false)
  })

  it('gives up for found what would cost more than linear time', () => {
    const user: Detector = { ...ticket, name: 'user', pattern: compileUserPattern('a.*b|a') }
    const pattern = user.pattern as ReturnType<typeof compileUserPattern>
    const text = 'a'.repeat(20_000)
    const out = found(compileScanner([user]), text)
    assert.ok(pattern.steps < 20 * pattern.size * text.length)
    assert.equal(
      out.reduce((sum, finding) => sum + finding.length - 5, 0),
      text.length,
    )
  })

  it('refuses a pattern whose matches begin with anything', () => {
    assert.throws(
      () => compileScanner([{ ...ticket, pattern: /.*x/ }]),
      /detector ticket: no trigger can be derived; give it triggers/,
    )
  })
})
