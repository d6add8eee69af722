/** Payloads made to cost much: the work grows with their length and no faster. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRules, scrub } from './kit.ts'

const scrubber = compileRules([
  { fields: ['**.password', '$.a.*.b'], action: 'mask' },
  { detectors: 'all', action: 'remove' },
])

const size = 32 * 1024
const times = (piece: string) => piece.repeat(Math.ceil(size / piece.length))
const nested = (depth: number): string => (depth === 0 ? 'joe@firma.de' : JSON.stringify({ x: nested(depth - 1) }))

const payloads: Readonly<Record<string, (factor: number) => string>> = {
  'deep arrays': (factor) => times('[').repeat(factor),
  'deep objects': (factor) => times('{"a":').repeat(factor),
  'one long key': (factor) => `{"${times('k').repeat(factor)}":"joe@firma.de"}`,
  'many keys': (factor) => `{${Array.from({ length: 4000 * factor }, (_, at) => `"k${at}":"joe@firma.de"`).join(',')}}`,
  backslashes: (factor) => `{"a":"${times('\\\\').repeat(factor)} joe@firma.de"}`,
  'escaped quotes': (factor) => `{"a":"${times('\\"').repeat(factor)} joe@firma.de"}`,
  'percent signs': (factor) => `joe@firma.de ${times('%25').repeat(factor)}`,
  'short strings with escapes': (factor) => `[${times('"\\n%4","%41",').repeat(factor)}"joe@firma.de"]`,
  'at signs': (factor) => times('a@').repeat(factor),
  digits: (factor) => times('4111111111111111 ').repeat(factor),
  'one digit run': (factor) => times('4').repeat(factor),
  findings: (factor) => times('joe@firma.de ').repeat(factor),
  // Each level of escaping was compared with every finding of the levels below.
  'findings in an escaped string': (factor) => `{"a":"\\n${times('joe@firma.de ').repeat(factor)}"}`,
  'form pairs': (factor) => `a=joe%40firma.de${times('&b=%40').repeat(factor)}`,
  'headers of parts': (factor) => times('--x12345\r\nContent-Type: a\r\n').repeat(factor),
}

for (const [name, make] of Object.entries(payloads)) {
  test(`${name}: four times the payload is no more than a few times the work`, () => {
    const measure = (factor: number): number => {
      const payload = Buffer.from(make(factor))
      let best = Number.POSITIVE_INFINITY
      for (let turn = 0; turn < 3; turn++) {
        const before = process.cpuUsage()
        scrub(scrubber, payload)
        const used = process.cpuUsage(before)
        best = Math.min(best, used.user + used.system)
      }
      return best
    }
    measure(1)
    // Quadratic work is sixteen times as much in every round; what only disturbs the machine is gone in the next one.
    let told = ''
    for (let round = 0; round < 6; round++) {
      const one = measure(1)
      const four = measure(4)
      if (four < one * 10 + 5000) return
      told += ` ${one} us for one, ${four} us for four;`
    }
    assert.fail(told)
  })
}

test('nesting deeper than is looked into is still seen as text', () => {
  const outcome = scrub(scrubber, nested(5))
  assert.equal(outcome.kind, 'changed')
  assert.doesNotMatch(outcome.kind === 'changed' ? Buffer.from(outcome.payload).toString() : '@', /@/)
})
