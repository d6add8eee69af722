/** NATS over WebSocket: the same bytes in frames, and what is different about the way they come. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import test, { type TestContext } from 'node:test'
import { connect, wsconnect } from '@nats-io/transport-node'
import { WebSocket } from 'ws'
import { HubCore } from '../../src/assembly/hub-core.ts'
import { nodeEnvironment } from '../../src/edge/node.ts'
import { NodeTlsTerminator } from '../../src/edge/tls.ts'
import { natsWebSocketGateway } from '../../src/gateways/nats/gateway.ts'
import { connz } from '../../src/monitoring/connz.ts'
import { connectionOf, eventually, type HubSetup, type HubUnderTest, RawClient, startHub } from './support.ts'

function start(t: TestContext, setup: HubSetup = {}): Promise<HubUnderTest> {
  return startHub(t, { scheme: 'ws', ...setup })
}

function pem(name: string): string {
  return readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}

/** A client that speaks frames. */
class FrameClient {
  readonly socket: WebSocket
  text = ''
  code: number | undefined = undefined
  reason = ''
  status: number | undefined = undefined
  #waiting: (() => void)[] = []

  constructor(port: number, options: ConstructorParameters<typeof WebSocket>[2] = {}, scheme = 'ws') {
    this.socket = new WebSocket(`${scheme}://127.0.0.1:${port}`, options)
    this.socket.on('message', (data: Buffer, binary) => {
      assert(binary)
      this.text += data.toString('latin1')
      this.#wake()
    })
    this.socket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode
      response.destroy()
      this.socket.terminate()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code, reason) => {
      this.code = code
      this.reason = reason.toString()
      this.#wake()
    })
  }

  static async open(port: number, options?: ConstructorParameters<typeof WebSocket>[2]): Promise<FrameClient> {
    const client = new FrameClient(port, options)
    const info = await client.until(/^INFO .*\r\n/)
    client.text = client.text.slice(info[0].length)
    return client
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text)
      if (match !== null) return match
      if (this.code !== undefined) throw new Error(`closed (${this.code}), had ${JSON.stringify(this.text)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async whenClosed(): Promise<number> {
    while (this.code === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.code
  }
}

test('the official client: publish, subscribe, request, large payloads, drain', async (t) => {
  const { hub, port } = await start(t)
  const client = await wsconnect({ servers: `ws://127.0.0.1:${port}`, name: 'browser' })
  client.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) })
  const payload = new Uint8Array(1024 * 1024).map((_, index) => index)
  assert.deepEqual((await client.request('echo', payload)).data, payload)
  const connection = connectionOf(hub, 'browser')
  assert.equal(connection?.protocol, 'ws')
  await client.drain()
  await eventually(() => assert.equal(hub.counters.closed.get('client-closed'), 1))
})

test('clients over TCP and over WebSocket hear each other; /connz tells them apart', async (t) => {
  const { hub, port } = await start(t)
  hub.addGateway((await import('../../src/gateways/nats/gateway.ts')).natsGateway)
  const tcp = await connect({ port: (await hub.listen('nats://127.0.0.1:0')).port as number })
  const frames = await wsconnect({ servers: `ws://127.0.0.1:${port}` })
  t.after(() => Promise.all([tcp.close(), frames.close()]))
  const heard = new Promise<string>((resolve) => {
    frames.subscribe('a', { callback: (_error, message) => resolve(message.string()) })
  })
  await frames.flush()
  tcp.publish('a', 'across')
  assert.equal(await heard, 'across')
  const { connections } = connz(hub, new URLSearchParams('sort=cid')) as { connections: { type: string }[] }
  assert.deepEqual(connections.map((one) => one.type).toSorted(), ['nats', 'websocket'])
})

