/** Connections that have ended: what is kept of them, how many, and in what order they are shown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connz } from '../../src/monitoring/connz.ts'
import { QueryError } from '../../src/monitoring/query.ts'
import { eventually, RawClient, startHub } from '../nats/support.ts'

interface Answer {
  num_connections: number
  total: number
  connections: Record<string, unknown>[]
}

test('an ended connection stays with its reason, its figures and its subscriptions', async (t) => {
  const { hub, port } = await startHub(t, { security: { users: [{ user: 'u', password: 'p' }] } })
  const ask = (query: string): Answer => connz(hub, new URLSearchParams(query)) as unknown as Answer
  const client = (await RawClient.open(port)).client
  client.send(
    'CONNECT {"verbose":false,"user":"u","pass":"p","name":"gone"}\r\nSUB a 1\r\nSUB b q 2\r\nPUB a 2\r\nhi\r\n',
  )
  await client.roundTrip()
  client.send('X\r\n')
  await client.whenClosed()
  const stranger = (await RawClient.open(port)).client
  stranger.send('CONNECT {"user":"u","pass":"wrong"}\r\n')
  await stranger.whenClosed()
  await eventually(() => assert.equal(ask('state=closed').total, 2))
  assert.equal(ask('').total, 0)
  assert.equal(ask('state=all').total, 2)
  const [last, first] = ask('state=closed&sort=stop&subs=detail&auth=1').connections
  assert.deepEqual(
    [
      first.name,
      first.reason,
      first.in_msgs,
      first.out_msgs,
      first.in_bytes,
      first.subscriptions,
      first.authorized_user,
    ],
    ['gone', 'Protocol Violation', 1, 1, 2, 2, 'u'],
  )
  assert.deepEqual(
    (first.subscriptions_list_detail as Record<string, unknown>[]).map(({ subject, qgroup, sid, msgs }) => [
      subject,
      qgroup,
      sid,
      msgs,
    ]),
    [
      ['a', undefined, '1', 1],
      ['b', 'q', '2', 0],
    ],
  )
  assert.equal(last.reason, 'Authentication Failure')
  assert.deepEqual(
    ask('state=closed&sort=reason').connections.map(({ reason }) => reason),
    ['Authentication Failure', 'Protocol Violation'],
  )
  assert.throws(() => ask('sort=stop'), QueryError)
})

test('no more are kept than the limit says, and the last ones', async (t) => {
  const { hub, port } = await startHub(t, { hub: { maxClosedConnections: 3 } })
  for (let i = 0; i < 5; i++) {
    const client = (await RawClient.open(port)).client
    client.close()
    await eventually(() => assert.equal(hub.counters.connectionsTotal - hub.connections.size, i + 1))
  }
  const { connections } = connz(hub, new URLSearchParams('state=closed')) as unknown as Answer
  assert.deepEqual(
    connections.map(({ cid }) => cid),
    [3, 4, 5],
  )
})
