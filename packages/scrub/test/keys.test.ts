/** Hash, tokenise, encrypt: what they promise over key rotation, restarts and refusals. */
import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, test } from 'node:test'
import type { ActionConfig, KeyRing, Vault } from '../src/mod.ts'
import {
  createDetokeniser,
  createKeyRing,
  decrypt,
  decryptPayload,
  decryptText,
  MemoryVault,
  openFileVault,
} from '../src/mod.ts'
import { after, compile, compileRules, scrub } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'wirehub-scrub-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const first = { id: 'k1', secret: 'the first secret, long enough' }
const second = { id: 'k2', secret: 'the second secret, long enough' }
const old = createKeyRing([first])
const rotated = createKeyRing([first, second])
const payload = '{"email":"joe@firma.de","age":33,"tags":[1]}'

function apply(action: ActionConfig, keys: KeyRing, text: string = payload, vault: Vault = new MemoryVault()): string {
  return after(compileRules([{ fields: ['$.email', '$.age', '$.tags'], action }], { keys, vault }), text)
}

test('equal values hash to equal marks, so that joins work; other keys make other marks', () => {
  assert.equal(apply('hash', old), apply('hash', old))
  assert.notEqual(apply('hash', old), apply('hash', rotated))
  assert.equal(apply({ hash: { key: 'k1' } }, rotated), apply('hash', old))
  assert.match(JSON.parse(apply('hash', old)).email, /^scrub~h~k1~[\w-]{32}~$/)
})

test('an escaped spelling hashes like the plain one', () => {
  assert.equal(
    JSON.parse(apply('hash', old, '{"email":"joe\\u0040firma.de"}')).email,
    JSON.parse(apply('hash', old)).email,
  )
})

test('a number that must stay one hashes to one that every parser keeps exactly', () => {
  const { age } = JSON.parse(apply({ hash: { keep: 'type' } }, old))
  assert.ok(Number.isSafeInteger(age))
  assert.equal(JSON.parse(apply({ hash: { keep: 'type' } }, old, `{"age":${age}}`)).age, age)
})

test('after rotation everything old is still known for what it is', () => {
  for (const action of ['hash', 'tokenise', 'encrypt'] as const) {
    const once = apply(action, old)
    assert.notEqual(once, payload)
    assert.equal(apply(action, rotated, once), once, action)
  }
})

test('only who has the key can make a mark: a forged one is hashed like anything else', () => {
  const forged = `scrub~h~k1~${'A'.repeat(32)}~`
  assert.notEqual(JSON.parse(apply('hash', old, JSON.stringify({ email: forged }))).email, forged)
})

test('what was encrypted with any key of the ring is decrypted, JSON values as what they were', () => {
  const sealed = JSON.parse(apply('encrypt', old))
  assert.deepEqual(decrypt(sealed.email, rotated), { text: 'joe@firma.de', isJson: false })
  assert.deepEqual(decrypt(sealed.age, rotated), { text: '33', isJson: true })
  assert.deepEqual(decrypt(sealed.tags, rotated), { text: '[1]', isJson: true })
  assert.match(JSON.parse(apply('encrypt', rotated)).email, /^scrub~e~k2~/)
  assert.equal(decryptText(`to ${sealed.email}, bye`, rotated), 'to joe@firma.de, bye')
})

test('a whole payload is decrypted into what it was, JSON or text', () => {
  const original = '{"email":"jo\\"e@firma.de", "age":33,"tags":[1,{"a":"b"}],"note":"Zoë"}'
  const sealed = apply('encrypt', old, original)
  assert.doesNotMatch(sealed, /33|firma/)
  assert.equal(Buffer.from(decryptPayload(Buffer.from(sealed), rotated)).toString(), original)
  const text = after(
    compileRules([{ detectors: ['email'], action: 'encrypt' }], { keys: old }),
    '{"a":"to joe@firma.de, bye"}',
  )
  assert.equal(Buffer.from(decryptPayload(Buffer.from(text), old)).toString(), '{"a":"to joe@firma.de, bye"}')
  const clean = Buffer.from('{"a":1}')
  assert.equal(decryptPayload(clean, old), clean)
  assert.equal(Buffer.from(decryptPayload(Buffer.from(sealed), createKeyRing([second]))).toString(), sealed)
})

test('a changed bit, another key or no ciphertext at all is an error, not a wrong answer', () => {
  const { email } = JSON.parse(apply('encrypt', old))
  const changed = email.replace(/.(.{4})~$/, (_: string, rest: string) => `${email.at(-6) === 'A' ? 'B' : 'A'}${rest}~`)
  for (const [value, ring] of [
    [changed, old],
    [email, createKeyRing([{ id: 'k1', secret: 'quite another secret' }])],
    [email, createKeyRing([second])],
    ['hello', old],
  ] as const) {
    assert.throws(() => decrypt(value, ring), { code: 'SCRUB_ERR_CIPHERTEXT' })
  }
})

