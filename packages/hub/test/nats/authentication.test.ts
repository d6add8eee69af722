/** Who may connect, and what happens while that is being found out. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createUser } from '@nats-io/nkeys'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { hash } from 'bcryptjs'
import { unrestricted } from '../../src/core/permissions.ts'
import { makeScramVerifier } from '../../src/security/scram.ts'
import { connectionOf, eventually, RawClient, startHub } from './support.ts'

const salt = Buffer.from('0123456789abcdef')

function open(t: TestContext, port: number, options: object): Promise<NatsConnection> {
  const connecting = connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...options })
  t.after(async () => (await connecting.catch(() => undefined))?.close())
  return connecting
}

test('token: plain, bcrypt, SCRAM verifier', async (t) => {
  for (const token of ['s3cret', await hash('s3cret', 4), await makeScramVerifier('s3cret', salt, 4096)]) {
    const { port, hub } = await startHub(t, { security: { token } })
    const nc = await open(t, port, { token: 's3cret' })
    assert.equal(nc.info?.auth_required, true)
    await assert.rejects(open(t, port, { token: 'wrong' }), /authorization violation/i)
    await assert.rejects(open(t, port, {}), /authorization violation/i)
    await eventually(() => assert.equal(hub.counters.closed.get('authentication-failed'), 2))
  }
})

test('user and password: plain, bcrypt ($2a, $2b, $2y), SCRAM verifier; wrong ones are refused and counted per address', async (t) => {
  const bcrypt = (await hash('pw', 4)).slice(4)
  const users = [
    { user: 'plain', password: 'pw' },
    { user: 'scram', password: await makeScramVerifier('pw', salt, 4096) },
    ...['a', 'b', 'y'].map((version) => ({ user: `bcrypt-${version}`, password: `$2${version}$${bcrypt}` })),
  ]
  const { port, hub, log } = await startHub(t, { security: { users } })
  for (const { user } of users) {
    const nc = await open(t, port, { user, pass: 'pw', name: user })
    assert.equal(connectionOf(hub, user)?.user, user)
    await nc.flush()
    await assert.rejects(open(t, port, { user, pass: 'wrong' }), /authorization violation/i)
  }
  await assert.rejects(open(t, port, { user: 'nobody', pass: 'pw' }), /authorization violation/i)
  await assert.rejects(open(t, port, { user: 'plain' }), /authorization violation/i)
  const failures = (hub.authenticator as unknown as { failures: { total: number; byAddress: Map<string, number> } })
    .failures
  assert.equal(failures.total, users.length + 2)
  assert.equal(failures.byAddress.get('127.0.0.1'), users.length + 2)
  assert.ok(
    log.some((line) => line.sentence.includes('failed to authenticate') && line.detail?.address === '127.0.0.1'),
  )
  assert.ok(!JSON.stringify(log).includes('wrong'), 'passwords are not logged')
})

test('nkey: the nonce must be signed with the key', async (t) => {
  const user = createUser()
  const stranger = createUser()
  const { port, hub } = await startHub(t, { security: { users: [{ nkey: user.getPublicKey() }] } })
  const nc = await open(t, port, { authenticator: nkeyAuthenticator(user.getSeed()), name: 'k' })
  assert.ok((nc.info?.nonce?.length ?? 0) > 10)
  assert.equal(connectionOf(hub, 'k')?.user, user.getPublicKey())
  await assert.rejects(
    open(t, port, { authenticator: nkeyAuthenticator(stranger.getSeed()) }),
    /authorization violation/i,
  )
  const { client, info } = await RawClient.open(port)
  const wrong = Buffer.from(stranger.sign(Buffer.from(String(info.nonce)))).toString('base64url')
  client.send(`CONNECT {"nkey":"${user.getPublicKey()}","sig":"${wrong}"}\r\nPING\r\n`)
  await client.whenClosed()
  assert.equal(client.text, "-ERR 'Authorization Violation'\r\n")
  const other = await RawClient.open(port)
  assert.notEqual(other.info.nonce, info.nonce, 'each connection has its own nonce')
  other.client.close()
})

test('a JWT is refused, and the log says why', async (t) => {
  const { port, log } = await startHub(t, { security: { token: 'x' } })
  const { client } = await RawClient.open(port)
  client.send('CONNECT {"jwt":"e30.e30.x","sig":"x"}\r\n')
  await client.whenClosed()
  assert.equal(client.text, "-ERR 'Authorization Violation'\r\n")
  assert.ok(log.some((line) => /JWT/.test(line.sentence)))
})

test('what follows CONNECT in the same packet waits for the answer, in order', async (t) => {
  const password = await makeScramVerifier('pw', salt, 4096)
  const { port } = await startHub(t, { security: { users: [{ user: 'u', password }] } })
  const { client } = await RawClient.open(port)
  client.send('CONNECT {"user":"u","pass":"pw","verbose":false}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\nPU')
  await client.until(/MSG a 1 2\r\nhi\r\n/)
  client.send('B a 1\r\nx\r\nPING\r\n')
  await client.until(/MSG a 1 2\r\nhi\r\nMSG a 1 1\r\nx\r\nPONG\r\n$/)
  client.close()
})

test('a dear hash is compared in a thread: the others are served meanwhile', async (t) => {
  const { port } = await startHub(t, {
    security: {
      users: [
        { user: 'dear', password: await hash('pw', 12) },
        { user: 'cheap', password: 'pw' },
      ],
    },
    // That the comparison takes its time is not the client's fault.
    connection: { authenticationTimeoutMs: 500 },
  })
  // A plain password beside a hash costs a comparison too, but only once.
  const other = (await RawClient.open(port)).client
  other.send('CONNECT {"user":"cheap","pass":"pw","verbose":false}\r\n')
  await other.roundTrip()
  const dear = (await RawClient.open(port)).client
  dear.send('CONNECT {"user":"dear","pass":"pw","verbose":true}\r\n')
  for (let i = 0; i < 5; i++) await other.roundTrip()
  assert.equal(dear.text, '')
  await dear.until(/\+OK/)
  for (const client of [dear, other]) client.close()
})

test('a client that finishes sending right after CONNECT still has its operations executed', async (t) => {
  const password = await makeScramVerifier('pw', salt, 4096)
  const { port } = await startHub(t, { security: { users: [{ user: 'u', password }] } })
  const { client } = await RawClient.open(port)
  client.send('CONNECT {"user":"u","pass":"pw","verbose":false}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\n')
  client.socket.end()
  await client.whenClosed()
  assert.equal(client.text, 'MSG a 1 2\r\nhi\r\n')
})

test('a connection that closes, or runs out of time, while its password is being checked is simply gone', async (t) => {
  const { port, hub } = await startHub(t, { security: { token: 'x' } })
  const waiting: (() => void)[] = []
  const account = hub.defaultAccount
  hub.authenticator = {
    required: true,
    usesNonce: false,
    anonymous: () => undefined,
    authenticate: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ user: 'late', account, permissions: unrestricted }))
      }),
  }
  const asked = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const first = (await RawClient.open(port)).client
  first.send('CONNECT {}\r\nSUB a 1\r\n')
  await asked()
  first.close()
  for (const connection of hub.connections.values()) connection.abort('read-error')
  waiting.pop()?.()
  const second = (await RawClient.open(port)).client
  second.send('CONNECT {}\r\nSUB a 1\r\n')
  await asked()
  for (const connection of hub.connections.values()) connection.codec.refuse?.('authentication-timeout')
  waiting.pop()?.()
  await second.whenClosed()
  assert.equal(second.text, "-ERR 'Authentication Timeout'\r\n")
  assert.equal(account.subscriptionCount, 0)
  await eventually(() => assert.equal(hub.connections.size, 0))
})

test('whoever says nothing is closed after the authentication timeout', async (t) => {
  const { port, hub } = await startHub(t, { security: { token: 'x' }, connection: { authenticationTimeoutMs: 1 } })
  const { client } = await RawClient.open(port)
  await client.whenClosed()
  assert.equal(client.text, "-ERR 'Authentication Timeout'\r\n")
  await eventually(() => assert.equal(hub.counters.closed.get('authentication-timeout'), 1))
})

test('a user that expires is not let in, and is ended when the moment comes', async (t) => {
  const now = Date.now()
  const users = [
    { user: 'old', password: 'pw', expiresAtMs: now - 1 },
    { user: 'short', password: 'pw', expiresAtMs: now + 500 },
  ]
  const { port } = await startHub(t, { security: { users } })
  await assert.rejects(open(t, port, { user: 'old', pass: 'pw' }), /authorization violation/i)
  const { client } = await RawClient.open(port)
  client.send('CONNECT {"user":"short","pass":"pw","verbose":false}\r\nPING\r\n')
  await client.until(/PONG/)
  await client.whenClosed()
  assert.match(client.text, /-ERR 'User Authentication Expired'\r\n$/)
})

test('accounts do not hear of each other; each has its own limit of connections', async (t) => {
  const { port, hub } = await startHub(t, {
    security: {
      accounts: {
        A: { users: [{ user: 'a', password: 'a' }] },
        B: { users: [{ user: 'b', password: 'b' }], limits: { maxConnections: 1 } },
      },
    },
  })
  const a = await open(t, port, { user: 'a', pass: 'a' })
  const b = await open(t, port, { user: 'b', pass: 'b' })
  const heard: string[] = []
  a.subscribe('>', { callback: (_error, m) => void heard.push(`a ${m.string()}`) })
  b.subscribe('>', { callback: (_error, m) => void heard.push(`b ${m.string()}`) })
  await Promise.all([a.flush(), b.flush()])
  a.publish('x', 'from a')
  b.publish('x', 'from b')
  await Promise.all([a.flush(), b.flush()])
  assert.deepEqual(heard.toSorted(), ['a from a', 'b from b'])
  await assert.rejects(b.request('x.only.in.a', '', { timeout: 20 }))
  assert.equal(hub.account('A').subscriptionCount, 1)
  await assert.rejects(open(t, port, { user: 'b', pass: 'b' }), /maximum account active connections exceeded/i)
})

test('no_auth_user: whoever shows nothing is that user; INFO asks for nothing', async (t) => {
  const users = [
    { user: 'guest', password: 'g', permissions: { publish: 'open.>' } },
    { user: 'root', password: 'r' },
  ]
  const { port, hub } = await startHub(t, { security: { users, noAuthUser: 'guest' } })
  const nc = await open(t, port, { name: 'nobody' })
  assert.ok(!nc.info?.auth_required)
  assert.equal(connectionOf(hub, 'nobody')?.user, 'guest')
  await open(t, port, { name: 'root', user: 'root', pass: 'r' })
  assert.equal(connectionOf(hub, 'root')?.user, 'root')
  await assert.rejects(open(t, port, { user: 'root', pass: 'x' }), /authorization violation/i)
})

test('without configured users everybody is welcome, whatever they show', async (t) => {
  const { port } = await startHub(t, { security: {} })
  await open(t, port, {})
  await open(t, port, { user: 'any', pass: 'thing' })
})

test('users may be bound to protocols', async (t) => {
  const { port } = await startHub(t, { security: { users: [{ user: 'm', password: 'm', protocols: ['mqtt'] }] } })
  await assert.rejects(open(t, port, { user: 'm', pass: 'm' }), /authorization violation/i)
})

test('a user that does not exist takes the same way as a wrong password; a right one is checked once', async (t) => {
  const password = await makeScramVerifier('pw', salt, 4096)
  const { hub } = await startHub(t, {
    security: { users: [{ user: 'known', password }, { user: 'plain', password: 'pw' }, { user: 'certified' }] },
  })
  const ask = (user: string, given: string): unknown =>
    hub.authenticator.authenticate({ user, password: given, remoteAddress: '10.0.0.1' })
  for (const [user, given] of [
    ['known', 'wrong'],
    ['plain', 'wrong'],
    ['nobody', 'pw'],
    ['certified', 'pw'],
    ['certified', ''],
  ]) {
    const answer = ask(user, given)
    assert.ok(answer instanceof Promise, user)
    assert.equal(await answer, undefined, user)
  }
  assert.ok(ask('known', 'pw') instanceof Promise)
  assert.ok(await ask('known', 'pw'))
  assert.ok(!(ask('known', 'pw') instanceof Promise), 'remembered')
  assert.equal(await ask('known', 'pw '), undefined)
})