test('operations cut over frames anywhere, several in one frame, empty and text frames', async (t) => {
  const { port } = await start(t)
  const bytes = 'CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 5\r\nhe\r\no\r\nPUB a b 0\r\n\r\nPING\r\n'
  const expected = 'MSG a 1 5\r\nhe\r\no\r\nMSG a 1 b 0\r\n\r\nPONG\r\n'
  for (const size of [1, 2, 3, 7, 19, bytes.length]) {
    const client = await FrameClient.open(port)
    for (let at = 0; at < bytes.length; at += size) client.socket.send(Buffer.from(bytes.slice(at, at + size)))
    await client.until(/PONG\r\n$/)
    assert.equal(client.text, expected, `in pieces of ${size}`)
    client.socket.close()
  }
  const client = await FrameClient.open(port)
  client.socket.send(Buffer.alloc(0))
  client.socket.send('CONNECT {"verbose":false}\r\nPI')
  client.socket.send(Buffer.from('NG'), { fin: false })
  client.socket.send(Buffer.from('\r\n'), { fin: true })
  await client.until(/^PONG\r\n$/)
  client.socket.close()
})

test('errors are told in a frame before the close frame, whose code says what kind they are', async (t) => {
  const { port } = await start(t, { security: { token: 'secret' }, connection: { maxPayloadBytes: 100 } })
  const ends = async (send: string): Promise<[string, number]> => {
    const client = await FrameClient.open(port)
    client.socket.send(Buffer.from(send))
    const code = await client.whenClosed()
    return [client.text, code]
  }
  const connected = 'CONNECT {"auth_token":"secret","verbose":false}\r\n'
  assert.deepEqual(await ends('CONNECT {"auth_token":"wrong"}\r\n'), ["-ERR 'Authorization Violation'\r\n", 1008])
  assert.deepEqual(await ends(`${connected}X\r\n`), ["-ERR 'Unknown Protocol Operation'\r\n", 1002])
  assert.deepEqual(await ends(`${connected}PUB a 101\r\n`), ["-ERR 'Maximum Payload Violation'\r\n", 1009])
})

test('a frame beyond the limit costs this connection and is not kept', async (t) => {
  const { hub, port } = await start(t, { options: 'maxFrameBytes=1000' })
  const client = await FrameClient.open(port)
  client.socket.send(Buffer.alloc(1001))
  assert.equal(await client.whenClosed(), 1009)
  await eventually(() => assert.equal(hub.connections.size, 0))
})

test('wss: TLS comes first, client certificates are names', async (t) => {
  const tls = new NodeTlsTerminator({ cert: pem('server'), key: pem('server-key'), ca: pem('ca'), verify: true })
  const { hub, port } = await start(t, { tls })
  assert.match(hub.listeners[0].bound?.url ?? '', /^wss:/)
  const client = new FrameClient(port, { ca: pem('ca'), cert: pem('client'), key: pem('client-key') }, 'wss')
  const [, info] = await client.until(/^INFO (.*)\r\n/)
  assert.equal((JSON.parse(info) as Record<string, unknown>).tls_required, undefined)
  const [connection] = hub.connections.values()
  assert(connection.tlsPeer !== undefined && connection.tlsPeer.certificateNames.length > 0)
  client.socket.close()
  const stranger = new FrameClient(port, { ca: pem('ca') }, 'wss')
  await stranger.whenClosed()
  assert.equal(stranger.text, '')
})

test('wss without certificates is refused, not spoken in plain text', async () => {
  const hub = new HubCore({ environment: nodeEnvironment })
  hub.addGateway(natsWebSocketGateway)
  await assert.rejects(hub.listen('wss://127.0.0.1:0'), /no certificate/)
  await hub.close()
})

test('foreign pages and foreign names are refused before they become connections', async (t) => {
  const { hub, port } = await start(t, { options: 'origins=https://a.example&host=hub.example' })
  const answer = async (headers: Record<string, string>): Promise<number | undefined> => {
    const client = new FrameClient(port, { headers })
    const greeted = await client.until(/^INFO/).catch(() => undefined)
    client.socket.close()
    return greeted === undefined ? client.status : 101
  }
  assert.equal(await answer({}), 101)
  assert.equal(await answer({ Origin: `http://127.0.0.1:${port}` }), 101)
  assert.equal(await answer({ Origin: 'https://a.example' }), 101)
  assert.equal(await answer({ Origin: 'https://evil.example' }), 403)
  assert.equal(await answer({ Origin: 'http://a.example' }), 403)
  assert.equal(await answer({ Host: 'hub.example' }), 101)
  assert.equal(await answer({ Host: 'evil.example' }), 403)
  assert.equal(hub.counters.connectionsTotal, 4)
})

