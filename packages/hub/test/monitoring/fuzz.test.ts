/** Hostile bytes on the HTTP listener: Node's parser reads them, so what is tried is how the hub stands beside it. Real sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { seededRandom } from '@wirehub/hub/testing'
import { randomInput } from '../../src/testing/random-input.ts'
import { seed } from '../support/seed.ts'
import { monitoredHub } from './http.ts'

const count = process.env.WIREHUB_TEST_LONG === undefined ? 2000 : 100_000
const AT_ONCE = 16

const samples = [
  'GET /varz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /connz?sort=idle&subs=detail&auth=1&limit=2&offset=0&cid=1&acc=$G&user=u HTTP/1.1\r\nHost: 127.0.0.1:8222\r\nConnection: close\r\n\r\n',
  'GET /subsz?subs=1&test=a.b HTTP/1.1\r\nHost: [::1]\r\nOrigin: http://[::1]\r\n\r\n',
  'HEAD /metrics HTTP/1.0\r\n\r\n',
  'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET //a@b/%2e%2e?%ff#x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic dTpw\r\nExpect: 100-continue\r\n\r\n',
  'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'GET /varz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
].map((text) => Buffer.from(text))

async function attack(port: number, random: () => number): Promise<void> {
  const input = randomInput(random, samples)
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  socket.resume()
  const closed = once(socket, 'close')
  await once(socket, 'connect').catch(() => {})
  for (let at = 0; at < input.length && socket.writable; ) {
    const size = random() < 0.7 ? input.length - at : 1 + Math.floor(random() * 64)
    socket.write(input.subarray(at, at + size))
    at += size
  }
  if (random() < 0.3) socket.resetAndDestroy()
  else socket.end()
  await closed
}

test(`${count} hostile inputs on an HTTP listener: nothing throws, nothing stays, others are served`, async (t) => {
  t.diagnostic(`seed ${seed}`)
  const monitored = await monitoredHub(t)
  const { http } = monitored
  const witness = await connect({ port: monitored.nats })
  const seen = witness.subscribe('witness.*')[Symbol.asyncIterator]()
  await witness.flush()
  const random = seededRandom(seed)
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => attack(http, random)))
    if (done % (AT_ONCE * 25) !== 0) continue
    witness.publish(`witness.${done}`)
    assert.equal((await seen.next()).value?.subject, `witness.${done}`)
    const varz = (await monitored.json('/varz')) as { connections: number; http_req_stats: Record<string, number> }
    assert.equal(varz.connections, 1)
  }
  const varz = (await monitored.json('/varz')) as {
    http_req_stats: Record<string, number>
    wirehub: { http: Record<string, number> }
  }
  assert.ok(varz.http_req_stats['/connz'] > 10, 'some inputs must be requests, or the test tries nothing')
  assert.ok(Object.keys(varz.http_req_stats).every((path) => /^\/[a-z]*$/.test(path)))
  assert.ok(varz.wirehub.http.malformed > 10)
  // Those of fetch, which keeps its own for a while.
  assert.ok(varz.wirehub.http.connections <= 4, `${varz.wirehub.http.connections} connections are left`)
  await witness.close()
})
