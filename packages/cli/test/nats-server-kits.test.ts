/**
 * What the test kits of NATS clients expect of the program that they start as `nats-server`: files, log lines, words, signals, exit.
 * Each test says in our own words what one of those kits relies on.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { type Running, type RunOptions, run, start as startCommand } from './support/run.ts'

const bin = fileURLToPath(new URL('../bin/wirehub.js', import.meta.url))
let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-kits-'))
})

after(() => rmSync(folder, { recursive: true }))

// A test that fails leaves its server running.
const started: Running[] = []

afterEach(() => {
  for (const one of started.splice(0)) one.child.kill('SIGKILL')
})

function start(args: readonly string[], options?: RunOptions): Running {
  const running = startCommand(args, options)
  started.push(running)
  return running
}

let confs = 0

function conf(text: string): string {
  const file = join(folder, `server${++confs}.conf`)
  writeFileSync(file, text)
  return file
}

interface Served {
  running: Running
  port: number
  monitoring: number
}

/** As the kits write it: everything in the file, ports of the system's choice, a ports file named after the pid. */
async function serve(text: string, args: readonly string[] = []): Promise<Served> {
  const file = conf(`host: 127.0.0.1\nport: -1\nhttp: "127.0.0.1:-1"\nports_file_dir: ${folder}\n${text}`)
  const running = start(['nats-server', '-c', file, ...args])
  const ports = join(folder, `nats-server_${running.child.pid}.ports`)
  await running.until(() => existsSync(ports) && running.err.includes('Server is ready'))
  const read = JSON.parse(readFileSync(ports, 'utf8')) as { nats: string[]; monitoring: string[] }
  return {
    running,
    port: Number(new URL(read.nats[0]).port),
    monitoring: Number(new URL(read.monitoring[0]).port),
  }
}

/** INFO of a server that has just been connected to. */
async function infoOf(port: number, host = '127.0.0.1'): Promise<Record<string, unknown>> {
  const socket = net.connect(port, host)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return JSON.parse(chunk.toString().slice('INFO '.length)) as Record<string, unknown>
}

/** A certificate for localhost that signs itself, as `cert.pem` and `key.pem`. */
async function certificate(prefix: string, ...kind: string[]): Promise<void> {
  const openssl = spawn(
    'openssl',
    ['req', '-x509', '-newkey', ...kind, '-nodes', '-keyout', join(folder, `${prefix}key.pem`)]
      .concat(['-out', join(folder, `${prefix}cert.pem`), '-days', '2', '-subj', '/CN=localhost'])
      .concat(['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']),
    { stdio: 'ignore' },
  )
  assert.equal((await once(openssl, 'exit'))[0], 0)
}

test('the log names the address of clients before it says that the server is ready', async () => {
  for (const [host, written] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
    ['[::1]', '[::1]'],
  ]) {
    const running = start(['nats-server', '--addr', host, '--port', '-1', '-n', 'kit', '--debug'])
    await running.until(() => running.err.includes('Server is ready'))
    const listening = /\[INF\] Listening for client connections on (.+):(\d+)/.exec(running.err)
    assert.equal(listening?.[1], written)
    assert(running.err.indexOf('Listening for') < running.err.indexOf('Server is ready'))
    const bare = host.replace(/[[\]]/g, '')
    const info = await infoOf(Number(listening?.[2]), bare)
    assert.deepEqual([info.host, info.port, info.server_name], [bare, Number(listening?.[2]), 'kit'])
    assert.equal((await running.stop()).code, 0)
  }
})

test('a port that is taken is a fatal log line that speaks of the port', async () => {
  const first = await serve('')
  const second = await run(['nats-server', '-a', '127.0.0.1', '-p', String(first.port)])
  assert.notEqual(second.code, 0)
  assert.match(second.err, /\[FTL\] Error listening on port: /)
  await first.running.stop()
})

test('a file that cannot be parsed is a "Parse error" with its line; an unknown field is named', async () => {
  const broken = await run(['nats-server', '-c', conf('port: 4222\nusers: [')])
  assert.notEqual(broken.code, 0)
  assert.match(broken.err, /^nats-server: Parse error on line 2: /)
  const unknown = await run(['nats-server', '-c', conf('prt: 4222')])
  assert.match(unknown.err, /^nats-server: .*:1:1: unknown field "prt"/)
  assert.match((await run(['nats-server', '-c', join(folder, 'nowhere.conf')])).err, /^nats-server: .*nowhere\.conf/)
})

