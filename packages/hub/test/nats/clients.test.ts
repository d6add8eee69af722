/** The official client against the hub: what an application sees. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { connect, deferred, Empty, headers, type NatsConnection, nuid, type Status } from '@nats-io/transport-node'
import { connectionOf, eventually, startHub } from './support.ts'

async function client(t: TestContext, port: number, options: object = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...options })
  t.after(() => connection.close())
  return connection
}

test('INFO: versions, address, limits', async (t) => {
  const { port, hub } = await startHub(t)
  const nc = await client(t, port, { name: 'me' })
  const info = nc.info
  assert.ok(info)
  assert.equal(info.server_id, hub.identity.serverId)
  assert.match(info.version, /^2\.12\./)
  assert.equal(info.proto, 1)
  assert.equal(info.headers, true)
  assert.equal(info.max_payload, 1024 * 1024)
  assert.equal(info.port, port)
  assert.equal(info.client_ip, '127.0.0.1')
  assert.equal(info.client_id, connectionOf(hub, 'me')?.id)
  assert.ok(!info.auth_required && !info.tls_required && !info.jetstream)
  assert.ok((await nc.rtt()) >= 0)
})

test('what a client says of itself is kept for monitoring', async (t) => {
  const { port, hub } = await startHub(t)
  await client(t, port, { name: 'seen' })
  const connection = connectionOf(hub, 'seen')
  assert.equal(connection?.clientLanguage, 'nats.js')
  assert.match(connection?.clientVersion ?? '', /^\d+\./)
})

test('publish, subscribe, wildcards, headers, empty and binary payloads, echo off', async (t) => {
  const { port } = await startHub(t)
  const nc = await client(t, port)
  const quiet = await client(t, port, { noEcho: true })
  const seen: string[] = []
  const own: string[] = []
  nc.subscribe('orders.>', {
    callback: (_error, m) => void seen.push(`${m.subject} ${m.string()} ${m.headers?.get('Kind') ?? '-'}`),
  })
  quiet.subscribe('orders.>', { callback: (_error, m) => void own.push(m.subject) })
  await Promise.all([nc.flush(), quiet.flush()])
  const kind = headers()
  kind.set('Kind', 'test')
  nc.publish('orders.1', 'one')
  nc.publish('orders.2', Empty)
  nc.publish('orders.3', 'three', { headers: kind })
  await nc.flush()
  quiet.publish('orders.4', 'four')
  await quiet.flush()
  await nc.flush()
  assert.deepEqual(seen, ['orders.1 one -', 'orders.2  -', 'orders.3 three test', 'orders.4 four -'])
  assert.deepEqual(own, ['orders.1', 'orders.2', 'orders.3'])
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  const got = deferred<Uint8Array>()
  nc.subscribe('binary', { max: 1, callback: (_error, m) => got.resolve(m.data) })
  nc.publish('binary', bytes)
  assert.deepEqual(Uint8Array.from(await got), bytes)
})

test('request: both modes, many answers, no responders, timeout', async (t) => {
  const { port } = await startHub(t)
  const service = await client(t, port)
  const nc = await client(t, port)
  service.subscribe('upper', { callback: (_error, m) => void m.respond(m.string().toUpperCase()) })
  service.subscribe('silent', { callback: () => {} })
  await service.flush()
  assert.equal((await nc.request('upper', 'a')).string(), 'A')
  assert.equal((await nc.request('upper', 'b', { noMux: true, timeout: 5000 })).string(), 'B')
  for (const noMux of [false, true]) {
    await assert.rejects(nc.request('nobody', 'x', { noMux, timeout: 5000 }), /no responders/i)
    await assert.rejects(nc.request('silent', 'x', { noMux, timeout: 50 }), /timeout/i)
  }
  const answers: string[] = []
  for await (const m of await nc.requestMany('upper', 'c', { strategy: 'count', maxMessages: 1, maxWait: 5000 }))
    answers.push(m.string())
  assert.deepEqual(answers, ['C'])
})

test('queue groups: each message goes to one member of each group', async (t) => {
  const { port } = await startHub(t)
  const nc = await client(t, port)
  const counts = [0, 0, 0]
  const members: NatsConnection[] = []
  let plain = 0
  for (const index of counts.keys()) {
    const member = await client(t, port)
    member.subscribe('work.*', { queue: 'workers', callback: () => void counts[index]++ })
    await member.flush()
    members.push(member)
  }
  nc.subscribe('work.>', { callback: () => void plain++ })
  for (let i = 0; i < 300; i++) nc.publish('work.x')
  await nc.flush()
  for (const member of members) await member.flush()
  assert.equal(plain, 300)
  assert.ok(
    counts.every((count) => count === 100),
    `${counts}`,
  )
})

test('unsubscribe after N, drain of a subscription and of a connection', async (t) => {
  const { port, hub } = await startHub(t)
  const nc = await client(t, port)
  const sender = await client(t, port)
  const limited = nc.subscribe('limited', { max: 3 })
  await nc.flush()
  for (let i = 0; i < 10; i++) sender.publish('limited', String(i))
  await sender.flush()
  const got: string[] = []
  for await (const m of limited) got.push(m.string())
  assert.deepEqual(got, ['0', '1', '2'])

  const drained = nc.subscribe('drained')
  await nc.flush()
  for (let i = 0; i < 100; i++) sender.publish('drained', String(i))
  await sender.flush()
  const all = (async () => {
    let count = 0
    for await (const _ of drained) count++
    return count
  })()
  await drained.drain()
  assert.equal(await all, 100)

  nc.publish('last.word', 'x')
  await nc.drain()
  assert.equal(await nc.closed(), undefined)
  await eventually(() => assert.equal(hub.defaultAccount.subscriptionCount, 0))
})

test('a subject or queue that is not allowed by the protocol does not cost the connection', async (t) => {
  const { port } = await startHub(t)
  const nc = await client(t, port, { pedantic: true })
  nc.publish('ok')
  await nc.flush()
  assert.ok(!nc.isClosed())
})

test('too large a payload ends the connection with its reason', async (t) => {
  const { port } = await startHub(t, { connection: { maxPayloadBytes: 100 } })
  const nc = await client(t, port)
  assert.equal(nc.info?.max_payload, 100)
  assert.throws(() => nc.publish('a', new Uint8Array(101)), /payload/i)
})

test('a hub that goes away and comes back: the client subscribes again', async (t) => {
  const first = await startHub(t)
  const nc = await client(t, first.port, { reconnect: true, reconnectTimeWait: 20, maxReconnectAttempts: -1 })
  const statuses = collect(nc)
  const inbox = nuid.next()
  const got = deferred<string>()
  nc.subscribe(inbox, { callback: (_error, m) => got.resolve(m.string()) })
  await nc.flush()
  for (const connection of first.hub.connections.values()) connection.abort('closed-by-hub')
  await statuses.until((status) => status.type === 'reconnect')
  nc.publish(inbox, 'again')
  assert.equal(await got, 'again')
})

test('lame duck: clients are told, and what has been accepted is delivered', async (t) => {
  const { port, hub } = await startHub(t)
  const nc = await client(t, port, { ignoreClusterUpdates: false })
  const statuses = collect(nc)
  const leaving = hub.lameDuck(1)
  await statuses.until((status) => status.type === 'ldm')
  assert.equal(nc.info?.ldm, true)
  await leaving
  await nc.closed()
  await eventually(() => assert.equal(hub.connections.size, 0))
})

test('where else to turn to: connect_urls at connect and when they change', async (t) => {
  const { port, hub } = await startHub(t, { options: 'connectUrls=10.0.0.1:4222' })
  const nc = await client(t, port)
  assert.deepEqual(nc.info?.connect_urls, ['10.0.0.1:4222'])
  const statuses = collect(nc)
  const gateway = hub.listeners[0].gateway as unknown as { setConnectUrls(urls: string[]): void }
  gateway.setConnectUrls(['10.0.0.1:4222', '10.0.0.2:4222'])
  const update = (await statuses.until((status) => status.type === 'update')) as Status & { added?: string[] }
  assert.deepEqual(update.added, ['10.0.0.2:4222'])
})

test('too many connections: the last one is told so', async (t) => {
  const { port } = await startHub(t, { hub: { maxConnections: 1 } })
  await client(t, port)
  await assert.rejects(
    connect({ servers: `127.0.0.1:${port}`, reconnect: false }),
    /maximum connections exceeded|CONNECTION/i,
  )
})

test('pings: answered ones measure the round trip, unanswered ones end the connection', async (t) => {
  const { port, hub } = await startHub(t, { connection: { pingIntervalMs: 20, maxPingsOut: 2 } })
  const nc = await client(t, port, { name: 'pinged', pingInterval: 100_000 })
  const tick = (): void => {
    for (const connection of hub.connections.values()) connection.tick(hub.clock.monotonic() + 1e6 * ++ticks)
  }
  let ticks = 0
  tick()
  await nc.flush()
  await nc.rtt()
  assert.ok((connectionOf(hub, 'pinged')?.roundTripMs ?? -1) !== -1)
  const status = nc.closed()
  // No time for a PONG between these.
  for (let i = 0; i < 4; i++) tick()
  await status
  await eventually(() => assert.ok(hub.counters.closed.has('stale')))
})

test('NATS on a Unix socket', { skip: process.platform === 'win32' }, async (t) => {
  const { hub } = await startHub(t)
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-nats-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'hub.sock')
  await hub.listen(`nats+unix://${path}`)
  const socket = createConnection(path)
  t.after(() => socket.destroy())
  let text = ''
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('MSG a 1 2\r\nhi\r\n')) resolve()
    })
    socket.write('CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\n')
  })
  assert.match(text, /^INFO \{.*"port":0/)
})

interface Collected {
  until(wanted: (status: Status) => boolean): Promise<Status>
}

function collect(nc: NatsConnection): Collected {
  const seen: Status[] = []
  let wake = (): void => {}
  void (async () => {
    for await (const status of nc.status()) {
      seen.push(status)
      wake()
    }
  })()
  return {
    async until(wanted) {
      for (;;) {
        const found = seen.find(wanted)
        if (found !== undefined) return found
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
