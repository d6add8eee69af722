import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { RuleConfig, Scrubber } from '../src/mod.ts'
import { after, compile, compileRules, context, scrub } from './kit.ts'

const detectors = compileRules([{ detectors: 'default', action: 'remove' }])

test('plain text keeps everything around a finding', () => {
  assert.equal(after(detectors, 'Zoë wrote to joe@firma.de ✓\r\n'), 'Zoë wrote to [email] ✓\r\n')
})

test('forms are read decoded and written encoded; field rules go by name', () => {
  assert.equal(after(detectors, 'a=1&mail=joe%40firma.de&b=x+y'), 'a=1&mail=%5Bemail%5D&b=x+y')
  const rule = compileRules([
    { fields: ['$.pin'], action: 'remove' },
    { fields: ['$.name'], action: 'mask' },
  ])
  assert.equal(after(rule, 'pin=12&name=Jo+Doe&pin=3&a=b'), 'name=***&a=b')
})

/** One rule for a field as a whole, one for what detectors find, and both do the same. */
function fieldsAndDetectors(action: RuleConfig['action']): Scrubber {
  const rules: readonly RuleConfig[] = [
    { fields: ['**.password'], action },
    { detectors: 'all', action },
  ]
  const stages = [{ redact: { rules, invalidJson: 'text' as const } }]
  return compile({ policies: [{ name: 'all', subjects: ['events.>'], stages }] })
}

function assertSettled(scrubber: Scrubber, payload: string, expected: string): void {
  assert.equal(after(scrubber, payload), expected)
  assert.equal(after(scrubber, expected), expected)
}

test('text that reads as a form once it is redacted is redacted as that form: what stood behind the password went only the second time', () => {
  const mask = fieldsAndDetectors('mask')
  for (const behind of ['\\', '.', ')', ',', ';', '.\\', '`'])
    assertSettled(mask, `password=hunter2{2${behind}`, 'password=***')
  assertSettled(mask, 'password=hunter2hunter2=\\', 'password=***')
  assertSettled(mask, "password='hunter2 hunter2'", 'password=***')
  assertSettled(mask, 'a=1&password=hunter2{,&b=2', 'a=1&password=***&b=2')
})

test('text that reads as JSON once it is redacted is redacted as that JSON: a field by its path went only the second time', () => {
  const remove = fieldsAndDetectors('remove')
  assertSettled(remove, '{"password":"hunter\\x2","a":1}', '{"a":1}')
  assertSettled(remove, '{"password":"hunter\t2","a":1}', '{"a":1}')
})

test('a string that holds JSON once it is redacted is redacted as that JSON', () => {
  const remove = fieldsAndDetectors('remove')
  for (const broken of ['hunter\\x2', 'hunter\t2']) {
    const inner = (member: string) => JSON.stringify({ inner: `{${member}"a":1}` })
    assertSettled(remove, inner(`"password":"${broken}",`), inner(''))
  }
})

test('a part of a multipart body that holds JSON once it is redacted is redacted as that JSON', () => {
  const body = (inner: string) => `--XyZ1\r\nContent-Disposition: form-data; name="doc"\r\n\r\n${inner}\r\n--XyZ1--\r\n`
  assertSettled(fieldsAndDetectors('remove'), body('{"password":"hunter\t2","a":1}'), body('{"a":1}'))
})

test('a form from which the last field went is no form any more, and is looked at as the text it is', () => {
  assertSettled(fieldsAndDetectors('remove'), 'a=joe%40firma.de&password=hunter2', 'a=%5Bemail%5D&')
})

test('a backslash that begins no escape hides nothing: what stood beside it stayed, as if it belonged to the escape', () => {
  const left = [
    ['x password=\\hunter2 y', 'x password=\\[password] y'],
    ['x password=\\qhunter2\\ y', 'x password=\\[password] y'],
    ['x password=hun\\qter2 y', 'x password=[password] y'],
    ['x --password hunter2\\ y', 'x --password [command-line-secret] y'],
    ['CORP\\joe@firma.de', 'CORP\\[email]'],
    ['CORP\\u4joe@firma.de', 'CORP\\[email]'],
    ['x password=hunter2\\ny', 'x password=[password]\\ny'],
    ['x\\njoe@firma.de', 'x\\n[email]'],
    ['x\\u000ajoe@firma.de', 'x\\u000a[email]'],
  ]
  for (const [payload, expected] of left) assertSettled(detectors, payload, expected)
})

