import assert from 'node:assert/strict'
import { type EventEmitter, once } from 'node:events'
import http2, { type ClientHttp2Session, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { defaultHost } from '../../src/api/node/default-host.ts'
import { install, uninstall } from '../../src/api/node/install.ts'

// http2 of an unmodified program, first over the kernel and then over our stack: what happens is the same.

type Trial = (server: Http2Server, tell: (what: unknown) => void) => Promise<unknown>

/** What is told of a client and a server, until both are closed. */
async function tellings(trial: Trial): Promise<unknown[]> {
  const told: unknown[] = []
  const server = http2.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await trial(server, (what) => told.push(what))
  await new Promise((resolve) => server.close(resolve))
  return told
}

function same(title: string, trial: Trial): void {
  test(title, async () => {
    const onKernel = await tellings(trial)
    assert.notDeepEqual(onKernel, [])
    const segments = defaultHost().stack.tcp.counters.segmentsOut
    install()
    try {
      assert.deepEqual(await tellings(trial), onKernel)
    } finally {
      uninstall()
    }
    assert.ok(defaultHost().stack.tcp.counters.segmentsOut > segments)
  })
}

function connect(server: Http2Server): { client: ClientHttp2Session; closed: Promise<unknown> } {
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { client, closed: ended(client) }
}

function ended(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => emitter.once('close', resolve))
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

same('a session is connecting until its connection stands', async (server, tell) => {
  server.on('stream', (stream) => stream.respond({ ':status': 204 }, { endStream: true }))
  const { client, closed } = connect(server)
  client.on('connect', () => tell(['connect', client.connecting, client.socket.connecting]))
  tell([client.connecting, client.socket.connecting, client.alpnProtocol])
  const request = client.request()
  tell(['pending', request.pending, request.bufferSize])
  request.on('ready', () => tell(['ready', request.pending]))
  request.on('response', (headers) => tell(headers[':status']))
  request.resume()
  await ended(request)
  client.close()
  await closed
})

same('a session whose connection is refused says so and never connects', async (server, tell) => {
  const port = (server.address() as AddressInfo).port
  await new Promise((resolve) => server.close(resolve))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const refused = http2.connect(`http://127.0.0.1:${port}`)
  refused.on('connect', () => tell('connect'))
  refused.on('error', (error: NodeJS.ErrnoException) => tell([error.code, error.syscall]))
  const request = refused.request()
  request.on('error', (error: NodeJS.ErrnoException) => tell(error.code))
  await ended(refused)
})

same('requests that are given up before the connection stands are not made', async (server, tell) => {
  server.on('stream', () => tell('stream'))
  const { client, closed } = connect(server)
  const request = client.request()
  request.on('error', (error: NodeJS.ErrnoException) => tell([error.code, request.rstCode]))
  request.close(http2.constants.NGHTTP2_CANCEL)
  request.on('close', () => tell(['close', request.id]))
  await ended(request)
  client.close()
  await closed
})

same('both ends have names, as long as the connection stands', async (server, tell) => {
  const ports: unknown[] = []
  server.on('request', (request, response) => {
    const { remoteAddress, remotePort, localPort } = request.socket
    tell([remoteAddress, localPort === (server.address() as AddressInfo).port])
    ports.push(remotePort)
    response.end()
  })
  const { client, closed } = connect(server)
  const request = client.request()
  request.resume()
  await once(request, 'end')
  tell([client.socket.remoteAddress, client.socket.localAddress, ports[0] === client.socket.localPort])
  client.close()
  await closed
})

same('what is written before a stream is destroyed arrives', async (server, tell) => {
  server.on('stream', (stream) => {
    stream.on('end', () => {
      stream.respond({ ':status': 200 })
      stream.write('first')
      stream.destroy()
    })
    stream.resume()
  })
  const { client, closed } = connect(server)
  const request = client.request({ ':method': 'POST' })
  request.on('response', (headers) => tell(headers[':status']))
  request.on('data', (chunk) => tell(String(chunk)))
  request.end()
  await ended(request)
  client.close()
  await closed
})

same('a session that is destroyed tells its peer why', async (server, tell) => {
  server.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => {})
    session.on('stream', (stream) => {
      stream.on('error', () => {})
      session.destroy(http2.constants.NGHTTP2_REFUSED_STREAM as unknown as Error)
    })
  })
  const { client, closed } = connect(server)
  client.on('error', (error) => tell(['session', error.message]))
  const request = client.request()
  request.on('error', (error) => tell(['stream', error.message, request.rstCode]))
  await ended(request)
  await closed
})

same('a session whose connection breaks is closed by the time that a further request fails', async (server, tell) => {
  server.on('sessionError', () => {})
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond({ ':status': 200 })
      stream.write('partial', () => setImmediate(() => socket.destroy()))
    })
  })
  const { client, closed } = connect(server)
  client.on('error', () => {})
  client.on('close', () => tell('session'))
  const request = client.request()
  request.on('data', (chunk) => tell(String(chunk)))
  request.on('error', () => {})
  await ended(request)
  // Node 22 throws what later versions tell by an event.
  const fails = (): void => tell('further')
  try {
    client.request().on('error', fails)
  } catch {
    fails()
  }
  await closed
})

same('large bodies go both ways at once', async (server, tell) => {
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const { client, closed } = connect(server)
  const body = 'abcdefghij'.repeat(100_000)
  const answers = ['1', '2', '3'].map(async (name) => {
    const request = client.request({ ':method': 'POST', ':path': `/${name}` })
    request.end(name + body)
    const answer = await textOf(request)
    return answer === name + body
  })
  tell(await Promise.all(answers))
  client.close()
  await closed
})

same('a session that nobody has to wait for keeps no process alive', async (server, tell) => {
  const { client, closed } = connect(server)
  await once(client, 'connect')
  const hasRef = (): unknown => (client.socket as unknown as { _handle: { hasRef(): boolean } })._handle.hasRef()
  tell(hasRef())
  client.unref()
  tell(hasRef())
  client.ref()
  tell(hasRef())
  client.close()
  await closed
})
