import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import test from 'node:test'
import { createAccount, createUser } from '@nats-io/nkeys'
import fc from 'fast-check'
import { covers, matches } from '../routing/subject.ts'
import { AuthenticationFailures } from './failures.ts'
import { checkSignature, parseUserNkey } from './nkey.ts'
import { decoyOf, parseSecret } from './password.ts'
import { ResponsePermissions } from './response-permissions.ts'
import { checkScramVerifier, makeScramVerifier, parseScramVerifier } from './scram.ts'
import { compilePermissions } from './subject-permissions.ts'
import { WorkQueue } from './work-queue.ts'

test('the verifier is that of RFC 7677: the proof of its example fits the stored key', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const text = await makeScramVerifier('pencil', salt, 4096)
  const verifier = parseScramVerifier(text)
  assert.ok(verifier)
  // RFC 7677 section 3.
  const exchange =
    'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
    's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const signature = createHmac('sha256', verifier.storedKey).update(exchange).digest()
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]))
  assert.deepEqual(createHash('sha256').update(clientKey).digest(), verifier.storedKey)
  const serverKey = Buffer.from(text.split(':')[2], 'base64')
  assert.equal(
    createHmac('sha256', serverKey).update(exchange).digest('base64'),
    '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  )
  assert.equal(await checkScramVerifier('pencil', verifier), true)
  assert.equal(await checkScramVerifier('pencils', verifier), false)
})

test('a secret that looks like a hash and is malformed is no secret', () => {
  for (const bad of ['$2a$', '$2b$99$aaaa', 'SCRAM-SHA-256$', 'SCRAM-SHA-256$0:YQ==$x:y']) {
    assert.equal(parseSecret(bad), undefined, bad)
  }
})

test('a decoy matches nothing, at the cost of what it stands for', async () => {
  const plain = parseSecret('a')
  const dear = parseSecret(await makeScramVerifier('a', Buffer.alloc(16), 4096))
  assert.ok(plain && dear)
  assert.equal(await decoyOf(plain).matches('a'), false)
  assert.equal(await decoyOf(dear).matches('a'), false)
  assert.equal(decoyOf(dear).cost, dear.cost)
})

test('nkeys: only public keys of users, with a right checksum; signatures fit one key and one nonce', () => {
  const user = createUser()
  const key = parseUserNkey(user.getPublicKey())
  assert.ok(key)
  const nonce = Buffer.from('a nonce')
  const signature = Buffer.from(user.sign(nonce))
  assert.ok(checkSignature(key, nonce, signature.toString('base64url')))
  assert.ok(checkSignature(key, nonce, signature.toString('base64')))
  assert.ok(!checkSignature(key, Buffer.from('another'), signature.toString('base64url')))
  for (const bad of ['', 'rubbish', '='.repeat(90)]) assert.ok(!checkSignature(key, nonce, bad))
  const good = user.getPublicKey()
  const wrong = good.slice(0, 20) + (good[20] === 'A' ? 'B' : 'A') + good.slice(21)
  for (const bad of [
    createAccount().getPublicKey(),
    wrong,
    good.slice(1),
    new TextDecoder().decode(user.getSeed()),
    '',
  ]) {
    assert.equal(parseUserNkey(bad), undefined, bad)
  }
})

test('permissions: allow, deny, queue groups', () => {
  const make = compilePermissions(
    {
      publish: { allow: ['a.>', 'b.*'], deny: 'a.secret' },
      subscribe: { allow: ['a.>', 'jobs workers', 'jobs team.*', 'open'], deny: ['a.x', 'a.y q*', 'a.z only'] },
    },
    'permissions',
  )
  const permissions = make()
  const publish = (subject: string): boolean => permissions.canPublish(subject)
  assert.deepEqual(['a.b', 'a.b.c', 'b.x'].map(publish), [true, true, true])
  assert.deepEqual(['a', 'a.secret', 'b', 'b.x.y', 'c', '$HUB.x'].map(publish), [
    false,
    false,
    false,
    false,
    false,
    false,
  ])
  const subscribe = (pattern: string, queue?: string): boolean => permissions.canSubscribe(pattern, queue)
  assert.ok(subscribe('a.>') && subscribe('a.*') && subscribe('a.b', 'any') && subscribe('open', 'any'))
  assert.ok(!subscribe('>') && !subscribe('a.x') && !subscribe('b') && !subscribe('*.b'))
  assert.ok(subscribe('jobs', 'workers') && subscribe('jobs', 'team.a'))
  assert.ok(!subscribe('jobs') && !subscribe('jobs', 'others') && !subscribe('jobs', 'team.a.b'))
  assert.ok(subscribe('a.z') && subscribe('a.z', 'others') && !subscribe('a.z', 'only'))
  assert.ok(permissions.mustFilter('a.*') && permissions.mustFilter('>') && permissions.mustFilter('*.x'))
  assert.ok(!permissions.mustFilter('open') && !permissions.mustFilter('a.b'))
  assert.ok(permissions.canReceive('a.b') && !permissions.canReceive('a.x') && permissions.canReceive('a.z'))
})

