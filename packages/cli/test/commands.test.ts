/** The commands, each in its own process, against a hub in its own process. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { type Running, run, start } from './support/run.ts'

let folder: string
let hub: Running
let server: string

interface Listed {
  listeners: { scheme: string; host: string; port: number }[]
}

function portOf(file: string, scheme: string): number {
  const listed = JSON.parse(readFileSync(file, 'utf8')) as Listed
  return listed.listeners.find((one) => one.scheme === scheme)?.port ?? assert.fail(`no ${scheme}`)
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-cli-'))
  const ports = join(folder, 'ports.json')
  hub = start(['serve', '--listen', 'nats://127.0.0.1:0', '--listen', 'http://127.0.0.1:0', '--ports-file', ports], {
    cwd: folder,
  })
  await hub.until(() => existsSync(ports))
  server = `nats://127.0.0.1:${portOf(ports, 'nats')}`
})

after(async () => {
  const { code } = await hub.stop()
  assert.equal(code, 0)
  rmSync(folder, { recursive: true })
})

test('without a config the welcome says that nothing is scrubbed, and gives commands that work', async () => {
  await hub.until(({ err }) => err.includes('Try,'))
  assert.match(hub.err, /scrubbing +no policy runs/)
  assert.match(hub.err, /npx wirehub sub '>' --server nats:\/\/127\.0\.0\.1:\d+/)
})

test('sub prints what pub publishes, as JSON lines when nobody watches', async () => {
  const subscriber = start(['sub', 'orders.>', '--count', '3', '--server', server])
  await subscriber.until(({ err }) => err.includes('listening'))
  await run(['pub', 'orders.created', '{"id":1}', '--header', 'Trace:7', '--server', server])
  const lines = await run(['pub', 'orders.log', '--lines', '--server', server], { input: 'first\nsecond\n' })
  assert.match(lines.err, /published 2 messages/)
  const { code, out } = await subscriber.ended()
  assert.equal(code, 0)
  assert.deepEqual(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { subject: 'orders.created', headers: { Trace: '7' }, data: { id: 1 } },
      { subject: 'orders.log', encoding: 'text', data: 'first' },
      { subject: 'orders.log', encoding: 'text', data: 'second' },
    ],
  )
})

test('request gets what reply answers: a text, an echo, the output of a command', async () => {
  for (const [args, answer] of [
    [['greet', 'hello'], 'hello'],
    [['greet', '--echo'], 'asked'],
    [['greet', '--command', 'tr a-z A-Z'], 'ASKED'],
  ] as const) {
    const responder = start(['reply', ...args, '--count', '1', '--server', server])
    await responder.until(({ err }) => err.includes('answering'))
    const { code, out } = await run(['request', 'greet', 'asked', '--raw', '--server', server])
    assert.deepEqual([code, out], [0, answer])
    assert.equal((await responder.ended()).code, 0)
  }
})

test('errors are one sentence with a code and an exit code of their own', async () => {
  const nobody = await run(['request', 'nobody', '--server', server])
  assert.equal(nobody.code, 69)
  assert.match(nobody.err, /Nobody listens on this subject\..*\(WIREHUB_ERR_NO_RESPONDERS\)/)
  assert.equal((await run(['pub', 'a', 'b', '--server', 'nats://127.0.0.1:1'])).code, 69)
  assert.equal((await run(['pub', 'a..b', 'x', '--server', server])).code, 1)
  assert.equal((await run(['nonsense'])).code, 2)
  assert.equal((await run(['sub', '--nonsense'])).code, 2)
  assert.equal((await run([])).code, 2)
})

test('bench measures any NATS server', async () => {
  const { code, out } = await run([
    'bench',
    '--messages',
    '2000',
    '--requests',
    '50',
    '--subscribers',
    '2',
    '--json',
    '--server',
    server,
  ])
  assert.equal(code, 0)
  const figures = JSON.parse(out) as { throughput: { delivered: number }; latency: { p50: number; count: number } }
  assert(figures.throughput.delivered > 0)
  assert.equal(figures.latency.count, 50)
})

test('every command has a help that begins with examples', async () => {
  const overview = await run(['--help'])
  for (const [, name] of overview.out.matchAll(/^ {2}([a-z-]+) {2,}/gm)) {
    const { code, out } = await run([name, '--help'])
    assert.equal(code, 0, name)
    assert.match(out, /^Examples:\n {2}\S/, name)
  }
  assert.match((await run(['--version'])).out, /^wirehub \d+\.\d+\.\d+\n$/)
})

test('completion scripts name every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await run(['completion', shell])
    assert.equal(code, 0)
    for (const name of ['serve', 'nats-server', 'passwd']) assert(out.includes(name), `${shell} ${name}`)
  }
})

test('init writes a configuration that check finds right and serve runs', async () => {
  const file = join(folder, 'made.yaml')
  assert.equal((await run(['init', file])).code, 0)
  assert.equal((await run(['init', file])).code, 2)
  assert.match((await run(['check', file])).out, /is right/)
})

test('check names file, line, column, what was expected and the nearest key', async () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'listen: []\nlimits:\n  maxPayloadBites: 1\n')
  const { code, err } = await run(['check', file])
  assert.equal(code, 78)
  assert.match(err, /wrong\.yaml:3:3: Unknown key 'maxPayloadBites'\. Did you mean 'maxPayloadBytes'\?/)
  const asJson = await run(['check', file, '--json'])
  assert.equal((JSON.parse(asJson.out) as { problems: { line: number }[] }).problems[0].line, 3)
  writeFileSync(file, 'listen: [nats://0.0.0.0:4222]\n')
  assert.equal((await run(['check', file])).code, 78)
  writeFileSync(file, 'listen: nats {\n')
  assert.equal((await run(['check', '--nats', file])).code, 78)
})

test('passwd makes a verifier that serve accepts', async () => {
  const { out } = await run(['passwd', '--user', 'alice'], { input: 'correct horse\n' })
  const file = join(folder, 'users.yaml')
  const ports = join(folder, 'users-ports.json')
  writeFileSync(
    file,
    `listen: [nats://127.0.0.1:0]\nauthorization:\n  users:\n${out.replace(/^/gm, '    ').trimEnd()}\n`,
  )
  const guarded = start(['serve', '--config', file, '--ports-file', ports])
  await guarded.until(() => existsSync(ports))
  const place = `nats://127.0.0.1:${portOf(ports, 'nats')}`
  assert.equal((await run(['pub', 'a', 'x', '--server', place])).code, 77)
  assert.equal((await run(['pub', 'a', 'x', '--server', place, '--user', 'alice', '--password', 'wrong'])).code, 77)
  assert.equal(
    (await run(['pub', 'a', 'x', '--server', place, '--user', 'alice', '--password', 'correct horse'])).code,
    0,
  )
  await guarded.stop()
  assert(!existsSync(ports))
})

test('listening beyond this machine needs authentication, or the word insecure', async () => {
  const { code, err } = await run(['serve', '--listen', 'nats://0.0.0.0:0'])
  assert.equal(code, 78)
  assert.match(err, /WIREHUB_ERR_INSECURE/)
})

test('HUP reads the configuration again; a wrong one leaves the old one in force', async () => {
  const file = join(folder, 'reload.yaml')
  const ports = join(folder, 'reload-ports.json')
  const config = (token: string): string => `listen: [nats://127.0.0.1:0]\nauthorization: { token: ${token} }\n`
  writeFileSync(file, config('one'))
  const guarded = start(['serve', '--config', file, '--ports-file', ports])
  await guarded.until(() => existsSync(ports))
  const port = portOf(ports, 'nats')
  const client = await connect({ port, token: 'one', reconnect: false })
  writeFileSync(file, `${config('two')}lisen: []\n`)
  guarded.child.kill('SIGHUP')
  await guarded.until(({ err }) => err.includes('the old one stays in force'))
  assert.match(guarded.err, /reload\.yaml:3:1: Unknown key 'lisen'\. Did you mean 'listen'\?/)
  await client.flush()
  writeFileSync(file, config('two'))
  guarded.child.kill('SIGHUP')
  await guarded.until(({ err }) => err.includes('is in force.'))
  // Whoever came in by the old token must show the new one.
  assert(await client.closed())
  const fresh = await connect({ port, token: 'two', reconnect: false })
  await fresh.close()
  await guarded.stop()
})

test('TERM under load drains: what a publisher was told is in arrives, and the process ends with 0', async () => {
  const ports = join(folder, 'drain-ports.json')
  const one = start(['serve', '--listen', 'nats://127.0.0.1:0', '--ports-file', ports, '--quiet'])
  await one.until(() => existsSync(ports))
  const port = portOf(ports, 'nats')
  const subscriber = net.connect(port, '127.0.0.1')
  let received = 0
  subscriber.on('data', (chunk) => {
    received += chunk.toString('latin1').split('MSG load 1 5\r\n').length - 1
  })
  const closed = new Promise((resolve) => subscriber.on('close', resolve))
  subscriber.write('CONNECT {"verbose":false}\r\nSUB load 1\r\nPING\r\n')
  const publisher = await connect({ port, reconnect: false })
  await publisher.flush()
  let published = 0
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 500; i++, published++) publisher.publish('load', 'hello')
    await publisher.flush()
  }
  one.child.kill('SIGTERM')
  assert.equal((await one.ended()).code, 0)
  await closed
  assert(received >= published, `${received} of ${published}`)
})
