/** What joins accounts: exports and imports, and subjects that are mapped to others. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { compileLinks, type LinkOptions } from '../../src/assembly/account-links.ts'
import { eventually, startHub } from './support.ts'

type Open = (user: string) => Promise<NatsConnection>

/** Accounts S, A and B with one user each, `s`, `a`, `b`; `g` stands in none of them. */
async function start(t: TestContext, links: Record<string, LinkOptions>): Promise<Open> {
  const user = (name: string): { users: { user: string; password: string }[] } => ({
    users: [{ user: name, password: 'x' }],
  })
  const { hub, port } = await startHub(t, {
    security: { accounts: { S: user('s'), A: user('a'), B: user('b') }, users: [{ user: 'g', password: 'x' }] },
  })
  hub.setLinks(compileLinks(links))
  return async (name) => {
    const client = await connect({ port, user: name, pass: 'x' })
    t.after(() => client.close())
    return client
  }
}

function heard(client: NatsConnection, subject: string): string[] {
  const seen: string[] = []
  client.subscribe(subject, {
    callback: (_error, message) => {
      seen.push(`${message.subject}=${message.string()}`)
    },
  })
  return seen
}

test('a stream is heard in the accounts that import it, under their own name for it, and nowhere else', async (t) => {
  const open = await start(t, {
    S: { exports: [{ stream: 'news.>', accounts: ['A'] }] },
    A: { imports: [{ stream: 'news.*', account: 'S', to: 'from.s.*' }] },
  })
  const [s, a, b] = await Promise.all(['s', 'a', 'b'].map(open))
  const own = heard(s, '>')
  const imported = heard(a, '>')
  const stranger = heard(b, '>')
  await Promise.all([s, a, b].map((one) => one.flush()))
  s.publish('news.today', 'sun')
  s.publish('news.too.deep', 'no')
  s.publish('private', 'no')
  a.publish('news.today', 'own')
  await Promise.all([s, a, b].map((one) => one.flush()))
  await eventually(() => assert.deepEqual(imported.toSorted(), ['from.s.today=sun', 'news.today=own']))
  assert.deepEqual(own, ['news.today=sun', 'news.too.deep=no', 'private=no'])
  assert.deepEqual(stranger, [])
})

test('a service is asked across accounts: it learns who asks, answers once, and nobody hears what is not theirs', async (t) => {
  const open = await start(t, {
    S: { exports: [{ service: 'q.>' }] },
    A: { imports: [{ service: 'q.>', account: 'S', to: 'ask.>' }] },
  })
  const [s, a] = await Promise.all(['s', 'a'].map(open))
  await assert.rejects(a.request('ask.time'), /no responders/)
  s.subscribe('q.*', {
    callback: (_error, message) => {
      const info = JSON.parse(message.headers?.get('Nats-Request-Info') ?? '{}') as { acc?: string }
      message.respond(`${message.subject} ${info.acc} ${message.headers?.get('given')}`)
      message.respond('a second answer')
    },
  })
  const inbox = heard(s, '_INBOX.>')
  await s.flush()
  const given = headers()
  given.set('given', 'x')
  given.set('Nats-Request-Info', '{"acc":"made up"}')
  const answers: string[] = []
  for await (const one of await a.requestMany('ask.time', '', { maxWait: 200, headers: given }))
    answers.push(one.string())
  assert.deepEqual(answers, ['q.time A x'])
  assert.deepEqual(inbox, [])
  await assert.rejects(a.request('q.time'), /no responders/)
})

test('a service with many answers gives them all', async (t) => {
  const open = await start(t, {
    S: { exports: [{ service: 'q', manyResponses: true }] },
    A: { imports: [{ service: 'q', account: 'S' }] },
  })
  const [s, a] = await Promise.all(['s', 'a'].map(open))
  s.subscribe('q', { callback: (_error, message) => ['1', '2', ''].forEach((one) => void message.respond(one)) })
  await s.flush()
  const answers: string[] = []
  for await (const one of await a.requestMany('q', '', { strategy: 'sentinel', maxWait: 5000 }))
    answers.push(one.string())
  assert.deepEqual(answers, ['1', '2', ''])
})

test('an import that is not exported, or not to this account, is refused with its place', () => {
  const imported = { imports: [{ stream: 'news.>', account: 'S' }] }
  for (const exports of [[], [{ stream: 'news.a' }], [{ service: 'news.>' }], [{ stream: 'news.>', accounts: ['B'] }]])
    assert.throws(() => compileLinks({ S: { exports }, A: imported }), /does not export stream news\.> to A/)
  compileLinks({ S: { exports: [{ stream: '>', accounts: ['A'] }] }, A: imported })
})

test('mapped subjects: renamed, reordered, shared out by weight, and what is left stays', async (t) => {
  const open = await start(t, {
    S: {
      mappings: {
        old: 'new',
        'order.*.*': 'by.$2.{{wildcard(1)}}',
        canary: [{ destination: 'next', weight: 50 }],
      },
    },
  })
  const s = await open('s')
  const seen = heard(s, '>')
  s.publish('old', '1')
  s.publish('order.a.b', '2')
  s.publish('other', '3')
  await s.flush()
  await eventually(() => assert.deepEqual(seen, ['new=1', 'by.b.a=2', 'other=3']))
  seen.length = 0
  for (let i = 0; i < 200; i++) s.publish('canary', '')
  await s.flush()
  const counts = Map.groupBy(seen, (one) => one)
  assert.deepEqual([...counts.keys()].toSorted(), ['canary=', 'next='])
  assert.equal(seen.length, 200)
})

test('what goes round in circles ends', async (t) => {
  const open = await start(t, {
    S: { exports: [{ stream: '>' }], imports: [{ stream: '>', account: 'A' }] },
    A: { exports: [{ stream: '>' }], imports: [{ stream: '>', account: 'S' }] },
  })
  const s = await open('s')
  heard(s, 'a')
  s.publish('a', '')
  await s.flush()
})

test('$SYS.REQ.USER.INFO: who somebody is and what they may', async (t) => {
  const { port } = await startHub(t, {
    security: {
      accounts: {
        S: {
          users: [
            {
              user: 's',
              password: 'x',
              permissions: {
                publish: '$SYS.REQ.USER.INFO',
                subscribe: { allow: ['q.> workers', '_INBOX.>'], deny: 'q.secret' },
                allowResponses: true,
              },
            },
          ],
        },
      },
    },
  })
  const client = await connect({ port, user: 's', pass: 'x' })
  const info = (await client.request('$SYS.REQ.USER.INFO')).json<{ server: { id: string }; data: unknown }>()
  assert.equal(info.server.id, client.info?.server_id)
  assert.deepEqual(info.data, {
    user: 's',
    account: 'S',
    permissions: {
      publish: { allow: ['$SYS.REQ.USER.INFO'] },
      subscribe: { allow: ['q.> workers', '_INBOX.>'], deny: ['q.secret'] },
      responses: { max: 1, ttl: 120_000_000_000 },
    },
  })
  await client.close()
})
