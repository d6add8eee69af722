import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createHub, type Hub, type HubOptions, type HubScrubOptions } from '@wirehub/hub'
import { createKeyRing, MemoryVault } from '@wirehub/scrub'
import { leaks, planted } from './support.ts'

const scrub: HubScrubOptions = {
  policies: [
    {
      name: 'events',
      subjects: ['events.>'],
      stages: [
        { validate: { maxBytes: 200 } },
        { redact: [{ name: 'found', detectors: 'default', action: 'remove' }] },
      ],
    },
  ],
}

async function withHub(options: HubOptions, use: (hub: Hub) => Promise<void>): Promise<void> {
  const hub = await createHub(options)
  try {
    await use(hub)
  } finally {
    await hub.close()
  }
}

test('an embedded hub scrubs what the program itself emits, and leaves other subjects alone', async () => {
  await withHub({ scrub }, async (hub) => {
    const scrubbed = once(hub, 'events.login')
    const plain = once(hub, 'audit.login')
    hub.emit('events.login', { mail: planted.email, card: planted.card, id: 7 })
    hub.emit('audit.login', { mail: planted.email })
    assert.deepEqual((await scrubbed)[0], { mail: '[email]', card: '[payment-card]', id: 7 })
    assert.deepEqual((await plain)[0], { mail: planted.email })
  })
})

test('an embedded hub scrubs what comes in over its listeners, headers included', async () => {
  const received: string[] = []
  await withHub({ scrub, listen: ['nats://127.0.0.1:0'] }, async (hub) => {
    const arrived = new Promise<void>((resolve) => {
      hub.subscribe('events.>', (message) => {
        received.push(message.text(), JSON.stringify([...message.headers]))
        resolve()
      })
    })
    const { port } = hub.addresses[0] as { port: number }
    const socket = connect(port, '127.0.0.1')
    const header = `NATS/1.0\r\nX-From: ${planted.email}\r\n\r\n`
    const body = JSON.stringify({ key: planted.awsKey })
    socket.write(
      `CONNECT {"headers":true,"verbose":false}\r\nHPUB events.x ${header.length} ${header.length + body.length}\r\n${header}${body}\r\n`,
    )
    await arrived
    socket.destroy()
  })
  assert.deepEqual(leaks(received.join()), [])
  assert.match(received.join(), /aws-access-token/)
})

test('what a policy refuses is an error of publish, and its dead letter is redacted', async () => {
  await withHub({ scrub }, async (hub) => {
    const letter = once(hub, '$HUB.DLQ.events.big')
    const value = { mail: planted.email, text: 'x'.repeat(300) }
    assert.throws(() => hub.publish('events.big', value), { code: 'WIREHUB_ERR_REFUSED' })
    const message = (await letter).at(-1) as { text(): string; headers: { get(name: string): string | undefined } }
    assert.deepEqual(leaks(message.text()), [])
    assert.equal(message.headers.get('Dead-Letter-Code'), 'too-large')
  })
})

test('keys and a vault are handed over by the program', async () => {
  const vault = new MemoryVault()
  const keys = createKeyRing([{ id: 'k1', secret: 'sixteen bytes or more of it' }])
  const redact = [{ fields: ['$.mail'], action: 'tokenise' as const }]
  const policies = [{ name: 'p', subjects: ['events.>'], stages: [{ redact }] }]
  await withHub({ scrub: { policies, keys, vault } }, async (hub) => {
    const arrived = once(hub, 'events.x')
    hub.emit('events.x', { mail: planted.email })
    const [{ mail }] = (await arrived) as [{ mail: string }]
    assert.match(mail, /^scrub~t~k1~/)
    assert.ok(vault.has(mail))
  })
})

test('policies that cannot be compiled, and a listener that cuts streams anywhere, stop the hub before it opens', async () => {
  await assert.rejects(createHub({ scrub: { policies: [{ name: 'p', subjects: ['a..b'], stages: [] }] } }), {
    code: 'SCRUB_ERR_CONFIG',
  })
  const cutting = 'raw://127.0.0.1:0?framing=chunk&in=events.raw'
  await assert.rejects(createHub({ scrub, listen: [cutting] }), { code: 'WIREHUB_ERR_CONFIG' })
  await withHub({ scrub }, async (hub) => {
    await assert.rejects(hub.listen(cutting), { code: 'WIREHUB_ERR_CONFIG' })
    await hub.listen('raw://127.0.0.1:0?framing=chunk&in=tcp.in')
    assert.equal(hub.addresses.length, 1)
  })
})
