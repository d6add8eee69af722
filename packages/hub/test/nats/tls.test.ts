/** TLS on a NATS listener: upgrade after INFO, TLS first, optional, client certificates, new certificates while connections go on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import test, { type TestContext } from 'node:test'
import tls from 'node:tls'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { NodeTlsTerminator, type TlsOptions } from '../../src/edge/tls.ts'
import { connectionOf, eventually, type HubSetup, type HubUnderTest, RawClient, startHub } from './support.ts'

function pem(name: string): string {
  return readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

const ca = pem('ca')
const server: TlsOptions = { cert: pem('server'), key: pem('server-key') }
const clientPair = { cert: pem('client'), key: pem('client-key') }

function start(
  t: TestContext,
  options: Partial<TlsOptions> = {},
  setup: HubSetup = {},
): Promise<HubUnderTest & { terminator: NodeTlsTerminator }> {
  const terminator = new NodeTlsTerminator({ ...server, ...options })
  return startHub(t, { ...setup, tls: terminator }).then((hub) => ({ ...hub, terminator }))
}

function open(t: TestContext, port: number, options: object = {}): Promise<NatsConnection> {
  const connecting = connect({ servers: `localhost:${port}`, reconnect: false, timeout: 5000, ...options })
  t.after(async () => (await connecting.catch(() => undefined))?.close())
  return connecting
}

test('required: the official client upgrades after INFO, and everything works', async (t) => {
  const { port, hub } = await start(t)
  const nc = await open(t, port, { tls: { ca }, name: 'secure' })
  assert.equal(nc.info?.tls_required, true)
  const connection = connectionOf(hub, 'secure')
  assert.match(connection?.tlsPeer?.version ?? '', /^TLSv1\.[23]$/)
  const got = new Promise<string>((resolve) => {
    nc.subscribe('a', { callback: (_error, m) => resolve(`${m.string().length}`) })
  })
  nc.publish('a', 'x'.repeat(900_000))
  assert.equal(await got, '900000')
})

test('required: a client in plain text is told why, also when it speaks first', async (t) => {
  const { port, hub } = await start(t)
  const { client, info } = await RawClient.open(port)
  assert.equal(info.tls_required, true)
  client.send('CONNECT {"verbose":false}\r\nPING\r\n')
  await client.whenClosed()
  assert.equal(client.text, "-ERR 'Secure Connection - TLS Required'\r\n")
  await eventually(() => assert.equal(hub.connections.size, 0))
})

test('optional: some come in TLS, some in plain text', async (t) => {
  const { port, hub } = await start(t, { required: false })
  const secure = await open(t, port, { tls: { ca }, name: 'secure' })
  assert.equal(secure.info?.tls_available, true)
  assert.ok(!secure.info?.tls_required)
  const plain = await RawClient.open(port)
  const got = new Promise<string>((resolve) => {
    secure.subscribe('a', { callback: (_error, m) => resolve(m.string()) })
  })
  await secure.flush()
  plain.client.send('CONNECT {"verbose":false,"name":"plain"}\r\nPUB a 2\r\nhi\r\nPING\r\n')
  await plain.client.until(/PONG/)
  assert.equal(await got, 'hi')
  assert.equal(connectionOf(hub, 'plain')?.tlsPeer, undefined)
  assert.ok(connectionOf(hub, 'secure')?.tlsPeer)
  plain.client.close()
})

test('TLS first: INFO comes inside', async (t) => {
  const { port } = await start(t, { first: true })
  const nc = await open(t, port, { tls: { ca, handshakeFirst: true } })
  await nc.flush()
  const socket = tls.connect({ port, host: '127.0.0.1', ca, servername: 'localhost' })
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  assert.match(chunk.toString(), /^INFO \{.*"tls_required":true/)
  socket.destroy()
})

test('a client that begins its handshake before it has read INFO is served', async (t) => {
  const { port } = await start(t)
  const raw = net.connect({ port, host: '127.0.0.1' })
  const taken: Buffer[] = []
  // The greeting and the handshake cross on the wire.
  const hello = await clientHello()
  raw.write(hello)
  await new Promise<void>((resolve) => {
    raw.on('data', (chunk: Buffer) => {
      taken.push(chunk)
      const all = Buffer.concat(taken)
      const end = all.indexOf('\r\n') + 2
      // After INFO comes the ServerHello: record type 22.
      if (end > 1 && all.length > end) {
        assert.equal(all[end], 22)
        resolve()
      }
    })
  })
  raw.destroy()
})

test('client certificates: without one, or with one of a stranger, nobody comes in', async (t) => {
  const { port, hub } = await start(t, { verify: true, ca })
  const nc = await open(t, port, { tls: { ca, ...clientPair }, name: 'known' })
  assert.equal(nc.info?.tls_verify, true)
  assert.deepEqual(connectionOf(hub, 'known')?.tlsPeer?.certificateNames, [
    'derek@example.com',
    'derek.example.com',
    'CN=derek,O=wirehub',
    'O=wirehub,CN=derek',
  ])
  await assert.rejects(open(t, port, { tls: { ca } }))
  await assert.rejects(open(t, port, { tls: { ca, cert: pem('stranger'), key: pem('stranger-key') } }))
  await eventually(() => assert.equal(hub.connections.size, 1))
  assert.equal(hub.counters.closed.get('tls-error'), 2)
})

test('verify and map: the name in the certificate is the user', async (t) => {
  for (const user of ['derek@example.com', 'derek.example.com', 'CN=derek,O=wirehub']) {
    const { port, hub } = await start(
      t,
      { verify: true, ca },
      {
        security: { users: [{ user, permissions: { publish: 'mine.>' } }], mapCertificates: true },
      },
    )
    const nc = await open(t, port, { tls: { ca, ...clientPair }, name: 'd' })
    assert.equal(connectionOf(hub, 'd')?.user, user)
    await nc.flush()
  }
  const { port } = await start(
    t,
    { verify: true, ca },
    {
      security: { users: [{ user: 'somebody.else' }], mapCertificates: true },
    },
  )
  await assert.rejects(open(t, port, { tls: { ca, ...clientPair } }), /authorization violation/i)
})

test('new certificates: new handshakes see them, connections go on, a bad pair changes nothing', async (t) => {
  const { port, terminator } = await start(t)
  const nc = await open(t, port, { tls: { ca } })
  const subject = async (): Promise<string> => {
    const { client } = await RawClient.open(port)
    const socket = tls.connect({ socket: client.socket, ca, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const name = socket.getPeerCertificate().subject.CN as string
    socket.destroy()
    return name
  }
  assert.equal(await subject(), 'localhost')
  terminator.reload({ cert: pem('server-next'), key: pem('server-next-key') })
  assert.equal(await subject(), 'localhost next')
  assert.throws(() => terminator.reload({ cert: pem('server'), key: pem('client-key') }), {
    code: 'WIREHUB_ERR_CONFIG',
  })
  assert.equal(await subject(), 'localhost next')
  await nc.flush()
  assert.ok(!nc.isClosed())
})

test('the least version is obeyed', async (t) => {
  const { port, hub } = await start(t, { minVersion: 'TLSv1.3' })
  await open(t, port, { tls: { ca } })
  await assert.rejects(open(t, port, { tls: { ca, maxVersion: 'TLSv1.2' } }))
  await eventually(() => assert.equal(hub.counters.closed.get('tls-error'), 1))
})

test('the handshake has its own timeout', async (t) => {
  const { port, hub } = await start(t, {}, { connection: { tlsTimeoutMs: 1, authenticationTimeoutMs: 60_000 } })
  const { client } = await RawClient.open(port)
  const hello = await clientHello()
  client.send(hello.subarray(0, 20))
  await client.whenClosed()
  await eventually(() => assert.equal(hub.counters.closed.get('authentication-timeout'), 1))
})

test('rubbish instead of a handshake costs nobody else anything', async (t) => {
  const { port, hub } = await start(t)
  const nc = await open(t, port, { tls: { ca } })
  for (const filler of [0, 9, 77, 255]) {
    const { client } = await RawClient.open(port)
    client.send(Buffer.concat([Buffer.from([0x16, 3, 1, 0, 200]), Buffer.alloc(200, filler)]))
    await client.whenClosed()
  }
  await nc.flush()
  await eventually(() => assert.equal(hub.connections.size, 1))
})

function once(emitter: tls.TLSSocket, event: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    emitter.once(event, (...args: unknown[]) => resolve(args))
    emitter.once('error', reject)
  })
}

/** The first record that Node's TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const listener = net.createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const socket = tls.connect({ port: (listener.address() as net.AddressInfo).port, host: '127.0.0.1', ca })
  socket.on('error', () => {})
  const hello = await new Promise<Buffer>((resolve) => {
    listener.on('connection', (peer) => peer.on('error', () => {}).once('data', resolve))
  })
  socket.destroy()
  listener.close()
  return hello
}

test('without a list of ciphers: ECDHE with AES-GCM or ChaCha20, nothing else of TLS 1.2', async (t) => {
  const { port } = await start(t, { first: true })
  const negotiate = (ciphers: string) =>
    new Promise<string>((resolve) => {
      const socket = tls.connect({ host: 'localhost', port, ca, ciphers, maxVersion: 'TLSv1.2' }, () => {
        resolve(socket.getCipher().standardName)
        socket.destroy()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  assert.match(await negotiate('ECDHE+AESGCM'), /^TLS_ECDHE_\w+_GCM_/)
  assert.match(await negotiate('ECDHE+CHACHA20'), /^TLS_ECDHE_\w+_CHACHA20_/)
  for (const weaker of ['ECDHE+AES:-AESGCM', 'kRSA', 'DHE']) assert.doesNotMatch(await negotiate(weaker), /^TLS_/)
})