test('compression is there for those who offer it, when the listener has it on', async (t) => {
  for (const [options, extensions] of [
    ['compression=true', /permessage-deflate/],
    ['', /^$/],
  ] as const) {
    const { port } = await start(t, { options })
    const client = await FrameClient.open(port, { perMessageDeflate: true })
    assert.match(client.socket.extensions, extensions)
    const payload = 'x'.repeat(100_000)
    client.socket.send(Buffer.from(`CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a ${payload.length}\r\n${payload}\r\n`))
    await client.until(/^MSG a 1 100000\r\nx{100000}\r\n$/)
    client.socket.close()
  }
})

test('whoever does not finish the opening handshake is cut, and makes room', async (t) => {
  const { hub, port } = await start(t, { options: 'handshakeTimeoutMs=1000&maxHandshakes=1' })
  const ends = [1, 2].map(async () => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'close')
  })
  // The second one finds no room, the first one has no time left.
  await Promise.race(ends)
  assert.equal(hub.counters.connectionsTotal, 0)
  await Promise.all(ends)
  const client = await FrameClient.open(port)
  client.socket.close()
  assert.equal(hub.counters.connectionsTotal, 1)
})

test('plain HTTP is told what this port speaks', async (t) => {
  const { port } = await start(t)
  const response = await new Promise<http.IncomingMessage>((resolve) => http.get({ port, host: '127.0.0.1' }, resolve))
  response.resume()
  assert.equal(response.statusCode, 426)
})

test('a subscriber that does not read is cut, the others get everything', async (t) => {
  const { hub, port } = await start(t, { connection: { maxPendingBytes: 4 * 1024 * 1024, pressurePauseMs: 20 } })
  const stuck = await FrameClient.open(port)
  stuck.socket.send(Buffer.from('CONNECT {"verbose":false}\r\nSUB a 1\r\nPING\r\n'))
  await stuck.until(/PONG/)
  stuck.socket.pause()
  const reader = await FrameClient.open(port)
  reader.socket.send(Buffer.from('CONNECT {"verbose":false}\r\nSUB b 1\r\n'))
  const payload = 'x'.repeat(64 * 1024)
  while (!hub.counters.closed.has('slow-consumer')) {
    reader.text = ''
    reader.socket.send(Buffer.from(`PUB a ${payload.length}\r\n${payload}\r\n`.repeat(20)))
    reader.socket.send(Buffer.from('PUB b 2\r\nok\r\nPING\r\n'))
    await reader.until(/MSG b 1 2\r\nok\r\n[\s\S]*PONG/)
  }
  assert.equal(hub.counters.slowConsumers, 1)
  stuck.socket.terminate()
  reader.socket.close()
})

test('lame duck and shutdown: clients are told, what has been accepted is delivered, the code is 1001', async (t) => {
  const { hub, port } = await start(t)
  const client = await FrameClient.open(port)
  client.socket.send(Buffer.from('CONNECT {"verbose":false,"protocol":1}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\n'))
  await client.until(/MSG a 1 2/)
  client.text = ''
  await hub.lameDuck(1)
  assert.equal(await client.whenClosed(), 1001)
  assert.match(client.text, /INFO .*"ldm":true/)
})

test('no_auth_user of a WebSocket listener holds there alone', async (t) => {
  const security = { users: [{ user: 'web' }, { user: 'other', password: 'x' }] }
  const { hub, port } = await start(t, { security, options: 'noAuthUser=web' })
  const client = await FrameClient.open(port)
  client.socket.send(Buffer.from('CONNECT {"verbose":false}\r\nPING\r\n'))
  await client.until(/^PONG/)
  const [connection] = hub.connections.values()
  assert.equal(connection.user, 'web')
  client.socket.close()
  hub.addGateway((await import('../../src/gateways/nats/gateway.ts')).natsGateway)
  const plain = (await RawClient.open((await hub.listen('nats://127.0.0.1:0')).port as number)).client
  plain.send('CONNECT {"verbose":false}\r\n')
  await plain.until(/Authorization Violation/)
})
