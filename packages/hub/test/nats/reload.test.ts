/** Other rules while clients are connected. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { HubConfig, UserConfig } from '../../src/config/types.ts'
import { HubService } from '../../src/service/hub-service.ts'
import { RawClient } from './support.ts'

function rules(...users: UserConfig[]): HubConfig {
  return { listen: ['nats://127.0.0.1:0'], authorization: { users } }
}

test('other permissions hold at once: subscriptions that are not allowed any more end, connections stay', async (t) => {
  const before = rules(
    { user: 'changed', password: 'pw' },
    { user: 'same', password: 'pw' },
    { user: 'password', password: 'pw' },
    { user: 'gone', password: 'pw' },
  )
  const service = await HubService.start(before, {
    files: { readText: () => '' },
    defaultListen: [],
  })
  t.after(() => service.close())
  const port = service.hub.core.listeners[0].bound?.port as number
  const as = async (user: string): Promise<RawClient> => {
    const { client } = await RawClient.open(port)
    t.after(() => client.close())
    client.send(`CONNECT {"user":"${user}","pass":"pw","verbose":false}\r\nSUB a 1\r\nSUB b.* 2\r\nSUB c 3\r\n`)
    await client.roundTrip()
    client.text = ''
    return client
  }
  const [changed, same, password, gone] = [
    await as('changed'),
    await as('same'),
    await as('password'),
    await as('gone'),
  ]
  await service.reload(
    rules(
      {
        user: 'changed',
        password: 'pw',
        permissions: { publish: { deny: 'p' }, subscribe: { allow: ['b.*', 'c'], deny: 'b.secret' } },
      },
      { user: 'same', password: 'pw' },
      { user: 'password', password: 'another' },
    ),
  )
  await Promise.all([password.whenClosed(), gone.whenClosed()])
  for (const client of [password, gone]) assert.equal(client.text, "-ERR 'Authorization Violation'\r\n")
  for (const subject of ['a', 'b.open', 'b.secret', 'c']) same.send(`PUB ${subject} 1\r\nx\r\n`)
  await same.roundTrip()
  changed.send('PUB p 1\r\nx\r\n')
  await changed.roundTrip()
  assert.equal(
    changed.text,
    `-ERR 'Permissions Violation for Subscription to "a"'\r\n` +
      'MSG b.open 2 1\r\nx\r\nMSG c 3 1\r\nx\r\n' +
      `-ERR 'Permissions Violation for Publish to "p"'\r\nPONG\r\n`,
  )
  assert.equal(same.text.match(/MSG/g)?.length, 4)
  assert.doesNotMatch(same.text, /ERR/)
})
