/** Validate, normalise, enrich. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StageConfig } from '../src/mod.ts'
import { after, compile, scrub } from './kit.ts'

const stage = (...stages: readonly StageConfig[]) => compile({ policies: [{ name: 'p', subjects: ['>'], stages }] })

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, mail: { type: 'string' }, card: { type: 'number' } },
  additionalProperties: false,
}

test('a payload that fulfils its schema passes, another one is refused with the reason and without its content', () => {
  const scrubber = stage({ validate: { schema } })
  assert.equal(scrub(scrubber, '{"id":1}').kind, 'unchanged')
  for (const [payload, reason] of [
    ['{"mail":"joe@firma.de"}', /must have required property 'id'/],
    ['{"id":"joe@firma.de"}', /\/id must be integer \(#\/properties\/id\/type\)/],
    ['{"id":1,"joe@firma.de":2}', /must NOT have additional properties/],
  ] as const) {
    const outcome = scrub(scrubber, payload)
    assert.ok(outcome.kind === 'rejected')
    assert.equal(outcome.code, 'schema')
    assert.match(outcome.reason, reason)
    assert.doesNotMatch(outcome.reason, /firma/)
  }
})

test('schemas may be named, and every document of a sequence must fulfil them', () => {
  const scrubber = compile(
    { policies: [{ name: 'p', subjects: ['>'], stages: [{ validate: { schema: 'ticket' } }] }] },
    { schemas: { ticket: schema } },
  )
  assert.equal(scrub(scrubber, '{"id":1}\n{"id":2}').kind, 'unchanged')
  assert.equal(scrub(scrubber, '{"id":1}\n{"id":null}').kind, 'rejected')
})

test('a schema that wants a number still gets one after redaction that keeps the type', () => {
  const redact = [{ detectors: ['payment-card'], action: { mask: { keep: 'type' } } }] as const
  assert.equal(
    after(stage({ redact }, { validate: { schema } }), '{"id":1,"card":4111111111111111}'),
    '{"id":1,"card":0}',
  )
  const untyped = [{ detectors: ['payment-card'], action: 'mask' }] as const
  assert.equal(
    after(stage({ redact: untyped }, { validate: { schema } }), '{"id":1,"card":4111111111111111}'),
    'rejected: schema',
  )
})

const refusals: readonly (readonly [what: string, payload: string, code: string])[] = [
  ['too long', `"${'x'.repeat(200)}"`, 'too-large'],
  ['nested too deeply', '['.repeat(20), 'json-depth'],
  ['many tokens', `[${'1,'.repeat(90)}1]`, 'json-tokens'],
  ['a long key', `{"${'k'.repeat(80)}":1}`, 'json-invalid'],
  ['a key twice', '{"a":1,"b":{"a":2},"a":3}', 'json-duplicate-key'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":3}', 'json-duplicate-key'],
  ['__proto__', '{"x":{"__proto__":{"admin":true}}}', 'json-prototype-key'],
  ['constructor.prototype', '{"constructor":{"prototype":{}}}', 'json-prototype-key'],
  ['no JSON', '{"a":1', 'json-invalid'],
  ['nothing at all', '', 'json-invalid'],
]

for (const [what, payload, code] of refusals) {
  test(`${what} is refused as ${code}`, () => {
    const scrubber = stage({ validate: { json: true, maxBytes: 190, maxDepth: 8, maxTokens: 64, maxKeyBytes: 64 } })
    assert.equal(after(scrubber, payload), `rejected: ${code}`)
  })
}

test('the same key in different objects, and text where JSON is not demanded, are fine', () => {
  assert.equal(scrub(stage({ validate: {} }), '{"a":{"a":1},"b":[{"a":1},{"a":2}]}').kind, 'unchanged')
  assert.equal(scrub(stage({ validate: {} }), 'hello').kind, 'unchanged')
})

test('normalising makes one form of text and takes hiding places away; the rest keeps its bytes', () => {
  const scrubber = stage(
    { normalise: { unicode: 'NFKC' } },
    { redact: [{ detectors: ['email', 'payment-card'], action: 'remove' }] },
  )
  assert.equal(after(scrubber, '{"a" : "joe\u200b@fir\u00adma.de","b":"\\u00e9"}'), '{"a" : "[email]","b":"\\u00e9"}')
  assert.equal(after(scrubber, '{"a":"４１１１ １１１１ １１１１ １１１１"}'), '{"a":"[payment-card]"}')
  assert.equal(after(scrubber, 'Zoe\u0308'), 'Zoë')
  assert.equal(after(stage({ normalise: { newlines: 'lf' } }), 'a\r\nb\rc'), 'a\nb\nc')
})

test('enriching sets headers that are not there yet, and makes a block when there is none', () => {
  const scrubber = stage({
    enrich: { id: true, time: true, source: 'X-From', traceparent: true, headers: { 'X-Env': 'test' } },
  })
  const outcome = scrub(scrubber, 'x')
  assert.ok(outcome.kind === 'changed')
  const block = Buffer.from(outcome.headers!).toString()
  assert.match(
    block,
    /^NATS\/1\.0\r\nWirehub-Id: [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\r\nWirehub-Time: 2026-11-21T00:00:00\.000Z\r\nX-From: test\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\nX-Env: test\r\n\r\n$/,
  )
  assert.equal(scrub(scrubber, 'x', block).kind, 'unchanged')
})