test('configurations as the kits write them: words without quotes, arrays without commas, empty blocks', async () => {
  const { running, port } = await serve(`
leafnodes {
  listen: "127.0.0.1:-1"
}
server_tags [
  id:ABC
]
max_payload: 2048
authorization {
  users [
     {
      user: derek
      password: §12§12
      permission {
        subscribe: bar
        publish [
          foo
          _INBOX.>
        ]
      }
    }
  ]
}`)
  const client = await connect({ port, user: 'derek', pass: '§12§12' })
  assert.equal(client.info?.max_payload, 2048)
  const status = client.status()[Symbol.asyncIterator]()
  client.publish('not.allowed')
  assert.match(JSON.stringify((await status.next()).value, errorText), /Permissions Violation for Publish to/)
  assert(!client.isClosed())
  await client.close()
  await running.stop()
})

function errorText(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

test('variables may stand in any block, and be whole blocks', async () => {
  const { running, port } = await serve(`
authorization {
  PASS: abc
  reader = { publish: { deny: ">" } }
  users = [ { user: u, password: $PASS, permissions: $reader } ]
}`)
  await (await connect({ port, user: 'u', pass: 'abc' })).close()
  await running.stop()
})

test('certificates are looked for from where the server was started, wherever the configuration lies', async () => {
  const nested = join(folder, 'conf')
  mkdirSync(nested, { recursive: true })
  await certificate('', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256')
  const file = join(nested, 'tls.conf')
  writeFileSync(
    file,
    `host: 127.0.0.1, port: -1\ntls { cert_file: "./cert.pem", key_file: "./key.pem", timeout: 2, handshake_first: true }`,
  )
  const running = start(['nats-server', '-c', file], { cwd: folder })
  await running.until(() => running.err.includes('Server is ready'))
  const port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(running.err)?.[1])
  const ca = readFileSync(join(folder, 'cert.pem'), 'utf8')
  const client = await connect({ servers: `localhost:${port}`, tls: { ca, handshakeFirst: true } })
  await client.flush()
  await client.close()
  await running.stop()
})

test('a certificate by flags, allow_non_tls in the file: with TLS and without', async () => {
  await certificate('flags-', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256')
  const ca = readFileSync(join(folder, 'flags-cert.pem'), 'utf8')
  const flags = ['-tls', '-tlscert', join(folder, 'flags-cert.pem'), '-tlskey', join(folder, 'flags-key.pem')]
  const either = await serve('allow_non_tls: true', flags)
  for (const options of [{ tls: { ca } }, { tls: null }]) {
    const one = await connect({ servers: `localhost:${either.port}`, ...options })
    assert.deepEqual([one.info?.tls_required, one.info?.tls_available], [undefined, true])
    await one.flush()
    await one.close()
  }
  await either.running.stop()
})

test('ciphers: forward secrecy always; cipher_suites says which of TLS 1.2', async () => {
  await certificate('rsa-', 'rsa:2048')
  const ca = readFileSync(join(folder, 'rsa-cert.pem'), 'utf8')
  const suites = 'cipher_suites: [ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" ]'
  const block = (more: string) =>
    `tls { cert_file: "${folder}/rsa-cert.pem", key_file: "${folder}/rsa-key.pem", handshake_first: true
 ${more} }`
  const cipherOf = (port: number, options: object) =>
    new Promise<string>((resolve) => {
      const socket = tls.connect({ host: 'localhost', port, ca, ...options }, () => {
        resolve(socket.getCipher().standardName)
        socket.destroy()
      })
      socket.on('error', () => resolve('refused'))
    })
  const open = await serve(block(''))
  assert.match(await cipherOf(open.port, {}), /^TLS_(AES|CHACHA20)_/)
  const old = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }
  assert.match(await cipherOf(open.port, old), /_AES_128_GCM_/)
  for (const ciphers of ['kRSA', 'ECDHE-RSA-AES128-SHA', 'DHE']) {
    assert.equal(await cipherOf(open.port, { ...old, ciphers }), 'refused')
  }
  await open.running.stop()

  const strict = await serve(block(suites))
  const cipher = (options: object) => cipherOf(strict.port, options)
  assert.match(await cipher({}), /^TLS_(AES|CHACHA20)_/)
  assert.equal(await cipher(old), 'refused')
  assert.match(await cipher({ ...old, ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' }), /CHACHA20_POLY1305/)
  await strict.running.stop()
  const unknown = await run(['nats-server', '-c', conf(block('cipher_suites: [ "TLS_NULL" ]')), '-t'])
  assert.equal(unknown.code, 78)
  assert.match(unknown.err, /cipher_suites/)
})

test('no_header_support: INFO says so, clients do without', async () => {
  const { running, port } = await serve('no_header_support: true')
  const client = await connect({ port })
  assert.equal(client.info?.headers, false)
  await client.flush()
  await client.close()
  await running.stop()
})

test('client_advertise is what INFO calls the server', async () => {
  const { running, port } = await serve('client_advertise: "public.example:5222"')
  const info = await infoOf(port)
  assert.deepEqual([info.host, info.port, info.connect_urls], ['public.example', 5222, undefined])
  await running.stop()
})

test('the figures of /connz agree with those that the client keeps', async () => {
  const { running, port, monitoring } = await serve('')
  const client = await connect({ port })
  const agree = async (): Promise<void> => {
    await client.flush()
    const path = `http://127.0.0.1:${monitoring}/connz?subs=detail&cid=${client.info?.client_id}`
    const { connections } = (await (await fetch(path)).json()) as { connections: Record<string, number>[] }
    const { inMsgs, inBytes, outMsgs, outBytes } = client.stats()
    const [{ in_msgs, in_bytes, out_msgs, out_bytes }] = connections
    assert.deepEqual([in_msgs, in_bytes, out_msgs, out_bytes], [outMsgs, outBytes, inMsgs, inBytes])
  }
  await agree()
  client.publish('hello', 'world')
  await agree()
  client.subscribe('hello', { callback: () => {} })
  client.publish('hello', 'hi')
  await agree()
  const given = headers()
  given.set('hello', 'a value of some length')
  client.publish('hello', 'hello', { headers: given })
  await agree()
  await client.close()
  await running.stop()
})

test('killed and started anew on its port: clients come back, with their subscriptions', async () => {
  const first = await serve('')
  const client = await connect({ port: first.port, reconnectTimeWait: 20, maxReconnectAttempts: -1 })
  client.subscribe('q', { callback: (_error, message) => void message.respond('here') })
  const back = statusOf(client, 'reconnect')
  await first.running.stop('SIGKILL')
  const second = start(['nats-server', '-a', '127.0.0.1', '-p', String(first.port)])
  await back
  assert.equal((await client.request('q')).string(), 'here')
  await client.close()
  await second.stop()
})

async function statusOf(client: NatsConnection, type: string): Promise<void> {
  for await (const status of client.status()) if (status.type === type) return
}

test('a reload tells clients another max_payload, and new users are let in', async () => {
  const text = (payload: number, user: string): string =>
    `host: 127.0.0.1\nport: -1\nmax_payload: ${payload}\nauthorization { users: [{user: a, password: a}, {user: ${user}, password: b}] }`
  const file = conf(text(1000, 'b'))
  const running = start(['nats-server', '-c', file])
  await running.until(() => running.err.includes('Server is ready'))
  const port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(running.err)?.[1])
  const client = await connect({ port, user: 'a', pass: 'a' })
  await assert.rejects(connect({ port, user: 'c', pass: 'b', reconnect: false }))
  writeFileSync(file, text(500, 'c'))
  running.child.kill('SIGHUP')
  await running.until(() => running.err.includes('Reloaded server configuration'))
  const other = await connect({ port, user: 'c', pass: 'b' })
  assert.equal(other.info?.max_payload, 500)
  assert(!client.isClosed())
  await Promise.all([client.close(), other.close()])
  await running.stop()
})

test('SIGUSR1, by which logs are rotated, leaves the server running', async () => {
  const { running, port } = await serve('')
  running.child.kill('SIGUSR1')
  await running.until(() => running.err.includes('log file'))
  await (await connect({ port })).close()
  assert.doesNotMatch(running.err, /Debugger/)
  await running.stop()
})

test('--signal finds the process by its pid file', async () => {
  const pidFile = join(folder, 'server.pid')
  const { running } = await serve('', ['-P', pidFile])
  assert.equal(readFileSync(pidFile, 'utf8').trim(), String(running.child.pid))
  assert.equal((await run(['nats-server', '--signal', `term=${pidFile}`])).code, 0)
  assert.equal((await running.ended()).code, 0)
})

test('a shell wrapper that execs it keeps the pid that the ports file is named after', async () => {
  const wrapper = join(folder, 'nats-server')
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${bin}' nats-server "$@"\n`, { mode: 0o755 })
  const child = spawn(wrapper, ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const exited = once(child, 'exit')
  let log = ''
  for await (const chunk of child.stderr) {
    log += chunk
    if (log.includes('Server is ready')) break
  }
  assert(existsSync(join(folder, `nats-server_${child.pid}.ports`)))
  child.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
})

test('lame duck mode leaves connections their grace: told at once, served meanwhile, new ones refused', async () => {
  const { running, port } = await serve('lame_duck_duration: "30s"\nlame_duck_grace_period: "10s"\n')
  const client = await connect({ port, reconnect: false })
  const told = (async () => {
    for await (const status of client.status()) if (status.type === 'ldm') return true
    return false
  })()
  running.child.kill('SIGUSR2')
  assert.equal(await told, true)
  client.subscribe('echo', { callback: (_error, message) => void message.respond('served') })
  assert.equal((await client.request('echo', '', { timeout: 5000 })).string(), 'served')
  await assert.rejects(connect({ port, reconnect: false, timeout: 2000 }))
  assert.equal(client.isClosed(), false)
  await client.close()
  // Nobody is left to wait for.
  assert.equal((await running.ended()).code, 0)
})
