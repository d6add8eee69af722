import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defaultHost } from '../../src/api/node/default-host.ts'
import { install, uninstall } from '../../src/api/node/install.ts'

// Node's own http, fetch and net, unmodified: their bytes pass through our stack.

beforeEach(() => install(undefined, { udp: true }))
afterEach(() => uninstall())

const segments = (): number => defaultHost().stack.tcp.counters.segmentsOut

async function serve(listener: http.RequestListener): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer(listener)
  server.listen(0)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

test('http: requests over kept connections, a large body', async () => {
  const before = segments()
  const { server, port } = await serve((request, response) => {
    let length = 0
    request.on('data', (chunk) => {
      length += chunk.length
    })
    request.on('end', () => response.end(`${request.method} ${request.url} ${length} ${request.socket.remoteAddress}`))
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (let round = 0; round < 3; round++) {
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', path: `/${round}`, agent })
    request.end(Buffer.alloc(300_000))
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    assert.equal(text, `POST /${round} 300000 ::ffff:127.0.0.1`)
  }
  agent.destroy()
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  assert.ok(segments() - before > 20)
})

test('http: what a server says unasked on an idle connection is no answer to the next request', async () => {
  const connections: net.Socket[] = []
  const { server, port } = await serve((request, response) => response.end(request.url))
  server.on('connection', (socket) => connections.push(socket))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const get = async (path: string): Promise<string> => {
    const request = http.get({ port, host: '127.0.0.1', path, agent })
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return text
  }
  assert.equal(await get('/first'), '/first')
  const said = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged'
  connections[0]!.write(said)
  await once(connections[0]!, 'close')
  assert.equal(await get('/second'), '/second')
  assert.equal(connections.length, 2)
  agent.destroy()
  server.close()
  await once(server, 'close')
})

test('fetch', async () => {
  const before = segments()
  const { server, port } = await serve((_request, response) => response.end('fetched'.repeat(10_000)))
  const response = await fetch(`http://localhost:${port}/`)
  assert.equal((await response.text()).length, 70_000)
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  assert.ok(segments() > before)
})

test("net: sockets stay Node's own class; resets and refusals are told", async () => {
  const server = net.createServer({ noDelay: true }, (socket) => socket.once('data', () => socket.resetAndDestroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = net.connect(port, '127.0.0.1')
  await once(client, 'connect')
  assert.ok(client instanceof net.Socket)
  assert.equal(client.remotePort, port)
  client.write('x')
  const [error] = await once(client, 'error').catch((each) => [each])
  assert.equal(error.code, 'ECONNRESET')
  server.close()
  await once(server, 'close')
  const [refused] = await once(net.connect(port, '127.0.0.1'), 'error').catch((each) => [each])
  assert.equal(refused.message, `connect ECONNREFUSED 127.0.0.1:${port}`)
})

test('net: options that Node keeps behind symbols: memory of its own for reading, no delay, keep-alive', async () => {
  const server = net.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 }, (socket) => {
    const handle = Reflect.get(socket, '_handle') as Record<string, unknown>
    handle['setNoDelay'] = () => assert.fail('it has been set already')
    handle['setKeepAlive'] = () => assert.fail('it has been set already')
    socket.setNoDelay(true).setKeepAlive(true, 5000).end('hello')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const buffer = Buffer.alloc(4)
  let text = ''
  const callback = (bytes: number, own: Uint8Array): boolean => {
    assert.equal(own, buffer)
    text += buffer.toString('latin1', 0, bytes)
    return true
  }
  const { port } = server.address() as AddressInfo
  const client = net.connect({ port, host: '127.0.0.1', onread: { buffer, callback } })
  client.on('data', () => assert.fail('nothing is to be read into memory of the stack'))
  await once(client, 'close')
  assert.equal(text, 'hello')
  server.close()
})

test('a server and a socket of the stack are refused to another process, which would have no use for them', async () => {
  const child = fork(fileURLToPath(new URL('./echo-child.ts', import.meta.url)), { execArgv: process.execArgv })
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
  for (const handle of [server, client]) {
    assert.throws(() => child.send('here', handle), { code: 'ERR_INVALID_HANDLE_TYPE' })
  }
  child.send('alone')
  assert.deepEqual(await once(child, 'message'), ['alone', undefined])
  child.disconnect()
  client.destroy()
  server.close()
  await once(server, 'close')
})

test('dgram', async () => {
  const receiver = dgram.createSocket('udp4')
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const before = defaultHost().stack.udp.counters.outDatagrams
  const sender = dgram.createSocket('udp4')
  sender.send('over the stack', receiver.address().port, '127.0.0.1')
  const [message] = await once(receiver, 'message')
  assert.equal(String(message), 'over the stack')
  assert.equal(defaultHost().stack.udp.counters.outDatagrams, before + 1)
  sender.close()
  receiver.close()
})

test('uninstall gives the kernel back', async () => {
  uninstall()
  const before = segments()
  const server = net.createServer((socket) => socket.end('kernel'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let text = ''
  for await (const chunk of net.connect((server.address() as AddressInfo).port, '127.0.0.1')) text += chunk
  assert.equal(text, 'kernel')
  assert.equal(segments(), before)
  server.close()
})
