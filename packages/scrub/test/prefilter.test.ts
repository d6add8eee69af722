/** A payload is passed over without being read only when no detector finds anything in any of its values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allDetectors, compileScanner } from '../src/mod.ts'
import { compileRules, scrub } from './kit.ts'

const numRuns = process.env.WIREHUB_TEST_LONG ? 20_000 : 500
const scrubber = compileRules([{ detectors: 'all', action: 'report' }])
const scanner = compileScanner(allDetectors)

const word = fc.constantFrom(
  'password',
  'ssn',
  'phone',
  'token',
  'card',
  'iban',
  'key',
  'name',
  'a',
  'birth',
  'passport',
  'secret',
)
const value = fc.oneof(
  word,
  fc.constantFrom(
    '219-09-9999',
    '078051120',
    '+49 30 901820',
    '030 901820',
    'hunter2hunter2',
    '4111111111111111',
    'joe@firma.de',
    '10.1.2.3',
  ),
  fc.stringMatching(/^[A-Za-z0-9/+=_-]{0,44}$/),
  fc.stringMatching(/^[0-9 .()-]{0,20}$/),
  // Not `""`: that is read as JSON within a string, and what is in it is empty.
  fc.string({ maxLength: 6 }).filter((text) => text !== '""'),
)

test('what a scanner finds in a named value is found in the document that holds it', () => {
  fc.assert(
    fc.property(word, value, value, fc.nat({ max: 2 }), (name, text, other, depth) => {
      let found = 0
      const bytes = Buffer.from(text)
      scanner.scan(bytes, 0, bytes.length, () => found++, name)
      let document: unknown = { [name]: text, z: 1 }
      for (let level = 0; level < depth; level++) document = { x: other.replace(/[^a-z]/g, ''), list: [document] }
      const outcome = scrub(scrubber, JSON.stringify(document))
      const told = outcome.findings.filter(({ path }) => path.endsWith(`.${name}`)).length
      assert.ok(told >= found, `${JSON.stringify(document)}: ${found} in the value, ${told} in the document`)
    }),
    { numRuns: numRuns * 2 },
  )
})
