/** What the test kits of NATS clients expect of `nats-server` beyond its plain listener: WebSocket, trace, short deadlines, both address families, accounts that are joined. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { connect, wsconnect } from '@nats-io/transport-node'
import { type Running, run, start } from './support/run.ts'

let folder: string
const started: Running[] = []

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-kits-'))
})

after(() => rmSync(folder, { recursive: true }))

// A test that fails leaves its server running.
afterEach(() => {
  for (const one of started.splice(0)) one.child.kill('SIGKILL')
})

interface Served {
  running: Running
  port: number
  ports: Record<string, string[]>
}

let confs = 0

async function serve(text: string, args: readonly string[] = [], host = '127.0.0.1'): Promise<Served> {
  const file = join(folder, `server${++confs}.conf`)
  writeFileSync(file, `host: ${host}\nport: -1\nports_file_dir: ${folder}\n${text}`)
  const running = start(['nats-server', '-c', file, ...args], { cwd: folder })
  started.push(running)
  const place = join(folder, `nats-server_${running.child.pid}.ports`)
  await running.until(() => existsSync(place) && running.err.includes('Server is ready'))
  const ports = JSON.parse(readFileSync(place, 'utf8')) as Record<string, string[]>
  return { running, port: Number(ports.nats[0].split(':').at(-1)), ports }
}

/** A key and its certificate, `cert.pem` and `key.pem` in the folder. */
function makeCertificate(): string {
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout']
      .concat([join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'), '-days', '2', '-subj', '/CN=localhost'])
      .concat(['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']),
  )
  assert.equal(made.status, 0)
  return 'cert_file: "./cert.pem", key_file: "./key.pem"'
}

/** Everything that comes until the other side closes. */
async function listen(port: number, send = ''): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.write(send)
  await once(socket, 'close')
  return text
}

test('websocket: in the ports file and in the log, served to the official client, back after a restart', async () => {
  const first = await serve('websocket {\n  port: -1\n  no_tls: true\n}')
  const [url] = first.ports.websocket
  assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+$/)
  const wide = url.replace('127.0.0.1', '0.0.0.0')
  assert(first.running.err.includes(`Listening for websocket clients on ${wide}`))
  const client = await wsconnect({ servers: url, reconnectTimeWait: 20, maxReconnectAttempts: -1 })
  client.subscribe('q', { callback: (_error, message) => void message.respond('here') })
  assert.equal((await client.request('q')).string(), 'here')
  const back = (async () => {
    for await (const { type } of client.status()) if (type === 'reconnect') return
  })()
  await first.running.stop('SIGKILL')
  const second = await serve(`websocket { port: ${new URL(url).port}, no_tls: true }`)
  await back
  assert.equal((await client.request('q')).string(), 'here')
  await client.close()
  await second.running.stop()
})

