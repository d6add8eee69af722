/** Requests to the monitoring pages: what is refused, and how. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { createHub } from '@wirehub/hub'
import { HubCore } from '../../src/assembly/hub-core.ts'
import { createHttpServer } from '../../src/edge/http.ts'
import { nodeEnvironment } from '../../src/edge/node.ts'
import { httpGateway } from '../../src/monitoring/http/gateway.ts'
import { exchange, monitoredHub } from './http.ts'

/** One line of Prometheus's text format 0.0.4. */
const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(?:\{([a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/

test('/metrics is what Prometheus reads: each sample follows its HELP and TYPE, none comes twice', async (t) => {
  const monitored = await monitoredHub(t)
  const client = await connect({ port: monitored.nats, name: 'with "quotes" and \\' })
  await client.flush()
  await exchange(monitored.nats, 'PUB x 99999999\r\n')
  monitored.hub.core.deadLetters.send({
    account: monitored.hub.core.defaultAccount,
    subject: 'a',
    reason: 'strange',
    label: 'a "strange"\nreason \\',
    payload: Buffer.alloc(0),
  })
  await monitored.json('/varz')
  const text = await monitored.text('/metrics')
  assert.ok(text.endsWith('\n'))
  const seen = new Set<string>()
  let family = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') family = name
    else if (kind === 'TYPE') {
      assert.equal(name, family, line)
      assert.match(rest, /^(counter|gauge)$/)
      assert.equal(rest === 'counter', name.endsWith('_total'), `${name} is a ${rest}`)
    } else {
      const match = SAMPLE.exec(line)
      assert.ok(match, line)
      assert.equal(match[1], family, line)
      assert.ok(!seen.has(`${match[1]}{${match[2]}}`), `twice: ${line}`)
      seen.add(`${match[1]}{${match[2]}}`)
    }
  }
  assert.match(text, /^wirehub_connections_closed_total\{reason="payload-too-large"\} 1$/m)
  assert.match(text, /^wirehub_http_requests_total\{path="\/varz"\} 1$/m)
  assert.match(text, /^wirehub_connections 1$/m)
  await client.close()
})

test('methods other than GET and HEAD, unknown pages, senseless queries', async (t) => {
  const { http } = await monitoredHub(t)
  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${http}${path}`, init)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const refused = await ask('/varz', { method })
    assert.equal(refused.status, 405)
    assert.equal(refused.headers.get('allow'), 'GET, HEAD')
    assert.equal(refused.headers.get('content-type'), 'application/problem+json')
  }
  const unknown = await ask('/nonsense')
  assert.equal(unknown.status, 404)
  assert.equal(((await unknown.json()) as { code: string }).code, 'not-found')
  const head = await ask('/varz', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.ok(Number(head.headers.get('content-length')) > 100)
  assert.equal(await head.text(), '')
  for (const query of [
    'connz?sort=nonsense',
    'connz?limit=x',
    'connz?offset=-1',
    'connz?cid=a',
    'connz?subs=perhaps',
    'connz?auth=2',
    'connz?state=half',
    'subsz?limit=1.5',
    'subsz?test=a.*',
    'subsz?subs=no',
  ]) {
    const refused = await ask(`/${query}`)
    assert.equal(refused.status, 400, query)
    assert.equal(((await refused.json()) as { code: string }).code, 'malformed-query')
  }
  for (const query of [
    'connz?sort=',
    'connz?unknown=1',
    'connz?limit=0',
    'connz?sort=idle&subs=detail&auth=true',
    'subsz?test=a.b',
  ]) {
    assert.equal((await ask(`/${query}`)).status, 200, query)
  }
  assert.match(await (await ask('/')).text(), /\/connz/)
})

test('a foreign Host is the mark of DNS rebinding, a foreign Origin that of another page', async (t) => {
  const { http } = await monitoredHub(t)
  const status = async (headers: string, target = '/varz'): Promise<string> =>
    (await exchange(http, `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)).slice(9, 12)
  assert.equal(await status(`Host: 127.0.0.1:${http}\r\n`), '200')
  assert.equal(await status(`Host: localhost:${http}\r\nOrigin: http://localhost:${http}\r\n`), '200')
  assert.equal(await status('Host: evil.example\r\n'), '403')
  assert.equal(await status('Host: 127.0.0.1.evil.example\r\n'), '403')
  assert.equal(await status('Host: localhost@evil.example\r\n'), '403')
  assert.equal(await status('Host: \r\n'), '403')
  assert.equal(await status(`Host: localhost\r\nOrigin: https://evil.example\r\n`), '403')
  assert.equal(await status('Host: localhost\r\nOrigin: null\r\n'), '403')
  // The host of an absolute target is not a way around it.
  assert.equal(await status('Host: localhost\r\n', 'http://evil.example/varz'), '400')
  assert.equal(await status('Host: localhost\r\n', '//evil.example/varz'), '404')
})

test('several requests on one connection, pipelined, are answered in order', async (t) => {
  const { http } = await monitoredHub(t)
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const text = await exchange(http, request('/healthz') + request('/nonsense') + request('/readyz'))
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
    ['200', '404', '200'],
  )
})