test('of a value that is masked already no smaller finding within is masked anew: each scrubbing added a character', () => {
  const mask = compileRules([{ detectors: 'all', action: { mask: { keepFirst: 1, keepLast: 1 } } }])
  assertSettled(mask, String.raw`password\":\"\\[joe@firma.de`, String.raw`password\":\"\\[***e`)
  assertSettled(mask, String.raw`x password=\\hunter2 y`, String.raw`x password=\\h***2 y`)
})

test('what is found within a mask that shows its ends is masked the first time: a bracket that it kept opened a shorter value', () => {
  const mask = compileRules([{ detectors: 'all', action: { mask: { keepFirst: 1, keepLast: 1 } } }])
  assertSettled(mask, 'password=(+49 30 901820>', 'password=(****0>')
})

test('percent-encoding within JSON and text hides nothing', () => {
  assert.equal(
    after(detectors, '{"url":"https://a.b/?m=joe%40firma.de&x=1"}'),
    '{"url":"https://a.b/?m=%5Bemail%5D&x=1"}',
  )
})

test('multipart parts are read by their own kind and name', () => {
  const part = (name: string, body: string) =>
    `--XyZ1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${body}\r\n`
  const body = (pin: string, doc: string) => `${part('pin', pin)}${part('doc', doc)}--XyZ1--\r\n`
  const scrubber = compileRules([
    { fields: ['$.pin', '$.doc.secret'], action: 'mask' },
    { detectors: ['email'], action: 'remove' },
  ])
  assert.equal(
    after(scrubber, body('1234', '{"secret":"x","mail":"joe@firma.de"}')),
    body('***', '{"secret":"***","mail":"[email]"}'),
  )
})

test('the boundary of a declared multipart body is compared as it was written: it was taken in lower case', () => {
  const body = (password: string) =>
    `--WebKitQx7\r\nContent-Disposition: form-data; name="password"\r\n\r\n${password}\r\n--WebKitQx7--\r\n`
  const outcome = scrub(
    compileRules([{ detectors: 'default', action: 'remove' }]),
    body('hunter22'),
    'NATS/1.0\r\nContent-Type: Multipart/Form-Data; boundary=WebKitQx7\r\n\r\n',
  )
  assert.equal(outcome.kind === 'changed' && Buffer.from(outcome.payload).toString(), body('[password]'))
})

test('what a redaction left vouches for nothing beside it: the order number went with the telephone number', () => {
  const scrubber = compileRules([{ detectors: 'default', action: 'remove' }])
  const left = after(scrubber, 'call +49 30 1234567 order 12345678')
  assert.equal(left, 'call [phone] order 12345678')
  assert.equal(after(scrubber, left), left)
})

test('binary payloads keep their length, or are refused', () => {
  const bytes = Buffer.from('\x00\x0cjoe@firma.de\xff\xfe\x01', 'latin1')
  const outcome = scrub(detectors, bytes)
  assert.equal(outcome.kind, 'changed')
  assert.equal(
    outcome.kind === 'changed' && Buffer.from(outcome.payload).toString('latin1'),
    '\x00\x0c************\xff\xfe\x01',
  )
  const strict = compile({
    policies: [
      {
        name: 'p',
        subjects: ['events.>'],
        stages: [{ redact: { rules: [{ detectors: ['email'], action: 'mask' }], binary: 'reject' } }],
      },
    ],
  })
  assert.equal(scrub(strict, bytes).kind, 'rejected')
})

test('header values are redacted, Wirehub-* never, trace context never', () => {
  const block =
    'NATS/1.0\r\nX-User: joe@firma.de\r\nWirehub-Source: joe@firma.de\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n'
  const outcome = scrub(detectors, '{}', block)
  assert.equal(
    outcome.kind === 'changed' && Buffer.from(outcome.headers!).toString(),
    block.replace('joe@firma.de', '[email]'),
  )
  assert.equal(outcome.findings[0].path, 'X-User')
})

test('header rules go by name; a removed header leaves no line', () => {
  const scrubber = compileRules([
    { headers: ['authorization'], action: 'remove' },
    { headers: ['X-Note'], detectors: ['email'], action: 'remove' },
  ])
  const outcome = scrub(
    scrubber,
    'x',
    'NATS/1.0 503\r\nAuthorization: Basic abc\r\nX-Note: hi joe@firma.de\r\nX-Other: ann@firma.de\r\n\r\n',
  )
  assert.equal(
    outcome.kind === 'changed' && Buffer.from(outcome.headers!).toString(),
    'NATS/1.0 503\r\nX-Note: hi [email]\r\nX-Other: ann@firma.de\r\n\r\n',
  )
})

