/** `$HUB.TAP.before.>` and `$HUB.TAP.after.>`: a live look at messages before and after scrubbing, for whom that is permitted. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Connection } from '../../src/core/connection.ts'
import { Inbox, leaks, natsClient, planted, startService } from './support.ts'

const yaml = (scrub: string, more = ''): string => `
listen: [nats://127.0.0.1:0]
${more}
scrub:
  ${scrub}
  policies:
    - name: events
      subjects: [events.>]
      stages:
        - validate: { maxBytes: 100 }
        - redact: [{ name: mail, detectors: [email], action: remove }]
`

/** Why the server refuses a subscription; undefined when it does not. */
async function refusal(client: Awaited<ReturnType<typeof natsClient>>, subject: string): Promise<Error | undefined> {
  let error: Error | undefined
  client.subscribe(subject, {
    callback: (problem) => {
      error ??= problem ?? undefined
    },
  })
  await client.flush()
  await new Promise((resolve) => setImmediate(resolve))
  return error
}

test('before shows a message as it came, after what became of it and why', async (t) => {
  const { port } = await startService(t, yaml('tap: true'))
  const client = await natsClient(t, port('nats'))
  const before = await Inbox.open(client, '$HUB.TAP.before.>')
  const after = await Inbox.open(client, '$HUB.TAP.after.>')
  const payload = JSON.stringify({ to: [planted.email, planted.email] })
  client.publish('events.a', payload, { reply: 'answers.here' })
  const came = await before.next()
  assert.equal(came.subject, '$HUB.TAP.before.events.a')
  assert.equal(came.string(), payload)
  assert.equal(came.reply, '')
  assert.equal(came.headers?.get('Wirehub-Tap-Reply'), 'answers.here')
  const went = await after.next()
  assert.equal(went.subject, '$HUB.TAP.after.events.a')
  assert.deepEqual(leaks(went.data), [])
  assert.equal(went.headers?.get('Wirehub-Tap-Outcome'), 'changed')
  assert.equal(went.headers?.get('Wirehub-Tap-Policies'), 'events')
  assert.equal(went.headers?.get('Wirehub-Tap-Findings'), 'mail (email) x2')

  client.publish('events.a', 'x'.repeat(200))
  const refused = await after.next()
  assert.equal(refused.headers?.get('Wirehub-Tap-Outcome'), 'rejected')
  assert.match(refused.headers?.get('Wirehub-Tap-Reason') ?? '', /100/)
  assert.equal(refused.data.length, 0)

  client.publish('elsewhere', 'as it is')
  assert.equal((await after.next()).headers?.get('Wirehub-Tap-Outcome'), 'no-policy')
})

test('a tap that begins late, on one subject by name, sees the subject that is already flowing; one that ends is not paid for any more', async (t) => {
  const { port, service } = await startService(t, yaml('tap: true'))
  const client = await natsClient(t, port('nats'))
  client.publish('events.one', 'first')
  client.publish('other.one', 'first')
  await client.flush()
  const { defaultAccount } = service.hub.core
  assert.equal(defaultAccount.routeFor('other.one').attachment, undefined)
  const tap = client.subscribe('$HUB.TAP.before.other.one')
  await client.flush()
  client.publish('other.one', 'second')
  for await (const message of tap) {
    assert.equal(message.string(), 'second')
    break
  }
  tap.unsubscribe()
  await client.flush()
  assert.equal(defaultAccount.routeFor('other.one').attachment, undefined)
})

test('before is off unless the configuration switches it on, also by reload', async (t) => {
  const { port, reload } = await startService(t, yaml('tap: false'))
  const client = await natsClient(t, port('nats'))
  assert.match(String(await refusal(client, '$HUB.TAP.before.>')), /Permissions Violation/)
  // Named more widely, the subscription is as good as any other on $HUB, and shows nothing of it.
  const wide = await Inbox.open(client, '$HUB.>')
  client.publish('events.a', planted.email)
  const only = await wide.next()
  assert.equal(only.subject, '$HUB.TAP.after.events.a')
  assert.equal(wide.all.length, 1)
  await reload(yaml('tap: true'))
  client.publish('events.a', planted.email)
  assert.equal((await wide.next()).subject, '$HUB.TAP.before.events.a')
  await reload(yaml('tap: false'))
  client.publish('events.b', planted.email)
  await client.flush()
  assert.deepEqual(
    wide.all.map((message) => message.subject).filter((subject) => subject.endsWith('.b')),
    ['$HUB.TAP.after.events.b'],
  )
})

test('no wildcard of the subject space reaches it, nobody may write it, a user must be permitted by name', async (t) => {
  const users = `
authorization:
  users:
    - { user: anna, password: secret-a, permissions: { subscribe: ['>'] } }
    - { user: bert, password: secret-b, permissions: { subscribe: ['>', '$HUB.TAP.after.>'] } }`
  const { port } = await startService(t, yaml('tap: true', users))
  const anna = await natsClient(t, port('nats'), { user: 'anna', pass: 'secret-a' })
  const bert = await natsClient(t, port('nats'), { user: 'bert', pass: 'secret-b' })
  assert.match(String(await refusal(anna, '$HUB.TAP.after.>')), /Permissions Violation/)
  assert.match(String(await refusal(bert, '$HUB.TAP.before.>')), /Permissions Violation/)
  const all = await Inbox.open(anna, '>')
  const tap = await Inbox.open(bert, '$HUB.TAP.after.>')
  anna.publish('$HUB.TAP.after.events.a', 'forged')
  anna.publish('events.a', 'real')
  assert.equal((await tap.next()).string(), 'real')
  await anna.flush()
  assert.deepEqual(
    all.all.map((message) => message.subject),
    ['events.a'],
  )
})

test('where nobody has to say who they are, it is for this machine alone', async (t) => {
  const { service } = await startService(t, yaml('tap: true'))
  const { core } = service.hub
  const from = (remoteAddress: string): Connection => ({ remoteAddress }) as Connection
  for (const pattern of ['$HUB.TAP.after.>', '$HUB.DLQ.>', '$SYS.>']) {
    assert.equal(core.mayWatch(from('127.0.0.1'), pattern), true)
    assert.equal(core.mayWatch(from('::1'), pattern), true)
    assert.equal(core.mayWatch(from('10.0.0.9'), pattern), false)
  }
  assert.equal(core.mayWatch(from('10.0.0.9'), 'events.>'), true)
})
