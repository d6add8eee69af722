/** What a user may do, on the wire. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { Inspector } from '../../src/core/engine.ts'
import type { UserOptions } from '../../src/security/options.ts'
import { RawClient, startHub } from './support.ts'

const root: UserOptions = { user: 'root', password: 'root' }

async function users(t: TestContext, ...more: UserOptions[]): Promise<(name: string) => Promise<RawClient>> {
  const { port } = await startHub(t, { security: { users: [root, ...more] } })
  return async (name) => {
    const { client } = await RawClient.open(port)
    t.after(() => client.close())
    client.send(`CONNECT {"user":"${name}","pass":"${name}","verbose":false,"headers":true,"no_responders":true}\r\n`)
    await client.roundTrip()
    client.text = ''
    return client
  }
}

test('what is denied inside a wildcard subscription is not delivered, the rest is', async (t) => {
  const as = await users(t, {
    user: 'reader',
    password: 'reader',
    permissions: { subscribe: { deny: ['a.secret', 'b.*.secret', '*.never.>'] } },
  })
  const reader = await as('reader')
  const writer = await as('root')
  reader.send('SUB > 1\r\nSUB a.* 2\r\nSUB a.* q 3\r\nSUB a.open 4\r\n')
  await reader.roundTrip()
  reader.text = ''
  for (const subject of ['a.open', 'a.secret', 'b.x.secret', 'b.x.open', 'c.never.x', 'c.never']) {
    writer.send(`PUB ${subject} 1\r\nx\r\n`)
  }
  await writer.roundTrip()
  await reader.roundTrip()
  const seen = [...reader.text.matchAll(/MSG (\S+) (\d)/g)].map((match) => `${match[1]} ${match[2]}`)
  assert.deepEqual(seen.toSorted(), ['a.open 1', 'a.open 2', 'a.open 3', 'a.open 4', 'b.x.open 1', 'c.never 1'])
})

test('a queue member that may not have a message does not swallow it: another member gets it', async (t) => {
  const as = await users(t, { user: 'half', password: 'half', permissions: { subscribe: { deny: 'jobs.secret' } } })
  const half = await as('half')
  const whole = await as('root')
  half.send('SUB jobs.* q 1\r\n')
  whole.send('SUB jobs.* q 1\r\n')
  await Promise.all([half.roundTrip(), whole.roundTrip()])
  for (let i = 0; i < 10; i++) whole.send('PUB jobs.secret 1\r\nx\r\n')
  await whole.roundTrip()
  await half.roundTrip()
  assert.equal(whole.text.match(/MSG jobs.secret/g)?.length, 10)
  assert.doesNotMatch(half.text, /MSG/)
})

test('allow_responses: who was asked may answer, as often as allowed, and nobody else', async (t) => {
  const as = await users(
    t,
    { user: 'once', password: 'once', permissions: { subscribe: 'ask.once', allowResponses: true } },
    { user: 'many', password: 'many', permissions: { subscribe: 'ask.many', allowResponses: { max: 2 } } },
    {
      user: 'brief',
      password: 'brief',
      permissions: { subscribe: 'ask.brief', publish: 'log', allowResponses: { max: -1, expiresMs: 1 } },
    },
  )
  const asker = await as('root')
  asker.send('SUB inbox.* 1\r\n')
  await asker.roundTrip()
  for (const [name, answers] of [
    ['once', 1],
    ['many', 2],
  ] as const) {
    const service = await as(name)
    service.send(`SUB ask.${name} 1\r\nPUB inbox.${name} 5\r\nearly\r\n`)
    await service.until(/Permissions Violation for Publish to "inbox\.\w+"/)
    await service.roundTrip()
    service.text = ''
    asker.send(`PUB ask.${name} inbox.${name} 1\r\n?\r\n`)
    await service.until(/MSG/)
    for (let i = 0; i < 4; i++) service.send(`PUB inbox.${name} 1\r\n${i}\r\n`)
    await service.roundTrip()
    await asker.roundTrip()
    assert.equal(service.text.match(/Permissions Violation/g)?.length, 4 - answers, name)
    assert.equal(asker.text.match(new RegExp(`MSG inbox.${name}`, 'g'))?.length, answers, name)
    assert.doesNotMatch(asker.text, /early/)
  }
  const brief = await as('brief')
  brief.send('SUB ask.brief 1\r\nPUB log 1\r\nx\r\n')
  await brief.roundTrip()
  assert.doesNotMatch(brief.text, /ERR/)
  asker.send('PUB ask.brief inbox.brief 1\r\n?\r\n')
  await brief.until(/MSG/)
  await new Promise((resolve) => setTimeout(resolve, 5))
  brief.send('PUB inbox.brief 4\r\nlate\r\n')
  await brief.until(/Permissions Violation for Publish to "inbox\.brief"/)
})

test('$HUB is written by nobody, and read with $SYS by those only to whom it is named', async (t) => {
  const as = await users(
    t,
    { user: 'operator', password: 'operator', permissions: { subscribe: ['$HUB.DLQ.>', '>'] } },
    { user: 'wide', password: 'wide', permissions: { subscribe: '>', publish: '>' } },
  )
  const operator = await as('operator')
  operator.send('SUB $HUB.DLQ.> 1\r\nSUB $SYS.> 2\r\n')
  await operator.until(/^-ERR 'Permissions Violation for Subscription to "\$SYS.>"'\r\n$/)
  for (const name of ['root', 'wide']) {
    const user = await as(name)
    user.send('SUB $HUB.> 1\r\nSUB $SYS.> 2\r\nPUB $HUB.DLQ.x 1\r\nx\r\nPUB a $HUB.DLQ.x 1\r\nx\r\n')
    await user.roundTrip()
    assert.match(user.text, /Subscription to "\$HUB.>".*Subscription to "\$SYS.>".*Publish to "\$HUB.DLQ.x".*Reply of/s)
  }
})

test('a refused message: the sender hears it at its reply subject, and keeps its connection', async (t) => {
  const inspector: Inspector = {
    figures: { policies: [], rules: [] },
    showsBefore: true,
    presentable: (_subject, payload) => payload,
    inspectionOf: (_account, subject) =>
      subject.startsWith('events.')
        ? { inspect: () => ({ code: 'policy-rejected', sentence: 'Field "card" is not allowed.\r\nNATS/1.0 200' }) }
        : undefined,
  }
  const { port } = await startHub(t, { core: { inspector } })
  const { client } = await RawClient.open(port)
  t.after(() => client.close())
  client.send('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB inbox.* 1\r\nSUB events.> 2\r\n')
  client.send('PUB events.a inbox.7 1\r\nx\r\nPUB events.b 1\r\nx\r\n')
  await client.roundTrip()
  const status = 'NATS/1.0 400 Field "card" is not allowed. NATS/1.0 200\r\n\r\n'
  assert.equal(client.text, `HMSG inbox.7 1 ${status.length} ${status.length}\r\n${status}\r\nPONG\r\n`)
  client.text = ''
  client.send('CONNECT {"verbose":true}\r\nPUB events.b 1\r\nx\r\nPUB other 1\r\nx\r\n')
  await client.roundTrip()
  assert.equal(client.text, `+OK\r\n-ERR 'Permissions Violation for Publish to "events.b"'\r\n+OK\r\nPONG\r\n`)
})

test('stamped headers: user, client, address and time, and none that a client has made up', async (t) => {
  const { port } = await startHub(t, { security: { users: [root] }, options: 'stamp=all' })
  const { client } = await RawClient.open(port)
  t.after(() => client.close())
  client.send(
    'CONNECT {"user":"root","pass":"root","name":"me\\r\\nX: y","verbose":false,"headers":true}\r\nSUB a 1\r\n',
  )
  const forged = 'NATS/1.0\r\nKeep: this\r\nwirehub-user: admin\r\n\r\n'
  client.send(
    `PUB a 2\r\nhi\r\nHPUB a in ${forged.length} ${forged.length + 2}\r\n${forged}hi\r\nHPUB a 4 6\r\nbad!hi\r\n`,
  )
  await client.roundTrip()
  const messages = [...client.text.matchAll(/HMSG a 1 (?:in )?\d+ \d+\r\nNATS\/1\.0\r\n([\s\S]*?)\r\n\r\nhi\r\n/g)]
  assert.equal(messages.length, 3, client.text)
  const stamps =
    /Wirehub-User: root\r\nWirehub-Client: me {2}X: y\r\nWirehub-Address: 127\.0\.0\.1\r\nWirehub-Time: \d{4}-\d\d-\d\dT[\d:.]+Z$/
  for (const [index, message] of messages.entries()) {
    assert.match(message[1], stamps)
    assert.equal(message[1].replace(stamps, ''), index === 1 ? 'Keep: this\r\n' : '')
  }
})

test('without stamping, what a client has made up is removed all the same', async (t) => {
  const { port } = await startHub(t)
  const { client } = await RawClient.open(port)
  t.after(() => client.close())
  client.send('CONNECT {"verbose":false,"headers":true}\r\nSUB a 1\r\n')
  const forged = 'NATS/1.0\r\nWIREHUB-USER: admin\r\nKeep: this\r\n\r\n'
  const left = 'NATS/1.0\r\nKeep: this\r\n\r\n'
  client.send(`HPUB a ${forged.length} ${forged.length + 2}\r\n${forged}hi\r\n`)
  await client.roundTrip()
  assert.equal(client.text, `HMSG a 1 ${left.length} ${left.length + 2}\r\n${left}hi\r\nPONG\r\n`)
})

test('subscriptions: the limit of one connection is told, and others go on', async (t) => {
  const { port } = await startHub(t, { connection: { maxSubscriptions: 2 } })
  const { client } = await RawClient.open(port)
  t.after(() => client.close())
  client.send('CONNECT {"verbose":false}\r\nSUB a 1\r\nSUB b 2\r\nSUB c 3\r\nUNSUB 1\r\nSUB d 4\r\nPUB d 1\r\nx\r\n')
  await client.roundTrip()
  assert.equal(client.text, "-ERR 'maximum subscriptions exceeded'\r\nMSG d 4 1\r\nx\r\nPONG\r\n")
})