test('message ids stay as unique as they were', () => {
  const ids = ['joe@firma.de-1', 'joe@firma.de-2', 'joe@firma.de-1'].map((id) => {
    const outcome = scrub(detectors, 'x', `NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`)
    return outcome.kind === 'changed' ? Buffer.from(outcome.headers!).toString() : ''
  })
  assert.equal(ids[0], ids[2])
  assert.notEqual(ids[0], ids[1])
  assert.match(ids[0], /Nats-Msg-Id: scrubbed-[0-9a-f]{32}\r\n/)
})

const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }

for (const [coding, compress] of Object.entries(codings)) {
  test(`${coding} bodies are looked into; what no rule changes goes on as it came`, () => {
    const headers = `NATS/1.0\r\nContent-Encoding: ${coding}\r\n\r\n`
    assert.equal(scrub(detectors, compress(Buffer.from('{"a":1}')), headers).kind, 'unchanged')
    const outcome = scrub(detectors, compress(Buffer.from('{"a":"joe@firma.de"}')), headers)
    assert.equal(outcome.kind, 'changed')
    const again = outcome.kind === 'changed' ? scrub(detectors, outcome.payload, headers).kind : ''
    assert.equal(again, 'unchanged')
    assert.equal(outcome.findings[0].path, '$.a')
  })
}

test('gzip and zstd are known by their first bytes, nested too', () => {
  const outcome = scrub(detectors, gzipSync(zstdCompressSync(Buffer.from('mail joe@firma.de'))))
  assert.equal(outcome.kind === 'changed' && zstdDecompressSync(gunzipSync(outcome.payload)).toString(), 'mail [email]')
})

test('a compression bomb is refused before it unfolds', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const outcome = scrub(detectors, bomb)
  assert.equal(outcome.kind === 'rejected' && outcome.code, 'coding-too-large')
  const many = scrub(detectors, gzipSync(gzipSync(gzipSync(gzipSync(Buffer.from('x'))))))
  assert.equal(many.kind === 'rejected' && many.code, 'coding-invalid')
})

test('broken compression and bytes hidden behind it are refused', () => {
  const whole = gzipSync(Buffer.from('hello hello hello'))
  const cut = scrub(detectors, whole.subarray(0, whole.length - 9))
  assert.equal(cut.kind === 'rejected' && cut.code, 'coding-invalid')
  for (const [coding, compress] of Object.entries({ ...codings, deflate: deflateRawSync })) {
    const bytes = Buffer.concat([compress(Buffer.from('hello')), Buffer.from('joe@firma.de')])
    const hidden = scrub(detectors, bytes, `NATS/1.0\r\nContent-Encoding: ${coding}\r\n\r\n`)
    assert.equal(hidden.kind, 'rejected', coding)
  }
})

test('other charsets are read as what they are and stay it', () => {
  const utf16 = Buffer.from('\ufeff{"name":"Zoë ✓","mail":"joe@firma.de"}', 'utf16le')
  const outcome = scrub(detectors, utf16)
  assert.equal(
    outcome.kind === 'changed' && Buffer.from(outcome.payload).toString('utf16le'),
    '\ufeff{"name":"Zoë ✓","mail":"[email]"}',
  )
  assert.equal(scrub(detectors, Buffer.from('{"name":"Zoë"}', 'utf16le')).kind, 'unchanged')
  const latin1 = detectors.scrub(
    {
      subject: 'events.x',
      payload: Buffer.from('Zoë: joe@firma.de', 'latin1'),
      contentType: 'text/plain; charset=ISO-8859-1',
    },
    context,
  )
  assert.equal(latin1.kind === 'changed' && Buffer.from(latin1.payload).toString('latin1'), 'Zoë: [email]')
})

test('digests of a payload that changed are dropped, its length is set right', () => {
  const headers = 'NATS/1.0\r\nContent-Digest: sha-256=:abc:\r\nContent-Length: 12\r\nX: y\r\n\r\n'
  const outcome = scrub(detectors, 'joe@firma.de', headers)
  assert.equal(
    outcome.kind === 'changed' && Buffer.from(outcome.headers!).toString(),
    'NATS/1.0\r\nContent-Length: 7\r\nX: y\r\n\r\n',
  )
})