test('websocket over TLS of its own, while the other listener stays in plain text; and the other way round', async () => {
  const tls = makeCertificate()
  const { running, port, ports } = await serve(`websocket { port: -1, tls { ${tls} } }`)
  assert.match(ports.websocket[0], /^wss:/)
  const plain = await connect({ port })
  assert.equal(plain.info?.tls_required, undefined)
  await plain.close()
  const socket = net.connect(Number(new URL(ports.websocket[0]).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'close')
  await running.stop()
  const other = await serve(`tls { ${tls} }\nwebsocket { port: -1, no_tls: true }`)
  assert.match(other.ports.websocket[0], /^ws:/)
  const framed = await wsconnect({ servers: other.ports.websocket[0] })
  await framed.flush()
  await framed.close()
  await other.running.stop()
})

test('a websocket block without TLS must say so', async () => {
  const file = join(folder, 'no-tls.conf')
  writeFileSync(file, 'port: -1\nwebsocket { port: -1 }')
  const refused = await run(['nats-server', '-c', file])
  assert.notEqual(refused.code, 0)
  assert.match(refused.err, /no-tls\.conf:2:1: .*no_tls: true/)
})

test('trace: each operation is a line of the log, secrets are not', async () => {
  const { running, port } = await serve('trace: true\nauthorization { user: u, password: geheim }')
  const client = await connect({ port, user: 'u', pass: 'geheim' })
  client.subscribe('foo', { callback: () => {} })
  client.publish('foo', 'SUB hidden 9\r\n')
  client.subscribe('bar', { callback: () => {} })
  await client.flush()
  await client.close()
  await running.stop()
  const traced = [...running.err.matchAll(/\[TRC\] .*<<- \[(.*)\]/g)].map(([, line]) => line)
  assert.deepEqual(
    traced.filter((line) => /SUB|PUB/.test(line)),
    ['SUB foo 1', 'PUB foo 14', 'SUB bar 2'],
  )
  assert.match(traced[0], /^CONNECT .*"user":"u","pass":"\[REDACTED\]"/)
  assert.doesNotMatch(running.err, /geheim/)
})

test('deadlines below a second are kept: pings that nobody answers, an authentication that does not come', async () => {
  const pinging = await serve('ping_interval: "100ms"\nping_max: 3')
  const text = await listen(pinging.port, 'CONNECT {"verbose":false}\r\n')
  assert.match(text, /^INFO .*\r\nPING\r\nPING\r\nPING\r\n-ERR 'Stale Connection'\r\n$/)
  const asking = await serve('authorization { timeout: 0.1, token: t }')
  assert.match(await listen(asking.port), /^INFO .*\r\n-ERR 'Authentication Timeout'\r\n$/)
  await Promise.all([pinging.running.stop(), asking.running.stop()])
})

test('every address means both families', {
  skip:
    !Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')) &&
    'this machine has no IPv6',
}, async () => {
  const { running, port, ports } = await serve('', [], '0.0.0.0')
  assert.deepEqual(ports.nats, [`nats://127.0.0.1:${port}`])
  assert(running.err.includes(`Listening for client connections on 0.0.0.0:${port}`))
  for (const servers of [`[::1]:${port}`, `127.0.0.1:${port}`]) {
    const client = await connect({ servers })
    assert.equal(client.info?.host, '0.0.0.0')
    assert(['::1', '127.0.0.1'].includes(client.info?.client_ip ?? ''))
    await client.close()
  }
  await running.stop()
})

test('the ports file is never found half written', async () => {
  const { running } = await serve('')
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes(String(running.child.pid))),
    [`nats-server_${running.child.pid}.ports`],
  )
  await running.stop()
})

test('a storage folder that is a file is told as nats-server tells it', async () => {
  const file = join(folder, 'not-a-folder')
  writeFileSync(file, '')
  const refused = await run(['nats-server', '--jetstream', '--store_dir', file, '-p', '-1'])
  assert.notEqual(refused.code, 0)
  assert.match(refused.err, /storage directory is not a directory/)
})

test('accounts joined by exports and imports, as kits write them; who somebody is; where somebody may come from', async () => {
  const { running, port, ports } = await serve(`
websocket { port: -1, no_tls: true }
accounts {
  S {
    users [
      {
        user: s
        password: s
        permission {
          subscribe [
            q.>
            _INBOX.>
          ]
          publish: "$SYS.REQ.USER.INFO"
          allow_responses: true
        }
      }
    ]
    exports [
      {
        service: q.>
      }
    ]
  }
  A {
    users [ { user: a, password: a, allowed_connection_types: ["STANDARD"] } ]
    imports [ { service: { subject: "q.>", account: S } } ]
    mappings { old: "q.new" }
  }
}`)
  const s = await connect({ port, user: 's', pass: 's' })
  const info = (await s.request('$SYS.REQ.USER.INFO')).json<{ data: { user: string; account: string } }>()
  assert.deepEqual([info.data.user, info.data.account], ['s', 'S'])
  s.subscribe('q.>', { callback: (_error, message) => void message.respond(message.subject) })
  await s.flush()
  const a = await connect({ port, user: 'a', pass: 'a' })
  assert.equal((await a.request('q.hello')).string(), 'q.hello')
  assert.equal((await a.request('old')).string(), 'q.new')
  await assert.rejects(wsconnect({ servers: ports.websocket[0], user: 'a', pass: 'a', reconnect: false }))
  await Promise.all([s.close(), a.close()])
  await running.stop()
})
