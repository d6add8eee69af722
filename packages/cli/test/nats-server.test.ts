/** `wirehub nats-server` in nats-server's place, as the test kits of clients start it. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { type Running, run, start } from './support/run.ts'

let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-nats-server-'))
})

after(() => rmSync(folder, { recursive: true }))

/** Starts one and waits for its ports file, which is named after the process that was started. */
async function serve(
  args: readonly string[],
): Promise<{ running: Running; port: number; monitoring: number; file: string }> {
  const running = start(['nats-server', '-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder, ...args])
  const file = join(folder, `nats-server_${running.child.pid}.ports`)
  await running.until(() => existsSync(file) && running.err.includes('Server is ready'))
  const ports = JSON.parse(readFileSync(file, 'utf8')) as { nats: string[]; monitoring?: string[] }
  return {
    running,
    file,
    port: Number(new URL(ports.nats[0]).port),
    monitoring: ports.monitoring === undefined ? 0 : Number(new URL(ports.monitoring[0]).port),
  }
}

test('writes its ports file under its own pid, serves, and removes it at the end', async () => {
  const { running, port, monitoring, file } = await serve(['-m', '-1'])
  const client = await connect({ port })
  assert.match(client.info?.version ?? '', /^2\.12\./)
  assert.equal(client.info?.headers, true)
  const varz = (await (await fetch(`http://127.0.0.1:${monitoring}/varz`)).json()) as {
    connections: number
    port: number
  }
  assert.deepEqual([varz.connections, varz.port], [1, port])
  await client.close()
  assert.equal((await running.stop('SIGINT')).code, 0)
  assert(!existsSync(file))
})

test('flags for users and tokens are kept', async () => {
  for (const [flags, credentials] of [
    [['--user', 'derek', '--pass', 'foobar'], { user: 'derek', pass: 'foobar' }],
    [['--auth', 's3cret'], { token: 's3cret' }],
  ] as const) {
    const { running, port } = await serve(flags)
    await assert.rejects(connect({ port, reconnect: false }))
    await (await connect({ port, ...credentials })).close()
    await running.stop()
  }
})

test("a configuration in nats-server's syntax, with permissions and accounts, and its reload at HUP", async () => {
  const file = join(folder, 'server.conf')
  const conf = (password: string): string => `
    max_payload: 2048
    authorization {
      users = [
        { user: a, password: ${password}, permissions: { publish: "allowed.>", subscribe: [">"] } }
      ]
    }
    cluster { name: c }
  `
  writeFileSync(file, conf('one'))
  const { running, port } = await serve(['-c', file])
  assert.match(running.err, /cluster: .* ignored/)
  const client = await connect({ port, user: 'a', pass: 'one', reconnect: false })
  assert.equal(client.info?.max_payload, 2048)
  const denied = (async () => {
    for await (const status of client.status()) if (status.type === 'error') return status.error.message
    return ''
  })()
  client.publish('forbidden', 'x')
  await client.flush()
  assert.match(await denied, /Permissions Violation for Publish to "forbidden"/)
  writeFileSync(file, `${conf('two')}\nprot: 1`)
  running.child.kill('SIGHUP')
  await running.until(({ err }) => err.includes('Failed to reload'))
  assert.match(running.err, /unknown field .*prot.* Did you mean 'port'/)
  writeFileSync(file, conf('two'))
  running.child.kill('SIGHUP')
  await running.until(({ err }) => err.includes('Reloaded'))
  await client.closed()
  await (await connect({ port, user: 'a', pass: 'two', reconnect: false })).close()
  await running.stop()
})

test('lame duck mode tells the clients', async () => {
  const file = join(folder, 'ldm.conf')
  writeFileSync(file, 'lame_duck_duration: "100ms"\nlame_duck_grace_period: "10ms"\n')
  const { running, port } = await serve(['-c', file])
  const client = await connect({ port, reconnect: false })
  const told = (async () => {
    for await (const status of client.status()) if (status.type === 'ldm') return true
    return false
  })()
  running.child.kill('SIGUSR2')
  assert.equal(await told, true)
  assert.equal((await running.ended()).code, 0)
})

test('-t tests a configuration, -v and --help tell', async () => {
  const file = join(folder, 'test.conf')
  writeFileSync(file, 'port: 4222')
  assert.equal((await run(['nats-server', '-c', file, '-t'])).code, 0)
  writeFileSync(file, 'port: [')
  assert.equal((await run(['nats-server', '-c', file, '-t'])).code, 78)
  assert.match((await run(['nats-server', '-v'])).out, /nats-server: v2\.12\./)
  assert.match((await run(['nats-server', '--help'])).out, /^Examples:/)
  assert.equal((await run(['nats-server', '--nonsense'])).code, 2)
})
