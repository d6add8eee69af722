import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, compileRules, scrub } from './kit.ts'

const detectors = compileRules([{ detectors: 'default', action: 'remove' }])

test('what no rule touches keeps its bytes: blanks, escapes, order, number spelling', () => {
  const payload = '{ "n":1.0e2,\t"t":"\\u00e9\\/", "mail":"joe@firma.de" , "z":[ ] }\n'
  assert.equal(after(detectors, payload), payload.replace('joe@firma.de', '[email]'))
})

test('a clean payload is not copied: the answer is always the same object', () => {
  const one = scrub(detectors, '{"a":1}')
  assert.equal(one.kind, 'unchanged')
  assert.equal(scrub(detectors, 'nothing here'), one)
})

test('escapes hide nothing', () => {
  assert.equal(after(detectors, '{"a":"joe\\u0040firma.de"}'), '{"a":"[email]"}')
  assert.equal(after(detectors, '{"a":"x\\njoe@firma.de\\t"}'), '{"a":"x\\n[email]\\t"}')
  assert.equal(after(detectors, '{"a":"\\u006aoe\\u0040\\u0066irma.de!"}'), '{"a":"[email]!"}')
})

test('keys are scanned, and two of them never become one', () => {
  assert.equal(after(detectors, '{"joe@firma.de":1,"ann@firma.de":2}'), '{"[email]":1,"[email]~2":2}')
})

test('numbers that are card numbers become a text, or a number when the type is to be kept', () => {
  const payload = '{"card":4111111111111111,"n":42}'
  assert.equal(after(detectors, payload), '{"card":"[payment-card]","n":42}')
  const typed = compileRules([{ detectors: 'financial', action: { mask: { keep: ['type', 'length'], keepLast: 4 } } }])
  assert.equal(after(typed, payload), '{"card":1000000000001111,"n":42}')
})

test('JSON within JSON within JSON is looked into, and each level stays JSON', () => {
  const inner = JSON.stringify({ card: 4111111111111111, note: 'call joe@firma.de' })
  const payload = JSON.stringify({ log: JSON.stringify({ body: inner }) })
  const result = JSON.parse(JSON.parse(JSON.parse(after(detectors, payload)).log).body)
  assert.deepEqual(result, { card: '[payment-card]', note: 'call [email]' })
})

test('escaped JSON within prose is seen as well', () => {
  const payload = JSON.stringify({ log: `got ${JSON.stringify({ mail: 'joe@firma.de' })} from queue` }).replace(
    '@',
    '\\u0040',
  )
  assert.equal(JSON.parse(after(detectors, payload)).log, 'got {"mail":"[email]"} from queue')
})

test('a field rule removes the member with one comma, wherever it stands', () => {
  const rule = compileRules([{ fields: ['**.password'], action: 'remove' }])
  assert.equal(after(rule, '{"password":1,"a":2}'), '{"a":2}')
  assert.equal(after(rule, '{"a":2, "password":{"x":[1]}}'), '{"a":2}')
  assert.equal(after(rule, '{"a":2,"password":1,"b":3}'), '{"a":2,"b":3}')
  assert.equal(after(rule, '{"password":1}'), '{}')
  assert.equal(after(rule, '{"password":1,"PassWord":2,"a":{"password":3},"p":"password"}'), '{"a":{},"p":"password"}')
  assert.equal(after(rule, '{"pass\\u0077ord":1,"a":2}'), '{"a":2}')
})

test('an array element that is removed leaves null, so that the others keep their places', () => {
  const rule = compileRules([{ fields: ['$.list[1]'], action: 'remove' }])
  assert.equal(after(rule, '{"list":[1,2,3]}'), '{"list":[1,null,3]}')
})

test('field paths reach into nested JSON too', () => {
  const rule = compileRules([{ fields: ['$.body.user.pin'], action: 'mask' }])
  assert.equal(after(rule, '{"body":"{\\"user\\":{\\"pin\\":1234}}"}'), '{"body":"{\\"user\\":{\\"pin\\":\\"***\\"}}"}')
})

test('a container that is masked with its type keeps its shape', () => {
  const rule = compileRules([{ fields: ['$.user'], action: { mask: { keep: 'type' } } }])
  assert.equal(
    after(rule, '{"user":{"name":"Zoë","age":33,"ok":true,"none":null,"tags":["a",1.5]}}'),
    '{"user":{"name":"***","age":0,"ok":false,"none":null,"tags":["***",0]}}',
  )
})

test('detectors within fields look nowhere else', () => {
  const rule = compileRules([{ fields: ['$.note'], detectors: ['email'], action: 'remove' }])
  assert.equal(
    after(rule, '{"note":"ask joe@firma.de","from":"joe@firma.de","x":{"note":"joe@firma.de"}}'),
    '{"note":"ask [email]","from":"joe@firma.de","x":{"note":"joe@firma.de"}}',
  )
})

test('what {"name": x, "value": y} calls its value counts as its name', () => {
  assert.equal(after(detectors, '{"name":"ssn","value":"078-05-1120"}'), '{"name":"ssn","value":"[us-ssn]"}')
})

test('several documents in one payload are walked one by one', () => {
  const rule = compileRules([{ fields: ['$.pin'], action: 'remove' }])
  assert.equal(after(rule, '{"pin":1,"a":2}\n{"b":3,"pin":4}\n'), '{"a":2}\n{"b":3}\n')
})

test('JSON that is none is refused where fields are named, since its fields cannot be told', () => {
  const rules = [{ fields: ['**.password'], action: 'remove' }] as const
  const broken = '{"a":1,"password":"x",}'
  assert.equal(after(compileRules(rules), broken), 'rejected: json-invalid')
  assert.equal(after(detectors, '{"mail":"joe@firma.de",}'), '{"mail":"[email]",}')
  assert.equal(after(compileRules(rules), '[INFO] password ok'), '[INFO] password ok')
})

test('findings tell where and by which rule, never what', () => {
  const outcome = scrub(detectors, '{"users":[{"mail":"joe@firma.de"}],"ann@firma.de":{"x":"bob@firma.de"}}')
  assert.deepEqual(
    outcome.findings.map(({ rule, detector, path, place, enforced, action }) => [
      rule,
      detector,
      path,
      place,
      enforced,
      action,
    ]),
    [
      ['default', 'email', '$.users[0].mail', 'payload', true, 'remove'],
      ['default', 'email', '$.*', 'payload', true, 'remove'],
      ['default', 'email', '$.*.x', 'payload', true, 'remove'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(outcome.findings), /firma/)
})

test('a rule that only reports changes nothing and hides nothing from those that do', () => {
  const scrubber = compileRules([
    { name: 'watch', detectors: ['email'], action: 'report' },
    { name: 'act', detectors: ['email'], action: 'mask' },
  ])
  const outcome = scrub(scrubber, '{"a":"joe@firma.de"}')
  assert.equal(outcome.kind === 'changed' && Buffer.from(outcome.payload).toString(), '{"a":"***"}')
  assert.deepEqual(outcome.findings.map(({ rule, enforced }) => [rule, enforced]).sort(), [
    ['act', true],
    ['watch', false],
  ])
})