test('what is no subject is named with its place', () => {
  assert.throws(() => compilePermissions({ publish: { allow: ['a', 'b..c'] } }, 'users[0].permissions'), {
    code: 'WIREHUB_ERR_CONFIG',
    place: 'users[0].permissions.publish.allow[1]',
  })
  assert.throws(() => compilePermissions({ publish: 'a queue' }, 'p'), { code: 'WIREHUB_ERR_CONFIG' })
})

test('whoever may subscribe to a pattern gets of it only what is not denied', () => {
  const token = fc.constantFrom('a', 'b', '*')
  const pattern = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest ? ['>'] : [])].join('.'))
  const subject = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 3 }),
      fc.array(pattern, { maxLength: 3 }),
      pattern,
      subject,
      (allow, deny, wanted, given) => {
        const permissions = compilePermissions({ subscribe: { allow, deny }, publish: { allow, deny } }, 'p')()
        const allowed = allow.some((one) => covers(one, given)) && !deny.some((one) => covers(one, given))
        assert.equal(permissions.canPublish(given), allowed)
        if (!matches(wanted, given) || !permissions.canSubscribe(wanted, undefined)) return
        const received = !permissions.mustFilter(wanted) || permissions.canReceive(given)
        assert.equal(received, allowed, `${wanted} ${given}`)
      },
    ),
  )
})

test('responses: the number and the time hold, and what is remembered is bounded', () => {
  const base = compilePermissions({ publish: [] }, 'p')()
  const permissions = new ResponsePermissions(base, 2, 1000)
  assert.equal(permissions.mayRespond('in.1', 0), false)
  permissions.noteReply('in.1', 0)
  assert.deepEqual(
    [1, 2, 3].map((now) => permissions.mayRespond('in.1', now)),
    [true, true, false],
  )
  permissions.noteReply('in.2', 0)
  assert.equal(permissions.mayRespond('in.2', 1000), false)
  for (let i = 0; i < 100_000; i++) permissions.noteReply(`many.${i}`, 5000)
  assert.equal(permissions.mayRespond('many.0', 5001), false)
  assert.equal(permissions.mayRespond('many.99999', 5001), true)
})

test('failures are counted by address, for a bounded number of addresses', () => {
  const failures = new AuthenticationFailures()
  assert.deepEqual([failures.note('a'), failures.note('b'), failures.note('a')], [1, 1, 2])
  for (let i = 0; i < 20_000; i++) failures.note(`address ${i}`)
  assert.equal(failures.total, 20_003)
  assert.equal(failures.byAddress.size, 10_000)
  assert.equal(failures.byAddress.has('a'), false)
})

test('dear work is done a few at a time, and refused when too much waits', async () => {
  const queue = new WorkQueue()
  let running = 0
  let most = 0
  const finish: (() => void)[] = []
  const jobs = Array.from({ length: 3000 }, () =>
    queue.run(() => {
      most = Math.max(most, ++running)
      return new Promise((resolve) => {
        finish.push(() => {
          running--
          resolve(true)
        })
      })
    }),
  )
  let done = 0
  void Promise.all(jobs).then(() => {
    done = 1
  })
  while (done === 0) {
    for (const end of finish.splice(0)) end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const answers = await Promise.all(jobs)
  assert.equal(most, 4)
  assert.equal(answers.filter((answer) => answer).length, 4 + 2048)
})