/** A hub whose HTTP listener loses patience soon. */
async function impatientHub(): Promise<{
  core: HubCore
  port: number
  figures: { timedOut: number; refused: number; connections: number }
}> {
  const core = new HubCore({ environment: nodeEnvironment })
  const figures = { connections: 0, refused: 0, timedOut: 0, malformed: 0, requests: new Map<string, number>() }
  const limits = {
    headersTimeoutMs: 100,
    requestTimeoutMs: 200,
    idleTimeoutMs: 100,
    checkIntervalMs: 20,
    closeTimeoutMs: 50,
    maxConnections: 50,
  }
  core.addGateway(httpGateway({ hub: core, createServer: createHttpServer, embedded: () => ({}), figures, limits }))
  const { port } = await core.listen('http://127.0.0.1:0')
  return { core, port: port as number, figures }
}

test('whoever sends its request drop by drop, or nothing at all, is cut and counted, and makes room for others', async () => {
  const { core, port, figures } = await impatientHub()
  const slow = Array.from({ length: 60 }, () => net.connect(port, '127.0.0.1').on('error', () => {}))
  const ended = slow.map((one) => once(one, 'close'))
  const drops = setInterval(() => {
    for (const one of slow.slice(0, 25)) if (one.writable) one.write('x')
  }, 30)
  for (const one of slow) one.resume()
  for (const one of slow.slice(0, 25)) one.write('GET / HTTP/1.1\r\nHost: lo')
  await Promise.all(ended)
  clearInterval(drops)
  assert.equal(figures.refused, 10)
  assert.equal(figures.timedOut, 50)
  const varz = (await (await fetch(`http://127.0.0.1:${port}/varz`)).json()) as {
    wirehub: { http: Record<string, number> }
  }
  assert.equal(varz.wirehub.http.timed_out, 50)
  assert.equal(varz.wirehub.http.refused, 10)
  await core.close()
})

test('closing the hub does not wait for a request that never becomes whole', async () => {
  const { core, port } = await impatientHub()
  const stuck = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  stuck.on('error', () => {})
  stuck.write('GET / HTTP/1.1\r\n')
  stuck.resume()
  const ended = once(stuck, 'close')
  stuck.on('end', () => {})
  await once(stuck, 'connect')
  await core.close()
  stuck.on('end', () => stuck.end())
  await ended
})

test('a hub that is closing is not ready', async () => {
  const hub = await createHub({ listen: ['http://127.0.0.1:0'] })
  const base = `http://127.0.0.1:${hub.addresses[0].port}`
  assert.equal((await fetch(`${base}/readyz`)).status, 200)
  assert.equal((await fetch(`${base}/healthz`)).status, 200)
  await hub.close()
  await assert.rejects(fetch(`${base}/readyz`))
})
