import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nameBefore } from './field-name.ts'

/** The same as a pattern, which is tried from every place before the value. */
const PATTERN =
  /([\w.$-]{1,64})[\\"'\])]{0,4}(?:\s{1,24}value(?=\s?[=:]))?\s{0,4}(?::=|=>|==?|[:>]|(?<=\s)(?:is|was|are|to|ist|lautet|es|est):?(?=\s))\s{0,4}[\\"'[(]{0,4}$/

/** The pattern sees the space behind a verb only where it is part of the text before the value. */
const byPattern = (text: string): string | undefined => PATTERN.exec(text.slice(Math.max(0, text.length - 96)))?.[1]

test('the name that a value is assigned to stands before a sign or a verb', () => {
  const cases: [string, string | undefined][] = [
    ['password=', 'password'],
    ['{"api.key": "', 'api.key'],
    ['$token := ', '$token'],
    ["x['pass'] => '", 'pass'],
    ['user.name==', 'user.name'],
    ['<input name="pin" value="', 'pin'],
    ['pin value :', 'pin'],
    ['value=', 'value'],
    ['the password is ', 'password'],
    ['the password is: ', 'password'],
    ['is: ', 'is'],
    ['mein Passwort lautet "', 'Passwort'],
    ['password     =', undefined],
    ['password=\\"\\"\\"', undefined],
    ['password ===', undefined],
    ['is ', undefined],
    ['', undefined],
    [`${'n'.repeat(90)}=`, 'n'.repeat(64)],
  ]
  for (const [text, name] of cases) {
    assert.equal(nameBefore(`${text}hunter2`, text.length), name, text)
    assert.equal(byPattern(text), name, text)
  }
})

test('it is read backwards as the pattern finds it, whatever stands there', () => {
  const pieces =
    'a|ab.c|$|-|_|value| value| |  |     |\t|\u00a0|é|:|=|>|==|:=|=>|is|is:| is | was|to |"|\\"|\'|]|)|(|['.split('|')
  const long = fc.integer({ min: 1, max: 70 }).map((length) => 'x'.repeat(length))
  const spaces = fc.integer({ min: 1, max: 26 }).map((length) => ' '.repeat(length))
  const text = fc
    .array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...pieces) }, long, spaces), { maxLength: 14 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom('', 'secret', ' secret'), (before, behind) => {
      assert.equal(nameBefore(before + behind, before.length), byPattern(before))
    }),
    { numRuns: 20_000 },
  )
})
