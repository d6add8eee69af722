import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFixtures, tryScrub } from '../src/mod.ts'
import { compile, compileRules } from './kit.ts'

const scrubber = compileRules([
  { name: 'mails', detectors: ['email'], action: 'remove' },
  { name: 'token', headers: ['X-Token'], action: 'remove' },
])

test('fixtures say what is not as expected, a sentence each', () => {
  const base = { subject: 'events.a', payload: { mail: 'joe@firma.de' }, headers: { 'X-Token': 'abc', 'X-Other': 'y' } }
  const results = runFixtures(
    scrubber,
    [
      {
        ...base,
        name: 'as it should be',
        expect: {
          outcome: 'changed',
          payload: { mail: '[email]' },
          contains: ['[email]'],
          lacks: ['joe'],
          headers: { 'X-Token': null, 'X-Other': 'y' },
          rules: ['mails', 'token'],
          detectors: ['email'],
        },
      },
      {
        ...base,
        name: 'all wrong',
        expect: {
          outcome: 'rejected',
          payload: 'x',
          contains: ['joe'],
          lacks: ['[email]'],
          headers: { 'X-Token': 'abc' },
          rules: ['none'],
          detectors: ['iban'],
          code: 'schema',
        },
      },
    ],
    0,
  )
  assert.deepEqual(results[0].problems, [])
  assert.equal(results[0].ok, true)
  assert.equal(results[1].problems.length, 8)
  assert.match(results[1].problems[0], /The outcome is changed, not rejected/)
})

test('a trial tells policies, rules, places and cost', () => {
  let now = 0
  const message = { subject: 'events.a', payload: Buffer.from('{"a":"joe@firma.de","b":["ann@firma.de"]}') }
  const trial = tryScrub(scrubber, message, { nowMs: 0, monotonicMs: () => now++, repeat: 3 })
  assert.deepEqual(trial.policies, ['test'])
  assert.deepEqual(trial.effects, [
    {
      policy: 'test',
      rule: 'mails',
      action: 'remove',
      enforced: true,
      matches: 2,
      bytes: 24,
      detectors: ['email'],
      paths: ['$.a', '$.b[0]'],
    },
  ])
  assert.equal(trial.costMs, 1)
  const free = tryScrub(scrubber, { ...message, subject: 'other' }, { nowMs: 0 })
  assert.deepEqual([free.policies, free.outcome.kind, free.effects], [[], 'unchanged', []])
})

test("patterns of one's own are detectors like any other", () => {
  const own = compile({
    detectors: [{ name: 'order-number', pattern: '\\bORD-\\d{6}\\b' }],
    policies: [{ name: 'p', subjects: ['>'], stages: [{ redact: [{ detectors: ['order-number'], action: 'mask' }] }] }],
  })
  const [result] = runFixtures(
    own,
    [{ name: 'x', subject: 'a', payload: 'see ORD-123456.', expect: { payload: 'see ***.' } }],
    0,
  )
  assert.deepEqual(result.problems, [])
})
