/** What must hold for every payload, whatever stands in it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleConfig, Scrubber } from '../src/mod.ts'
import { compile, compileRules, context, scrub } from './kit.ts'

const long = process.env.WIREHUB_TEST_LONG !== undefined
const numRuns = long ? 20_000 : 400

const actions: readonly RuleConfig['action'][] = [
  'remove',
  'mask',
  { mask: { keepLast: 4, keep: ['length', 'type'] } },
  { mask: { keepFirst: 1, keepLast: 1 } },
  'hash',
  { hash: { keep: 'type' } },
  'tokenise',
  'encrypt',
]

const scrubbers = actions.map((action) => {
  const rules: readonly RuleConfig[] = [
    { fields: ['**.password', '$.user.*', '$.list[1]'], action },
    { fields: ['**.note'], detectors: ['email'], action: 'mask' },
    { detectors: 'all', action },
  ]
  const stages = [{ redact: { rules, invalidJson: 'text' as const } }]
  return compile({ policies: [{ name: 'all', subjects: ['events.>'], stages }] })
})

const secret = fc.constantFrom(
  'joe@firma.de',
  'ann.smith@mail.example.org',
  '4111 1111 1111 1111',
  '4111111111111111',
  'AKIAQYLPMN5HHHFPZAM2',
  'DE89370400440532013000',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  '+49 30 901820',
  '192.168.17.4',
  'password=hunter2hunter2',
)
const name = fc.constantFrom('a', 'password', 'user', 'note', 'list', 'value', 'name', 'ssn', 'joe@firma.de', 'Zoë"\\')
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  secret,
  fc.tuple(fc.string(), secret, fc.string()).map((parts) => parts.join('')),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.constantFrom(4111111111111111, 1.5, true, false, null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    tie('value').map((inner) => JSON.stringify(inner)),
  ),
}))
const document = fc.tuple(value, fc.constantFrom(undefined, 1, '\t'), fc.boolean()).map(([inner, indent, escapes]) => {
  const json = JSON.stringify(inner, undefined, indent)
  return escapes
    ? json.replace(/[@\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json
})
const which = fc.nat({ max: scrubbers.length - 1 })

function run(scrubber: Scrubber, payload: Uint8Array): Buffer {
  const outcome = scrub(scrubber, payload)
  assert.notEqual(outcome.kind, 'rejected', JSON.stringify(outcome))
  return Buffer.from(outcome.kind === 'changed' ? outcome.payload : payload)
}

test('JSON stays JSON, and scrubbing twice is scrubbing once', () => {
  fc.assert(
    fc.property(document, which, (payload, index) => {
      const once = run(scrubbers[index], Buffer.from(payload))
      assert.doesNotThrow(() => JSON.parse(once.toString()), once.toString())
      const twice = run(scrubbers[index], once)
      assert.equal(twice.toString(), once.toString())
    }),
    { numRuns: numRuns * 2 },
  )
})

test('plain text: scrubbing twice is scrubbing once', () => {
  fc.assert(
    fc.property(fc.array(text), which, (parts, index) => {
      const once = run(scrubbers[index], Buffer.from(parts.join(' ')))
      assert.equal(run(scrubbers[index], once).toString(), once.toString())
    }),
    { numRuns },
  )
})

test('text that reads as a form once it is redacted is not a form', () => {
  for (const [payload, expected] of [
    ['password=hunter2hunter2{', 'password=[password]'],
    ['password=hunter2hunter2{&a=joe@firma.de', 'password=[password]&a=[email]'],
  ]) {
    const once = run(scrubbers[0], Buffer.from(payload))
    assert.equal(once.toString(), expected)
    assert.equal(run(scrubbers[0], once).toString(), expected)
  }
  assert.equal(run(scrubbers[0], Buffer.from('password=hunter2hunter2&a=joe@firma.de')).toString(), 'a=%5Bemail%5D')
})

const punctuation = fc
  .array(fc.constantFrom(...'\\"\'`=;&,\n }).{[(<>%:é', '\\"', '\\n', '\\u0041', '%41', '\r\n'), { maxLength: 4 })
  .map((parts) => parts.join(''))
const assigns = fc.constantFrom('=', ': ', '="', "='", '":"', '\\":\\"', ' = ', ' => ')

test('assignments: scrubbing twice is scrubbing once, whatever stands at the ends of a value', () => {
  const part = fc.tuple(punctuation, name, assigns, punctuation, secret, punctuation).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', ' ', '&', '\n'),
      which,
      (parts, between, index) => {
        const once = run(scrubbers[index], Buffer.from(parts.join(between)))
        assert.equal(run(scrubbers[index], once).toString(), once.toString())
      },
    ),
    { numRuns },
  )
})

test('of a password nothing survives, whatever stands in it and behind it', () => {
  const inner = fc.constantFrom('', '\\', '=', '.', '.\\', ')', '{', '&\\', '/', '\\\\', '\\q', '\\u12')
  const opening = fc.constantFrom('', 'x ', '{', '- ', '\\', '"', 'a=1&')
  fc.assert(
    fc.property(opening, assigns, inner, punctuation, which, (before, assign, within, behind, index) => {
      const payload = `${before}password${assign}kT!7${within}9z!QwX${behind}`
      // Masks that keep ends show them: `mask` without them, then. No mark of ours has a `!` in it.
      const left = run(scrubbers[index === 2 || index === 3 ? 1 : index], Buffer.from(payload)).toString()
      assert.doesNotMatch(left, /kT!7|9z!QwX/, payload)
    }),
    { numRuns },
  )
})

test('everything outside what was found keeps its bytes, in its order', () => {
  const marker = compileRules([{ detectors: ['email'], action: { remove: { replacement: '<>' } } }])
  const filler = fc.string({ unit: 'grapheme' }).filter((one) => !/[@<>\\%]/.test(one) && one === one.trim())
  fc.assert(
    fc.property(fc.array(filler, { minLength: 1, maxLength: 5 }), (parts) => {
      const build = (between: string) => JSON.stringify(parts.map((part) => `${part} ${between} `))
      assert.equal(run(marker, Buffer.from(build('joe@firma.de'))).toString(), build('<>'))
    }),
    { numRuns },
  )
})

test('the answer does not depend on where the payload lies in memory, nor on what was scrubbed before', () => {
  fc.assert(
    fc.property(document, fc.nat({ max: 64 }), fc.uint8Array({ maxLength: 40 }), (payload, offset, noise) => {
      const bytes = Buffer.from(payload)
      const room = Buffer.alloc(offset + bytes.length + noise.length, 0x5c)
      room.set(bytes, offset)
      room.set(noise, offset + bytes.length)
      const alone = run(scrubbers[0], bytes).toString()
      scrub(scrubbers[0], noise)
      assert.equal(run(scrubbers[0], room.subarray(offset, offset + bytes.length)).toString(), alone)
      assert.equal(run(scrubbers[0], new Uint8Array(bytes)).toString(), alone)
    }),
    { numRuns },
  )
})

test('a planted secret never survives, however it is spelled', () => {
  const scrubber = compileRules([{ detectors: 'default', action: 'remove' }])
  const spellings: readonly ((one: string) => string)[] = [
    (one) => one,
    (one) => [...one].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    (one) => one.replace('@', '\\u0040'),
  ]
  const planted = fc.constantFrom('joe@firma.de', 'AKIAQYLPMN5HHHFPZAM2', '4111111111111111')
  fc.assert(
    fc.property(
      planted,
      fc.constantFrom(...spellings),
      fc.nat({ max: 3 }),
      fc.string(),
      (one, spell, nesting, around) => {
        const clean = around.replace(/[^ -~]|["\\%@\w+.-]/g, ' ')
        let payload = `{"a":"${clean} ${spell(one)} ${clean}"}`
        for (let level = 0; level < nesting; level++) payload = JSON.stringify({ inner: payload })
        let result = run(scrubber, Buffer.from(payload)).toString()
        for (let level = 0; level < nesting; level++) result = JSON.parse(result).inner
        assert.ok(!JSON.parse(result).a.includes(one), result)
      },
    ),
    { numRuns },
  )
})

test('any bytes whatever: an answer, never a throw', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    '"',
    '\\',
    '\\u',
    '\\ud83d',
    '%4',
    '%',
    '=',
    '&',
    'joe@firma.de',
    '\x1f\x8b\x08',
    '--b\r\n',
    '\0',
    ',',
    ':',
  )
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 30 })
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(bytes, bytes, which, (payload, headers, index) => {
      const outcome = scrubbers[index].scrub({ subject: 'events.x', payload, headers }, context)
      assert.ok(['unchanged', 'changed', 'rejected'].includes(outcome.kind))
      assert.notEqual(outcome.kind === 'rejected' && outcome.code, 'policy-failed')
    }),
    { numRuns: numRuns * 3 },
  )
})
