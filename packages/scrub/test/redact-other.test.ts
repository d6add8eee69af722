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
