/** Commands about configurations: init, check, passwd, and what serve makes of flags and the environment. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { endAll, portOf, run, start } from './support/run.ts'

/** A busy machine answers late: what is asked here is what the answer is. */
const PATIENT = ['--timeout', '30000']

let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-cli-'))
})
after(() => {
  endAll()
  rmSync(folder, { recursive: true })
})

test('init writes a configuration that check finds right and serve runs', async () => {
  const file = join(folder, 'made.yaml')
  assert.equal((await run(['init', file])).code, 0)
  assert.equal((await run(['init', file])).code, 2)
  assert.match((await run(['check', file])).out, /is right/)
  const ports = join(folder, 'made-ports.json')
  // Its ports may be in use on this machine: everything else of it holds.
  const served = start(['serve', '--config', file, '--listen', 'nats://127.0.0.1:0', '--ports-file', ports])
  await served.until(({ err }) => existsSync(ports) && err.includes('scrubbing'))
  assert.match(served.err, /scrubbing +events\.> \(policy 'events', enforce\)/)
  assert.equal((await served.stop()).code, 0)
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
  assert.equal((await run(['pub', 'a', 'x', '--server', place, ...PATIENT])).code, 77)
  assert.equal(
    (await run(['pub', 'a', 'x', '--server', place, ...PATIENT, '--user', 'alice', '--password', 'wrong'])).code,
    77,
  )
  assert.equal(
    (await run(['pub', 'a', 'x', '--server', place, ...PATIENT, '--user', 'alice', '--password', 'correct horse']))
      .code,
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

test('a ports file that cannot be written ends serve, which ran on and took no signal', async () => {
  const { code, err } = await run(['serve', '--listen', 'nats://127.0.0.1:0', '--ports-file', '/nonexistent/ports'])
  assert.equal(code, 78)
  assert.match(err, /Cannot write the ports file/)
})

test('the environment: values, files of them, and what makes no sense', async () => {
  const ports = join(folder, 'env-ports.json')
  writeFileSync(join(folder, 'token'), 's3cret\n')
  const env = {
    WIREHUB_LISTEN: 'nats://127.0.0.1:0',
    WIREHUB_TOKEN_FILE: join(folder, 'token'),
    WIREHUB_LIMITS_MAX_PAYLOAD_BYTES: '1000',
    WIREHUB_LOG_LEVEL: 'debug',
  }
  const guarded = start(['serve', '--ports-file', ports], { env })
  await guarded.until(() => existsSync(ports))
  const place = { WIREHUB_URL: `nats://127.0.0.1:${portOf(ports, 'nats')}` }
  assert.equal((await run(['pub', 'a', 'x', ...PATIENT], { env: place })).code, 77)
  assert.equal((await run(['pub', 'a', 'x', ...PATIENT], { env: { ...place, WIREHUB_TOKEN: 's3cret' } })).code, 0)
  const fromFile = { ...place, WIREHUB_TOKEN_FILE: join(folder, 'token') }
  assert.equal((await run(['pub', 'a', 'x', ...PATIENT], { env: fromFile })).code, 0)
  const large = await run(['pub', 'a', 'x'.repeat(1001), ...PATIENT], { env: fromFile })
  assert.equal(large.code, 1)
  assert.match(large.err, /WIREHUB_ERR_PAYLOAD_TOO_LARGE/)
  await guarded.stop()
  await Promise.all(
    Object.entries({
      WIREHUB_INSECURE: 'maybe',
      WIREHUB_LOG_LEVEL: 'loud',
      WIREHUB_LIMITS_MAX_CONNECTIONS: 'many',
      WIREHUB_LIMITS_PRESSURE_RATIO: '2',
      WIREHUB_TOKEN_FILE: '/nonexistent',
    }).map(async ([name, value]) => {
      const { code, err } = await run(['serve', '--listen', 'nats://127.0.0.1:0'], { env: { [name]: value } })
      assert.equal(code, 78, name)
      assert.ok(err.includes(name) || err.includes(value), err)
    }),
  )
})
