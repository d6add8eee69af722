/** Which policies apply, in which mode, and what becomes of messages they refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyConfig, ScrubConfig } from '../src/mod.ts'
import { defaultPolicies, openDeadLetter, ScrubError } from '../src/mod.ts'
import { after, compile, context, keys, scrub } from './kit.ts'

const redact = { redact: [{ detectors: ['email'], action: 'remove' }] } as const

function policy(more: Partial<PolicyConfig>): ScrubConfig {
  return { policies: [{ name: 'p', subjects: ['events.>'], stages: [redact], ...more }] }
}

test('subjects are selected as NATS selects them', () => {
  const rows: readonly (readonly [pattern: string, subject: string, selected: boolean])[] = [
    ['events.>', 'events.a', true],
    ['events.>', 'events.a.b', true],
    ['events.>', 'events', false],
    ['events.*', 'events.a.b', false],
    ['*.created', 'ticket.created', true],
    ['>', 'anything.at.all', true],
    ['a.b', 'a.b', true],
    ['a.b', 'a', false],
  ]
  for (const [pattern, subject, selected] of rows) {
    assert.equal(
      compile(policy({ subjects: [pattern] })).policyFor(subject) !== undefined,
      selected,
      `${pattern} ${subject}`,
    )
  }
})

test('a wildcard never selects what protocols tell each other; a name does', () => {
  const subjects = ['$JS.API.INFO', '$KV.bucket.key', '$O.store.C.x', '_INBOX.abc.1', '$SYS.x']
  for (const subject of subjects) {
    assert.equal(compile(policy({ subjects: ['>', '*.>', '*.*.*'] })).policyFor(subject), undefined, subject)
    const named = `${subject.split('.')[0]}.>`
    assert.notEqual(compile(policy({ subjects: [named] })).policyFor(subject), undefined, named)
  }
})

test('all policies that select a subject apply, in order; except leaves subjects alone', () => {
  const scrubber = compile({
    policies: [
      { name: 'one', subjects: ['>'], except: ['events.raw.>'], stages: [redact] },
      { name: 'two', subjects: ['events.>'], stages: [{ redact: [{ fields: ['$.pin'], action: 'remove' }] }] },
    ],
  })
  assert.deepEqual(scrubber.policyFor('events.x')?.names, ['one', 'two'])
  assert.deepEqual(scrubber.policyFor('events.raw.x')?.names, ['two'])
  assert.equal(after(scrubber, '{"m":"joe@firma.de","pin":1}'), '{"m":"[email]"}')
  assert.equal(scrubber.policyFor('events.x'), scrubber.policyFor('events.x'))
})

test('report finds and changes nothing; off does not look; the loudest mode is a lid', () => {
  for (const config of [policy({ mode: 'report' }), { ...policy({}), mode: 'report' as const }]) {
    const outcome = scrub(compile(config), 'joe@firma.de')
    assert.equal(outcome.kind, 'unchanged')
    assert.deepEqual(
      outcome.findings.map(({ enforced }) => enforced),
      [false],
    )
  }
  assert.equal(compile(policy({ mode: 'off' })).policyFor('events.x'), undefined)
  const refusing = policy({ mode: 'report', stages: [{ validate: { json: true } }] })
  assert.deepEqual(
    scrub(compile(refusing), 'x').findings.map(({ action, detector }) => [action, detector]),
    [['reject', 'json-invalid']],
  )
})

test('a refused message tells code and reason; its dead letter is what the policy says', () => {
  const stages = [redact, { validate: { maxBytes: 20 } }]
  const payload = '{"mail":"joe@firma.de", "more":"text"}'
  const headers = 'NATS/1.0\r\nX: joe@firma.de\r\n\r\n'
  const letter = (deadLetter: PolicyConfig['deadLetter']) => {
    const outcome = scrub(compile(policy({ stages, deadLetter })), payload, headers)
    assert.ok(outcome.kind === 'rejected')
    assert.deepEqual([outcome.policy, outcome.code], ['p', 'too-large'])
    assert.doesNotMatch(outcome.reason, /firma/)
    return outcome.deadLetter
  }
  assert.equal(Buffer.from(letter(undefined).payload!).toString(), '{"mail":"[email]", "more":"text"}')
  assert.equal(Buffer.from(letter('redacted').headers!).toString(), 'NATS/1.0\r\nX: [email]\r\n\r\n')
  assert.equal(Buffer.from(letter('whole').payload!).toString(), payload)
  assert.equal(letter('dropped').payload, undefined)
  const sealed = letter('encrypted')
  assert.doesNotMatch(Buffer.from(sealed.payload!).toString(), /firma/)
  const opened = openDeadLetter(sealed.payload!, keys)
  assert.equal(Buffer.from(opened.payload).toString(), payload)
  assert.equal(Buffer.from(opened.headers!).toString(), headers)
})

test('an error within a policy fails closed, and its message is not passed on', () => {
  const broken = {
    name: 'broken',
    category: 'custom',
    description: '',
    default: true,
    triggers: ['boom'],
    pattern: /boom/,
    validate: () => {
      throw new Error('value was boom')
    },
  } as const
  const scrubber = compile(policy({ stages: [{ redact: [{ detectors: ['broken'], action: 'mask' }] }] }), {
    detectors: [broken],
    keys: undefined,
  })
  const outcome = scrub(scrubber, 'a boom b')
  assert.ok(outcome.kind === 'rejected')
  assert.equal(outcome.code, 'policy-failed')
  assert.equal(outcome.reason, 'The policy failed: Error.')
  assert.equal(outcome.deadLetter.handling, 'dropped')
  assert.equal(scrub(scrubber, 'fine').kind, 'unchanged')
})

test('metrics count per rule and per policy', () => {
  let now = 0
  const scrubber = compile(policy({}), { monotonicMs: () => now++ })
  scrub(scrubber, 'joe@firma.de ann@firma.de')
  scrub(scrubber, 'nothing')
  const [rule] = scrubber.metrics.rules
  assert.deepEqual([rule.rule, rule.matches, rule.messages, rule.bytes, rule.durationMs], ['email', 2, 1, 24, 2])
  const [own] = scrubber.metrics.policies
  assert.deepEqual([own.messages, own.changed, own.rejected, own.bytes], [2, 1, 0, 32])
})

test('the shipped policy enforces on events.> and nowhere else', () => {
  const scrubber = compile(defaultPolicies)
  assert.equal(after(scrubber, '{"card":"4111 1111 1111 1111"}'), '{"card":"[payment-card]"}')
  assert.equal(scrubber.policyFor('metrics.cpu'), undefined)
  assert.deepEqual(
    scrubber.policies.map(({ name, mode }) => [name, mode]),
    [['events', 'enforce']],
  )
})

const mistakes: readonly (readonly [what: string, config: unknown, place: string, sentence: RegExp])[] = [
  ['an unknown key', { polices: [] }, 'polices', /Did you mean "policies"/],
  ['no name', { policies: [{ subjects: ['a'], stages: [redact] }] }, 'policies[0]', /"name" is missing/],
  ['no subject', policy({ subjects: [] }), 'policies[0].subjects', /selects no subject/],
  ['a bad subject', policy({ subjects: ['a', 'a.>.b'] }), 'policies[0].subjects[1]', /has ">" before its end/],
  ['an empty token', policy({ subjects: ['a..b'] }), 'policies[0].subjects[0]', /empty token/],
  ['a bad mode', policy({ mode: 'enforced' as never }), 'policies[0].mode', /It may be: off, report, enforce/],
  [
    'an unknown stage',
    policy({ stages: [{ redcat: [] } as never] }),
    'policies[0].stages[0].redcat',
    /Did you mean "redact"/,
  ],
  ['two stages in one', policy({ stages: [{ ...redact, validate: {} }] }), 'policies[0].stages[0]', /one thing/],
  ['decoding late', policy({ stages: [redact, { decode: {} }] }), 'policies[0].stages[1]', /comes first/],
  [
    'no selector',
    policy({ stages: [{ redact: [{ action: 'mask' }] }] }),
    'policies[0].stages[0].redact[0]',
    /selects nothing/,
  ],
  [
    'a bad action',
    policy({ stages: [{ redact: [{ fields: ['a'], action: 'maks' as never }] }] }),
    'policies[0].stages[0].redact[0].action',
    /Did you mean "mask"/,
  ],
  [
    'a bad detector',
    policy({ stages: [{ redact: [{ detectors: ['emial'], action: 'mask' }] }] }),
    'policies[0].stages[0].redact[0].detectors',
    /Did you mean "email"/,
  ],
  [
    'a bad path',
    policy({ stages: [{ redact: [{ fields: ['$.a', '$..b'], action: 'mask' }] }] }),
    'policies[0].stages[0].redact[0].fields[1]',
    /not understood/,
  ],
  [
    'a replacement that is found again',
    policy({ stages: [{ redact: [{ detectors: ['email'], action: { remove: { replacement: 'x@firma.de' } } }] }] }),
    'policies[0].stages[0].redact[0].action',
    /finds something/,
  ],
  [
    'a bad schema',
    policy({ stages: [{ validate: { schema: { type: 'strnig' } } }] }),
    'policies[0].stages[0].validate.schema',
    /cannot be compiled/,
  ],
  [
    'a bad pattern',
    { ...policy({}), detectors: [{ name: 'x', pattern: '(a)\\1' }] },
    'detectors[0].pattern',
    /backtracking/,
  ],
  [
    'a number that is none',
    policy({ stages: [{ validate: { maxBytes: '1k' as never } }] }),
    'policies[0].stages[0].validate.maxBytes',
    /whole number/,
  ],
  [
    'a Wirehub header',
    policy({ stages: [{ redact: [{ headers: ['Wirehub-Id'], action: 'remove' }] }] }),
    'policies[0].stages[0].redact[0].headers',
    /own/,
  ],
]

for (const [what, config, place, sentence] of mistakes) {
  test(`${what} stops the compilation with place and cure`, () => {
    assert.throws(
      () => compile(config as ScrubConfig),
      (error: unknown) => {
        assert.ok(error instanceof ScrubError)
        assert.equal(error.place?.path, place)
        assert.match(error.message, sentence)
        assert.notEqual(error.cure, '')
        return true
      },
    )
  })
}

test('with a source map the place has file, line and column', () => {
  const locate = (path: readonly (string | number)[]) => ({ file: 'scrub.yaml', line: path.length, column: 3 })
  assert.throws(() => compile(policy({ mode: 'on' as never }), { locate }), {
    message: /^scrub\.yaml:3:3: policies\[0\]\.mode: "mode" is "on"/,
  })
})

test('a reload is a new Scrubber: the old one goes on as it was', () => {
  const one = compile(policy({}))
  const two = compile(policy({ stages: [{ redact: [{ detectors: ['email'], action: 'mask' }] }] }))
  assert.equal(after(one, 'joe@firma.de'), '[email]')
  assert.equal(after(two, 'joe@firma.de'), '***')
  assert.equal(one.metrics.rules[0].matches, 1)
  assert.equal(one.scrub({ subject: 'other', payload: Buffer.from('x') }, context).kind, 'unchanged')
})