test('a token leads back to its value for whom the permission is given, and for nobody else', () => {
  const vault = new MemoryVault()
  const { email } = JSON.parse(apply('tokenise', old, payload, vault))
  const desk = createDetokeniser({ vault, keys: rotated, permit: ({ requester }) => requester === 'auditor' })
  assert.equal(desk.detokenise(email, 'auditor'), 'joe@firma.de')
  assert.throws(() => desk.detokenise(email, 'intern'), { code: 'SCRUB_ERR_DENIED' })
  assert.throws(() => desk.detokenise('scrub~t~k1~nothing~', 'auditor'), { code: 'SCRUB_ERR_TOKEN' })
  const forgetful = createDetokeniser({ vault, keys: createKeyRing([second]), permit: () => true })
  assert.throws(() => forgetful.detokenise(email, 'x'), { code: 'SCRUB_ERR_KEY' })
  assert.deepEqual([desk.granted, desk.denied], [1, 1])
})

test('the same value has the same token, kept once', () => {
  const vault = new MemoryVault()
  const scrubber = compileRules([{ detectors: ['email'], action: 'tokenise' }], { keys: old, vault })
  assert.equal(after(scrubber, 'joe@firma.de'), after(scrubber, 'joe@firma.de'))
  after(scrubber, '{"a":"joe@firma.de"}')
  assert.equal(vault.size, 1)
})

test('a full vault refuses the message: nothing goes on in the clear', () => {
  const scrubber = compileRules([{ detectors: ['email'], action: 'tokenise' }], {
    keys: old,
    vault: new MemoryVault({ maxTokens: 1 }),
  })
  assert.equal(scrub(scrubber, 'joe@firma.de').kind, 'changed')
  const refused = scrub(scrubber, 'ann@firma.de')
  assert.equal(refused.kind === 'rejected' && refused.code, 'policy-failed')
  assert.equal(refused.kind === 'rejected' && refused.deadLetter.handling, 'encrypted')
  assert.doesNotMatch(JSON.stringify(refused), /ann@/)
})

test('a file vault keeps its tokens over a restart, encrypted, readable by its owner only', async () => {
  const path = join(folder, 'vault')
  const vault = openFileVault(path)
  const { email } = JSON.parse(apply('tokenise', old, payload, vault))
  await vault.close()
  assert.doesNotMatch(readFileSync(path, 'latin1'), /firma/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const reopened = openFileVault(path, { sync: 'each' })
  const desk = createDetokeniser({ vault: reopened, keys: rotated, permit: () => true })
  assert.equal(desk.detokenise(email, 'x'), 'joe@firma.de')
  apply('tokenise', old, '{"email":"ann@firma.de"}', reopened)
  await reopened.close()
  const third = openFileVault(path)
  assert.equal(third.size, reopened.size)
  await third.close()
})

test('a torn end of a file vault is cut off, damage before the end is named and left alone', async () => {
  const path = join(folder, 'torn')
  const vault = openFileVault(path)
  vault.put('one', Buffer.from('x'.repeat(40)))
  vault.put('two', Buffer.from('y'.repeat(40)))
  await vault.close()
  const sound = readFileSync(path)
  appendFileSync(path, sound.subarray(0, 30))
  const mended = openFileVault(path)
  assert.equal(mended.size, 2)
  mended.put('three', Buffer.from('z'))
  await mended.close()
  const again = openFileVault(path)
  assert.equal(again.size, 3)
  await again.close()
  const damaged = Buffer.from(sound)
  damaged[20] ^= 1
  writeFileSync(path, damaged)
  assert.throws(() => openFileVault(path), { code: 'SCRUB_ERR_VAULT', message: /damaged at byte 0/ })
  assert.deepEqual(readFileSync(path), damaged)
})

test('key rings refuse what is no key', () => {
  const refused = { code: 'SCRUB_ERR_KEY' }
  assert.throws(() => createKeyRing([]), refused)
  assert.throws(() => createKeyRing([{ id: 'k', secret: 'short' }]), refused)
  assert.throws(() => createKeyRing([first, first]), refused)
  assert.throws(() => createKeyRing([{ id: 'a b', secret: first.secret }]), refused)
})

test('policies that need keys or a vault do not compile without', () => {
  const bare = { keys: undefined, vault: undefined }
  for (const action of ['hash', 'tokenise', 'encrypt'] as const) {
    assert.throws(() => compileRules([{ detectors: ['email'], action }], bare), { code: 'SCRUB_ERR_KEY' })
  }
  assert.throws(
    () => compileRules([{ detectors: ['email'], action: 'tokenise' }], { ...bare, keys: old }),
    /needs a vault/,
  )
  assert.throws(() => compileRules([{ detectors: ['email'], action: { hash: { key: 'k9' } } }]), {
    code: 'SCRUB_ERR_KEY',
  })
  const encrypted = {
    policies: [{ name: 'p', subjects: ['a'], deadLetter: 'encrypted', stages: [{ validate: {} }] }],
  } as const
  assert.throws(() => compile(encrypted, bare), { code: 'SCRUB_ERR_KEY' })
})
