/** Saying who one is on the lines port, and what permissions do there. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { createHub, type SecurityOptions } from '@wirehub/hub'
import { ConfiguredAuthenticator } from '../../src/security/authenticator.ts'

const security: SecurityOptions = {
  users: [
    {
      user: 'meter',
      password: 'secret',
      permissions: { publish: ['meters.>'], subscribe: { allow: ['meters.>', 'orders.*'], deny: ['orders.secret'] } },
    },
  ],
}

type Line = Record<string, unknown>

async function connected(t: TestContext, options: SecurityOptions = security) {
  const hub = await createHub({ listen: ['lines://127.0.0.1:0', 'raw://127.0.0.1:0'] })
  t.after(() => hub.close())
  hub.core.authenticator = new ConfiguredAuthenticator(options, hub.core)
  const socket = net.connect(hub.addresses[0].port as number, '127.0.0.1')
  t.after(() => socket.destroy())
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const say = (...operations: Line[]): void =>
    void socket.write(operations.map((one) => `${JSON.stringify(one)}\n`).join(''))
  const hear = async (): Promise<Line> => JSON.parse((await lines.next()).value as string)
  return { hub, socket, say, hear }
}

test('credentials, then operations, in one write: they wait until the credentials are checked', async (t) => {
  const { say, hear } = await connected(t)
  say(
    { op: 'auth', id: 1, user: 'meter', password: 'secret' },
    { op: 'sub', id: 2, subject: 'meters.>' },
    { op: 'pub', subject: 'meters.a', data: 1 },
  )
  assert.deepEqual(await hear(), { op: 'ok', id: 1 })
  assert.deepEqual(await hear(), { op: 'ok', id: 2 })
  assert.deepEqual(await hear(), { op: 'msg', id: 2, subject: 'meters.a', data: 1 })
})

test('what one may not do is said, and the connection goes on', async (t) => {
  const { hub, say, hear } = await connected(t)
  say(
    { op: 'auth', user: 'meter', password: 'secret' },
    { op: 'pub', subject: 'orders.x', id: 'p' },
    { op: 'sub', subject: '>', id: 's' },
  )
  assert.equal((await hear()).op, 'ok')
  const denials = [await hear(), await hear()]
  assert.deepEqual(
    denials.map(({ id, code, place }) => [id, code, place]),
    [
      ['p', 'WIREHUB_ERR_PERMISSION_DENIED', 'orders.x'],
      ['s', 'WIREHUB_ERR_PERMISSION_DENIED', '>'],
    ],
  )
  say({ op: 'sub', subject: 'orders.*', id: 3 })
  assert.deepEqual(await hear(), { op: 'ok', id: 3 })
  hub.publish('orders.secret', 'not for meters')
  hub.publish('orders.new', 'for all')
  assert.equal((await hear()).subject, 'orders.new')
})

for (const [name, first] of Object.entries({
  'wrong credentials': { op: 'auth', user: 'meter', password: 'guess' },
  'no credentials': { op: 'sub', subject: 'meters.>' },
  'empty credentials': { op: 'auth' },
})) {
  test(`${name}: an error, and the end`, async (t) => {
    const { socket, say, hear } = await connected(t)
    say(first, { op: 'pub', subject: 'meters.a', data: 1 })
    const error = await hear()
    assert.deepEqual([error.op, error.code], ['err', 'WIREHUB_ERR_NOT_AUTHENTICATED'])
    await once(socket, 'close')
  })
}

test('a raw connection has no credentials: refused, unless the configuration says who it is', async (t) => {
  const { hub } = await connected(t)
  const refused = net.connect(hub.addresses[1].port as number, '127.0.0.1')
  refused.resume()
  await once(refused, 'end')
  await once(refused, 'close')

  const open = await createHub({ listen: ['raw://127.0.0.1:0?in=meters.raw'] })
  open.core.authenticator = new ConfiguredAuthenticator({ ...security, noAuthUser: 'meter' }, open.core)
  t.after(() => open.close())
  const heard = new Promise<string>(
    (resolve) => void open.subscribe('meters.raw', (message) => resolve(message.text())),
  )
  const socket = net.connect(open.addresses[0].port as number, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('23 degrees\n')
  assert.equal(await heard, '23 degrees')
})
