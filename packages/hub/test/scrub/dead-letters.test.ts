/** What a policy refuses: its sender is told in its own protocol, the letter says why and keeps the headers, nothing else is lost. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import test from 'node:test'
import { headers } from '@nats-io/transport-node'
import { HubError } from '@wirehub/hub'
import { Inbox, leaks, natsClient, planted, startService } from './support.ts'

const yaml = `
listen: [nats://127.0.0.1:0, lines://127.0.0.1:0, http://127.0.0.1:0]
scrub:
  policies:
    - name: orders
      subjects: [orders.>]
      stages:
        - validate: { schema: { type: object, required: [id] } }
        - redact: [{ name: mail, detectors: [email], action: remove }]
`

test('the sender is told, the letter says why, and what is valid goes on as if nothing had been', async (t) => {
  const { port, service } = await startService(t, yaml)
  const client = await natsClient(t, port('nats'))
  const letters = await Inbox.open(client, '$HUB.DLQ.>')
  const orders = await Inbox.open(client, 'orders.>')
  const answers = await Inbox.open(client, 'answers')
  const head = headers()
  head.set('Trace', 'abc')
  head.append('Trace', 'def')
  head.set('Dead-Letter-Subject', 'forged.subject')
  for (let n = 0; n < 50; n++) {
    client.publish(`orders.${n}`, n === 25 ? `{"mail":"${planted.email}"}` : `{"id":${n}}`, {
      reply: 'answers',
      headers: head,
    })
  }
  const letter = await letters.next()
  assert.equal(letter.subject, '$HUB.DLQ.orders.25')
  assert.deepEqual(leaks(letter.data), [])
  const got = letter.headers
  assert.match(got?.get('Dead-Letter-Reason') ?? '', /does not fulfil the schema: it must have required property 'id'/)
  assert.deepEqual(got?.values('Dead-Letter-Subject'), ['orders.25'])
  assert.equal(got?.get('Dead-Letter-Code'), 'schema')
  assert.equal(got?.get('Dead-Letter-Policy'), 'orders')
  assert.equal(got?.get('Dead-Letter-Kept'), 'redacted')
  assert.equal(got?.get('Dead-Letter-Reply'), 'answers')
  assert.deepEqual(got?.values('Trace'), ['abc', 'def'])
  const answer = await answers.next()
  assert.equal(answer.headers?.code, 400)
  assert.equal(answer.headers?.description, got?.get('Dead-Letter-Reason'))
  await client.flush()
  assert.equal(orders.all.length, 49)
  assert.equal(letters.all.length, 1)
  assert.equal(service.hub.core.deadLetters.counts.get('schema'), 1)
})

test('lines are told with err, the embedding program by an error', async (t) => {
  const { port, service } = await startService(t, yaml)
  const socket = net.connect(port('lines'), '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('{"op":"pub","id":7,"subject":"orders.a","data":{}}\n')
  const [line] = (await once(socket, 'data')) as [Buffer]
  const { op, id, code, message } = JSON.parse(line.toString()) as Record<string, unknown>
  assert.deepEqual([op, id, code], ['err', 7, 'WIREHUB_ERR_REFUSED'])
  assert.match(String(message), /does not fulfil the schema/)
  assert.throws(() => service.hub.publish('orders.a', {}), HubError)
})

test('figures by policy and rule stand in /metrics and /varz, under names that stay', async (t) => {
  const { port } = await startService(t, yaml)
  const client = await natsClient(t, port('nats'))
  for (let n = 0; n < 20; n++) client.publish('orders.a', `{"id":1,"to":["${planted.email}","b@example.com"]}`)
  client.publish('orders.a', '{}')
  await client.flush()
  const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port('http')}${path}`)).text()
  const page = await get('/metrics')
  const of = (name: string): number =>
    Number(new RegExp(`^wirehub_${name.replace(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(page)?.[1])
  assert.equal(of('scrub_messages_total{policy="orders"}'), 21)
  assert.equal(of('scrub_changed_total{policy="orders"}'), 20)
  assert.equal(of('scrub_rejected_total{policy="orders"}'), 1)
  assert.equal(
    of('scrub_bytes_total{policy="orders"}'),
    20 * `{"id":1,"to":["${planted.email}","b@example.com"]}`.length + 2,
  )
  assert(of('scrub_seconds_total{policy="orders"}') > 0)
  assert.equal(of('scrub_rule_findings_total{policy="orders",rule="mail"}'), 40)
  assert.equal(of('scrub_rule_messages_total{policy="orders",rule="mail"}'), 20)
  assert.equal(of('dead_letters_total{reason="schema"}'), 1)
  const { wirehub } = JSON.parse(await get('/varz')) as { wirehub: { scrub: Record<string, unknown>[] } }
  const [orders] = wirehub.scrub
  assert.deepEqual([orders.policy, orders.messages, orders.changed, orders.rejected], ['orders', 21, 20, 1])
  assert.equal((orders.rules as Record<string, unknown>[])[0].findings, 40)
})
