/** `wirehub scrub`: what would change, fixtures, rules, and the way back. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { run, start } from '../support/run.ts'

const email = 'ann@example.com'
let folder: string

const config = `
scrub:
  vaultFile: tokens.vault
  keys: [{ id: k1, secretFile: k1.key }]
  policies:
    - name: events
      subjects: [events.>]
      stages:
        - validate: { maxBytes: 300 }
        - redact: [{ name: mails, detectors: [email], action: mask }]
    - { name: sealed, subjects: [sealed.>], stages: [{ redact: [{ fields: ['**.mail'], action: encrypt }] }] }
    - { name: tokens, subjects: [tokens.>], stages: [{ redact: [{ detectors: [email], action: tokenise }] }] }
`

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-scrub-cli-'))
  writeFileSync(join(folder, 'wirehub.yaml'), config)
  writeFileSync(join(folder, 'k1.key'), 'a-secret-of-more-than-16-bytes\n', { mode: 0o600 })
})
after(() => rmSync(folder, { recursive: true }))

const scrub = (args: string[], input?: string) =>
  run(['scrub', ...args], { cwd: folder, ...(input === undefined ? {} : { input }) })

test('try says what becomes of a message: as JSON where nobody watches, with rules and cost', async () => {
  const { code, out, err } = await scrub(['try', '--header', `From: ${email}`], `{"to":"${email}"}`)
  assert.equal(code, 0, err)
  const result = JSON.parse(out)
  assert.equal(result.subject, 'events.try')
  assert.equal(result.outcome, 'changed')
  assert.deepEqual(result.policies, ['events'])
  assert.equal(result.rules[0].rule, 'mails')
  assert.equal(result.rules[0].matches, 2)
  assert.deepEqual(result.rules[0].paths, ['header From', '$.to'])
  assert(result.costMs > 0)
  assert(!`${result.payload}${result.headers}`.includes(email))
})

test('try for people: what goes and what comes, also within a compressed body', async () => {
  writeFileSync(join(folder, 'body.gz'), gzipSync(`{"to":"${email}","rest":"${'x y '.repeat(40)}"}`))
  const { out } = await scrub(['try', 'body.gz', '--text', '--subject', 'events.mail'])
  const lines = out.split('\n')
  assert.match(lines[0], /^events\.mail {2}changed by events, \d/)
  assert.match(lines[1], /^- \{"to":"ann@example\.com",.*…$/)
  assert.match(lines[2], /^\+ \{"to":"\*+/)
  assert.match(out, /mails +events +mask +1 +15 +email +\$\.to/)
})

test('try: a refusal with its code, a subject that no policy selects, a file that is not there', async () => {
  const refused = JSON.parse((await scrub(['try'], 'x'.repeat(301))).out)
  assert.deepEqual([refused.outcome, refused.code, refused.deadLetter], ['rejected', 'too-large', 'redacted'])
  assert.equal(JSON.parse((await scrub(['try', '--subject', 'other'], email)).out).outcome, 'no-policy')
  assert.equal((await scrub(['try', 'nothing.json'])).code, 2)
  assert.equal((await scrub(['burn'])).code, 2)
  assert.match((await scrub(['--help'])).out, /^Examples:/)
})

test('test runs fixtures: 0 when all are as expected, 1 when not, 78 when one is none', async () => {
  const file = join(folder, 'scrub-fixtures.yaml')
  const good = `- name: a mail is masked
  subject: events.a
  payload: { to: ${email} }
  expect: { outcome: changed, lacks: [${email}], rules: [mails] }
`
  writeFileSync(file, good)
  assert.equal((await scrub(['test'])).code, 0)
  writeFileSync(
    file,
    `${good}- { name: stays, subject: events.a, payload: ${email}, expect: { outcome: unchanged } }\n`,
  )
  const failed = await scrub(['test', '--text'])
  assert.equal(failed.code, 1)
  assert.match(failed.out, /FAIL stays .*\n +The outcome is changed, not unchanged\.\n1 passed, 1 failed/)
  writeFileSync(file, `${good}- { name: stays, subjct: events.a }\n`)
  const wrong = await scrub(['test'])
  assert.equal(wrong.code, 78)
  assert.match(wrong.err, /scrub-fixtures\.yaml:5:26: 'subjct'/)
})

test('test refuses fixtures that could not fail: a misspelt expectation passed', async () => {
  const rows: readonly (readonly [expect: string, sentence: RegExp])[] = [
    ['{ outcom: changed }', /expectations\.yaml:4:\d+: 'outcom' is not known here/],
    ['{ outcome: change }', /The outcome is one of: unchanged, changed, rejected/],
    ['{ lacks: ann@example.com }', /'lacks' is a list of texts/],
    ['{}', /A fixture that expects nothing cannot fail/],
  ]
  for (const [expect, sentence] of rows) {
    const text = `- name: x\n  subject: events.a\n  payload: 1\n  expect: ${expect}\n`
    writeFileSync(join(folder, 'expectations.yaml'), text)
    const { code, err } = await scrub(['test', 'expectations.yaml'])
    assert.equal(code, 78, err)
    assert.match(err, sentence)
  }
})

test('rules lists policies, rules and detectors', async () => {
  const { policies, detectors } = JSON.parse((await scrub(['rules'])).out)
  assert.deepEqual(
    policies.map((one: { name: string }) => one.name),
    ['events', 'sealed', 'tokens'],
  )
  assert(detectors.length > 200)
  const { out } = await scrub(['rules', '--text', '--category', 'contact'])
  assert.match(out, /3 policies, 3 rules in wirehub\.yaml/)
  assert.match(out, /\nemail +on /)
})

test('a mistake in the policies: file, line, column, exit 78', async () => {
  writeFileSync(join(folder, 'wrong.yaml'), config.replace('[email], action: mask', '[emial], action: mask'))
  const { code, err } = await scrub(['try', '--config', 'wrong.yaml'], 'x')
  assert.equal(code, 78)
  assert.match(err, /wrong\.yaml:10:46: scrub\.policies\[0\].*emial/)
})

test('decrypt shows what encrypt has hidden, to whom the key files can be read', async () => {
  const { payload } = JSON.parse((await scrub(['try', '--subject', 'sealed.a'], `{"mail":"${email}","n":1}`)).out)
  assert.match(payload, /scrub~e~k1~/)
  const { code, out } = await scrub(['decrypt'], payload)
  assert.equal(code, 0)
  assert.equal(out, `{"mail":"${email}","n":1}`)
  writeFileSync(join(folder, 'keyless.yaml'), config.replace('k1.key', 'gone.key'))
  assert.equal((await scrub(['decrypt', '--config', 'keyless.yaml'], payload)).code, 78)
})

test('detokenise asks the vault of a hub that goes on writing it', async () => {
  const ports = join(folder, 'ports.json')
  const hub = start(['serve', '--listen', 'nats://127.0.0.1:0', '--ports-file', ports, '--quiet'], { cwd: folder })
  await hub.until(() => existsSync(ports))
  const server = `nats://127.0.0.1:${JSON.parse(readFileSync(ports, 'utf8')).listeners[0].port}`
  const subscriber = start(['sub', 'tokens.>', '--count', '1', '--server', server])
  await subscriber.until(({ err }) => err.includes('listening'))
  await run(['pub', 'tokens.a', `{"mail":"${email}"}`, '--server', server])
  const { mail } = JSON.parse((await subscriber.ended()).out).data
  assert.match(mail, /^scrub~t~k1~/)
  // The vault is written behind the message; what counts is that it is written.
  await hub.until(() => readFileSync(join(folder, 'tokens.vault')).length > 0)
  const before = readFileSync(join(folder, 'tokens.vault'))
  assert.equal((await scrub(['detokenise', mail])).out, `${email}\n`)
  assert.equal((await scrub(['detokenise'], `{"a":"${mail}"}`)).out, `{"a":"${email}"}`)
  const unknown = await scrub(['detokenise', 'scrub~t~k1~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA~'])
  assert.equal(unknown.code, 1)
  assert.deepEqual(readFileSync(join(folder, 'tokens.vault')), before)
  await hub.stop()
})

test('the example is as its fixtures say', async () => {
  const cwd = fileURLToPath(new URL('../../../../examples/scrub', import.meta.url))
  const { code, out } = await run(['scrub', 'test', '--text'], { cwd })
  assert.equal(code, 0, out)
  assert.match(out, /4 passed, 0 failed/)
  assert.equal((await run(['check'], { cwd })).code, 0)
})
