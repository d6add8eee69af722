/** Policies come into force as a whole: at the start before anybody is listened to, at a reload between two messages. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { type GatewayFactory, HubError, HubService, natsGateway, parseLocatedConfig } from '@wirehub/hub'
import { Inbox, leaks, natsClient, planted, startService } from './support.ts'

const policy = (action: string, extra = ''): string => `
listen: [nats://127.0.0.1:0]
scrub:
  policies:
    - name: events
      subjects: [events.>]
      stages:
        - redact: [{ name: everything, detectors: default, action: ${action} }]
${extra}`

const secret = JSON.stringify({ key: planted.awsKey, card: planted.card, mail: planted.email })

test('under traffic no message passes unscrubbed while policies are exchanged', async (t) => {
  const { reload, port } = await startService(t, policy('remove'))
  const publisher = await natsClient(t, port('nats'))
  const subscriber = await natsClient(t, port('nats'))
  const seen = await Inbox.open(subscriber, 'events.>')
  let sent = 0
  let going = true
  const traffic = (async () => {
    while (going) {
      for (let i = 0; i < 50; i++) publisher.publish(`events.${sent++ % 7}`, secret)
      await publisher.flush()
    }
  })()
  for (let round = 0; round < 12; round++) {
    await reload(policy(round % 2 === 0 ? 'mask' : 'remove'))
    await new Promise((resolve) => setImmediate(resolve))
    // A policy that cannot be compiled leaves the one that is in force.
    await assert.rejects(reload(policy('burn')), { code: 'WIREHUB_ERR_CONFIG' })
  }
  going = false
  await traffic
  await subscriber.flush()
  assert.equal(seen.all.length, sent)
  for (const message of seen.all) assert.deepEqual(leaks(message.data), [])
})

test('reloads that overlap come into force one after the other; the last one holds', async (t) => {
  const { reload, port, service } = await startService(t, policy('remove'))
  const client = await natsClient(t, port('nats'))
  const opening = policy('mask').replace('listen: [', 'listen: [nats://127.0.0.1:0, ')
  const results = await Promise.allSettled([reload(opening), reload(policy('burn')), reload(policy('report'))])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(service.policies[0].rules[0].action, 'report')
  assert.equal(service.hub.addresses.length, 1)
  const seen = await Inbox.open(client, 'events.>')
  client.publish('events.a', secret)
  assert.equal((await seen.next()).string(), secret)
})

test('a mistake stops the start, and names file, line and column; at a reload the old policy stays in force', async (t) => {
  const broken = policy('burn')
  const { config, locate } = parseLocatedConfig(broken, 'wirehub.yaml')
  const problem = {
    code: 'WIREHUB_ERR_CONFIG',
    message: /^wirehub\.yaml:8:68: scrub\.policies\[0\]\.stages\[0\]\.redact\[0\]\.action: /,
  }
  const files = { readText: () => '', locate }
  await assert.rejects(HubService.start(config, { files, defaultListen: [] }), problem)

  const { reload, port } = await startService(t, policy('remove'))
  await assert.rejects(reload(broken), problem)
  const client = await natsClient(t, port('nats'))
  const seen = await Inbox.open(client, 'events.>')
  client.publish('events.a', secret)
  assert.deepEqual(leaks((await seen.next()).data), [])
})

test('the first listener is spoken to while the second is being opened: scrubbed all the same', async (t) => {
  // The second listener opens only when somebody has published on the first one.
  let published: () => void = () => {}
  const waiting = new Promise<void>((resolve) => (published = resolve))
  const seen: string[] = []
  const slow: GatewayFactory = {
    ...natsGateway,
    manifest: { ...natsGateway.manifest, scheme: 'slow' },
  }
  const { config, locate } = parseLocatedConfig(policy('remove'), 'wirehub.yaml')
  const opened: number[] = []
  const network = {
    createServer: (options: object) => {
      const server = net.createServer(options)
      const listen = server.listen.bind(server) as (...args: unknown[]) => net.Server
      const late = (...args: unknown[]): net.Server => {
        if (opened.push(1) === 1) return listen(...args)
        void waiting.then(() => listen(...args))
        return server
      }
      server.on('listening', () => {
        if (opened.length === 1) void publishTo((server.address() as net.AddressInfo).port)
      })
      server.listen = late as typeof server.listen
      return server
    },
    connect: (options: net.NetConnectOpts) => net.connect(options),
  }
  async function publishTo(port: number): Promise<void> {
    const client = await natsClient(t, port)
    const inbox = await Inbox.open(client, 'events.>')
    client.publish('events.early', secret)
    seen.push((await inbox.next()).string())
    published()
  }
  const service = await HubService.start(
    { ...config, listen: ['nats://127.0.0.1:0', 'slow://127.0.0.1:0'] },
    { files: { readText: () => '', locate }, defaultListen: [], gateways: [slow], net: network as never },
  )
  t.after(() => service.close())
  assert.equal(seen.length, 1)
  assert.deepEqual(leaks(seen[0]), [])
})

test('keys rotate by reload: what the old key made is still read, the vault stays, counters go on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-vault-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const vaultFile = join(folder, 'tokens.vault')
  const keys = (...ids: string[]): string =>
    `  vaultFile: ${vaultFile}\n  keys:\n${ids.map((id) => `    - { id: ${id}, secretFile: ${id}.key }\n`).join('')}`
  const files = { 'k1.key': 'first-secret-of-32-bytes-or-more\n', 'k2.key': 'other-secret-of-32-bytes-or-more\n' }
  const { reload, port, service } = await startService(t, policy('tokenise', keys('k1')), files)
  const client = await natsClient(t, port('nats'))
  const seen = await Inbox.open(client, 'events.>')
  client.publish('events.a', planted.email)
  const old = (await seen.next()).string()
  assert.match(old, /^scrub~t~k1~/)
  await reload(policy('tokenise', keys('k1', 'k2')))
  client.publish('events.a', planted.email)
  client.publish('events.a', old)
  assert.match((await seen.next()).string(), /^scrub~t~k2~/)
  assert.equal((await seen.next()).string(), old)
  const [figures] = service.hub.core.inspector?.figures.policies ?? []
  assert.equal(figures.messages, 3)
  await assert.rejects(reload(policy('tokenise', keys('k9'))), HubError)
  client.publish('events.a', planted.email)
  assert.match((await seen.next()).string(), /^scrub~t~k2~/)
})

test('a schema is a file beside the configuration', async (t) => {
  const yaml = `
listen: [nats://127.0.0.1:0]
scrub:
  policies:
    - name: orders
      subjects: [orders.>]
      stages: [{ validate: { schema: schemas/order.json } }]
`
  const { port } = await startService(t, yaml, { 'schemas/order.json': '{"type":"object","required":["id"]}' })
  const client = await natsClient(t, port('nats'))
  const letters = await Inbox.open(client, '$HUB.DLQ.>')
  client.publish('orders.a', '{"id":1}')
  client.publish('orders.b', '{}')
  const letter = await letters.next()
  assert.equal(letter.subject, '$HUB.DLQ.orders.b')
  await assert.rejects(startService(t, yaml, { 'schemas/order.json': '{"type":' }), /schemas\/order\.json:1:9/)
  await assert.rejects(startService(t, yaml, { 'schemas/order.json': '{"type":"objekt"}' }), /wirehub\.yaml:7:38/)
})

test('chunk framing under enforcement is refused, at the start and at a reload, with the cure', async (t) => {
  const chunk = policy('remove').replace('nats://127.0.0.1:0', 'raw://127.0.0.1:0?framing=chunk&in=events.raw')
  const refusal = { code: 'WIREHUB_ERR_CONFIG', cure: /framing=newline/ }
  await assert.rejects(startService(t, chunk), refusal)
  const { reload } = await startService(t, policy('remove'))
  await assert.rejects(reload(chunk), refusal)
  await reload(chunk.replace('framing=chunk', 'framing=newline'))
  await reload(chunk.replace('scrub:', 'scrub:\n  mode: report'))
  await reload(chunk.replace('in=events.raw', 'in=elsewhere'))
})
