import assert from 'node:assert/strict'
import { once } from 'node:events'
import https from 'node:https'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defaultHost } from '../../src/api/node/default-host.ts'
import { install, uninstall } from '../../src/api/node/install.ts'

// TLS of unmodified programs over our stack. A key that both ends know stands in for certificates.

beforeEach(() => install())
afterEach(() => uninstall())

const key = Buffer.alloc(32, 7)
const COMMON = { ciphers: 'PSK+HIGH', maxVersion: 'TLSv1.2' } as const
const serverOptions: tls.TlsOptions = { ...COMMON, pskCallback: () => key }
const clientOptions: tls.ConnectionOptions = {
  ...COMMON,
  pskCallback: () => ({ psk: key, identity: 'test' }),
  checkServerIdentity: () => undefined,
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

test('a TLS socket tells the way to its connection and the names of both ends', async () => {
  const segments = defaultHost().stack.tcp.counters.segmentsOut
  const server = tls.createServer(serverOptions, (socket) => {
    socket.end(`${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`)
  })
  const port = await listen(server)
  const client = tls.connect({ ...clientOptions, port, host: '127.0.0.1', localAddress: '127.0.0.1' } as object)
  const closed = once(client, 'close')
  const events: string[] = []
  for (const event of ['connectionAttempt', 'connect', 'ready', 'secureConnect', 'end', 'close', 'error'])
    client.on(event, () => events.push(event))
  assert.equal(client.connecting, true)
  await once(client, 'connect')
  assert.equal(client.connecting, false)
  assert.equal(client.remoteAddress, '127.0.0.1')
  const { localPort } = client
  assert.equal(client.setNoDelay(true).setKeepAlive(true).unref().ref(), client)
  assert.equal(await textOf(client), `127.0.0.1 ${localPort} ${port}`)
  await closed
  assert.deepEqual(events, ['connectionAttempt', 'connect', 'ready', 'secureConnect', 'end', 'close'])
  assert.equal(client.remotePort, port)
  assert.ok(defaultHost().stack.tcp.counters.segmentsOut > segments)
  server.close()
  await once(server, 'close')
})

test('https: requests over a kept connection; the server ends while the client still speaks', async () => {
  const server = https.createServer(serverOptions, (request, response) => {
    request.resume()
    request.on('end', () => response.end(`${request.url} ${request.socket.remoteAddress}`))
  })
  const port = await listen(server)
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ...clientOptions })
  for (const path of ['/1', '/2', '/3']) {
    const request = https.request({ ...clientOptions, agent, host: '127.0.0.1', port, path, method: 'POST' })
    request.end(Buffer.alloc(100_000))
    const [response] = await once(request, 'response')
    assert.equal(await textOf(response), `${path} 127.0.0.1`)
  }
  agent.destroy()
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

test('a connection that has begun in the clear goes on with TLS, whoever makes the TLS socket', async () => {
  const secureServer = tls.createServer(serverOptions, (socket) => socket.end('by the TLS server'))
  const upgrades: ((socket: Socket) => void)[] = [
    (socket) => secureServer.emit('connection', socket),
    (socket) => {
      const secureContext = tls.createSecureContext(COMMON)
      const options = { isServer: true, secureContext, pskCallback: () => key } as unknown as tls.TLSSocketOptions
      const secure = new tls.TLSSocket(socket, options)
      secure.end('by hand')
    },
  ]
  for (const [index, upgrade] of upgrades.entries()) {
    const server = net.createServer((socket) => {
      socket.once('data', (word) => {
        assert.equal(String(word), 'STARTTLS')
        socket.write('go', () => upgrade(socket))
      })
    })
    const port = await listen(server)
    const plain = net.connect(port, '127.0.0.1')
    plain.write('STARTTLS')
    const [word] = await once(plain, 'data')
    assert.equal(String(word), 'go')
    const client = tls.connect({ ...clientOptions, socket: plain })
    assert.equal(await textOf(client), index === 0 ? 'by the TLS server' : 'by hand')
    server.close()
    await once(server, 'close')
  }
})

test('a signal that has come already leaves no connection behind', async () => {
  const server = tls.createServer(serverOptions)
  const port = await listen(server)
  const client = tls.connect({ ...clientOptions, port, host: '127.0.0.1', signal: AbortSignal.abort() } as object)
  const [error] = await once(client, 'error')
  assert.equal(error.name, 'AbortError')
  server.close()
  await once(server, 'close')
})

test('what a caller gave to be told of the connection is let go once it has been told', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const server = tls.createServer(serverOptions)
  const port = await listen(server)
  const begin = (): { client: tls.TLSSocket; held: WeakRef<object> } => {
    const held = {}
    const client = tls.connect({ ...clientOptions, port, host: '127.0.0.1' } as object, () => assert.ok(held))
    return { client, held: new WeakRef(held) }
  }
  const { client, held } = begin()
  await once(client, 'secureConnect')
  await setImmediate()
  collect()
  assert.equal(held.deref(), undefined)
  client.end()
  server.close()
  await once(server, 'close')
})

test('uninstall gives TLS back', () => {
  const patched = tls.TLSSocket
  uninstall()
  assert.notEqual(tls.TLSSocket, patched)
  assert.equal(Object.hasOwn(tls.TLSSocket.prototype, 'ref'), false)
})
