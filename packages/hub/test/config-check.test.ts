/** What a check finds before anything is opened; and that a reload refused for it has changed nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { checkConfig, HubService, parseLocatedConfig } from '@wirehub/hub'

const files = {
  readText: (name: string): string => {
    throw Object.assign(new Error(`nothing is called ${name}`), { code: 'ENOENT' })
  },
}

/** The mistake that is found in a file, with its place. */
async function mistakeIn(text: string): Promise<string> {
  try {
    const { config, locate, find } = parseLocatedConfig(text, 'w.yaml')
    await checkConfig(config, { ...files, locate, find })
  } catch (error) {
    const { place, message, cure } = error as { place?: string; message: string; cure?: string }
    return `${place ?? ''} ${message} ${cure ?? ''}`
  }
  return 'none'
}

const mistakes: readonly (readonly [string, RegExp])[] = [
  ["listen: ['raw://127.0.0.1:1?in=a b']", /w\.yaml:1:10: .* Option in=a b .* subject without wildcards/],
  ["listen: ['http://127.0.0.1:1?aut=none']", /w\.yaml:1:10: .* no option 'aut'\. Did you mean 'auth'/],
  ["listen: ['nats+tls://127.0.0.1:1']", /w\.yaml:1:10: .* has no certificate/],
  ['listen: [nats://127.0.0.1:1, lines://127.0.0.1:1]', /w\.yaml:1:30: .* Two listeners have this address/],
  ["connect: ['raw://127.0.0.1:1?framng=nul']", /w\.yaml:1:11: .* Did you mean 'framing'/],
  ["connect: ['raw://127.0.0.1:1?retryMinMs=x']", /w\.yaml:1:11: .* retryMinMs=x/],
  ["connect: ['raw+tls://127.0.0.1:1']", /w\.yaml:1:11: .* plain text/],
  ["connect: ['nats://127.0.0.1:1']", /w\.yaml:1:11: .* does not dial nats/],
  ['listen:\n  - limits: {}', /w\.yaml:2:5: 'listen\.0\.url' is missing\./],
  ["serverName: ''", /w\.yaml:1:13: 'serverName' is empty\./],
  ['limits: { maxPayloadBytes: 1.5 }', /cannot be 1\.5\. Expected: a whole number\./],
  ['listen: nats://127.0.0.1:1', /cannot be "nats:.*Expected: a list\./],
  ['log: loud', /Expected: keys with values\./],
  ['&a [*a]', /w\.yaml:1:5: This is nested too deep\./],
]

for (const [text, found] of mistakes) {
  test(`found before anything is opened: ${JSON.stringify(text)}`, async () =>
    assert.match(await mistakeIn(text), found))
}

test('the same address twice is no mistake where any free port is taken', async () => {
  assert.equal(await mistakeIn('listen: [nats://127.0.0.1:0, lines://127.0.0.1:0]'), 'none')
})

test('a server that cannot be dialled, named at a reload, leaves everything as it was', async (t) => {
  const listen = ['lines://127.0.0.1:0']
  const service = await HubService.start({ listen }, { files, defaultListen: [] })
  t.after(() => service.close())
  const before = service.hub.addresses
  const wrong = {
    listen: ['nats://127.0.0.1:0'],
    limits: { maxConnections: 1 },
    connect: ['raw://127.0.0.1:1?framng=nul'],
  }
  await assert.rejects(service.reload(wrong), { code: 'WIREHUB_ERR_CONFIG' })
  assert.deepEqual(service.hub.addresses, before)
  assert.equal(service.hub.core.limits.maxConnections, 65_536)
  assert.deepEqual(service.dialled, [])
})

test('a server that a reload no longer names is hung up on, and forgotten', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const accepted = once(server, 'connection') as Promise<[net.Socket]>
  const service = await HubService.start({ connect: [`raw://127.0.0.1:${port}`] }, { files, defaultListen: [] })
  t.after(() => service.close())
  const [socket] = await accepted
  const ended = once(socket.resume(), 'end')
  await service.hub.core.dialers[0].connected()
  await service.reload({})
  await ended
  assert.deepEqual([service.dialled, service.hub.core.dialers], [[], []])
})
