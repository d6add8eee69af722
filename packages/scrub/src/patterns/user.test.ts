import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PatternSyntaxError } from './parse.ts'
import { SuperLinearError } from './program.ts'
import { compileUserPattern } from './user.ts'

const seed = Number(process.env.WIREHUB_TEST_SEED ?? 20_261_121)

function find(source: string, flags: string, text: string): string | undefined {
  const bytes = Buffer.from(text, 'utf8')
  const pattern = compileUserPattern(source, flags)
  const out: [number, number] = [0, 0]
  const isFound = pattern.find(bytes.toString('latin1'), 0, out)
  if (isFound) assert.ok(pattern.mayMatch(bytes, 0, bytes.length), 'the filter must not hide a match')
  return isFound ? bytes.subarray(out[0], out[1]).toString('utf8') : undefined
}

describe('a pattern that somebody wrote', () => {
  const cases: readonly [source: string, flags: string, text: string][] = [
    ['ACME-\\d{4,6}', '', 'id ACME-12345 x'],
    ['Müller|straße', 'i', 'Herr MüLLER wohnt'],
    ['\\bfoo\\b', '', 'xfoo foo'],
    ['[äöü]{2}', '', 'xxäö'],
    ['.+?z', 's', 'abc\nz'],
    ['^b$', 'm', 'a\nb\nc'],
    ['a|ab', '', 'xab'],
    ['(?:ab|a)(?:c|bcd)', '', 'abcd'],
    ['[^a-y]+', '', 'abz✓a'],
    ['x*', '', 'aaa'],
    ['(?:a{2,3}?)+', '', 'aaaaa'],
    ['\\u{1f389}', 'u', 'party 🎉!'],
  ]
  for (const [source, flags, text] of cases) {
    it(`finds with /${source}/${flags} what a backtracking engine finds`, () => {
      assert.equal(find(source, flags, text), new RegExp(source, flags).exec(text)?.[0])
    })
  }

  it('finds its first group when it has one', () => {
    assert.equal(find('key=(\\w+);', '', 'a key=v1;'), 'v1')
  })

  it('agrees with a backtracking engine on random expressions', () => {
    const leaf = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\b', '^', '$')
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,2}', '*?', '+?')).map(([a, q]) => `(?:x${a})${q}`),
      ),
    }))
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', ' '), maxLength: 12 }),
        (source, text) => {
          assert.equal(find(source, '', text), new RegExp(source).exec(text)?.[0])
        },
      ),
      { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 300 : 20_000, seed },
    )
  })

  it('takes time in proportion to the text where backtracking would take for ever', () => {
    for (const source of ['(a+)+$', '(a|aa)+$', '(.*)*b', 'a?{0}(?:a?){25}a{25}$'.slice(5), '(x+x+)+y']) {
      const pattern = compileUserPattern(source)
      const text = source.includes('x+') ? 'x'.repeat(4000) : `${'a'.repeat(4000)}c`
      pattern.find(text, 0, [0, 0])
      assert.ok(pattern.steps <= 4 * pattern.size * (text.length + 1), `${pattern.steps} steps for /${source}/`)
    }
  })

  it('is refused where no automaton can run it, with the place and the way out', () => {
    const refused: readonly [string, RegExp][] = [
      ['(a)\\1', /backreference at offset 3 .*list the possibilities/],
      ['(?=x)a', /lookahead at offset 0 .*put the finding into a group/],
      ['ab(?<!x)', /lookbehind at offset 2/],
      ['(?:a{100}){100}', /repetition at offset \d+ .*smaller count/],
    ]
    for (const [source, message] of refused) {
      assert.throws(
        () => compileUserPattern(source),
        (error: Error) => error instanceof SuperLinearError && message.test(error.message),
      )
    }
  })

  it('is refused where it is not well-formed, with the place', () => {
    for (const [source, at] of [
      ['(', 0],
      ['[z-a]', 4],
      ['a**', 2],
      ['a)', 1],
      ['\\', 0],
      ['[a', 0],
    ] as const) {
      assert.throws(
        () => compileUserPattern(source),
        (error: Error) => error instanceof PatternSyntaxError && error.at === at,
        source,
      )
    }
    assert.throws(() => compileUserPattern('a', 'y'), /flags "y"/)
  })
})
