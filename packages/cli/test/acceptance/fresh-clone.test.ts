/** A stranger clones the repository and types `npm start`, with the machine's own Node and npm. */
import assert from 'node:assert/strict'
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { Running } from '../support/run.ts'

const root = join(import.meta.dirname, '../../../..')
const long = process.env.WIREHUB_TEST_LONG !== undefined

/** The environment of a shell that knows nothing of this checkout. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules') && !folder.includes('node-gyp-bin'))
    .join(delimiter)
  const ours = /^(npm_(lifecycle|package|node_|execpath|command)|INIT_CWD$|NODE(_|$)|WIREHUB_)/
  const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name))
  return { ...Object.fromEntries(inherited), PATH, npm_config_prefer_offline: 'true' }
}

function reasonToSkip(): string | false {
  if (!long) return 'installs from scratch: with full counts only'
  if (spawnSync('nc', ['-h']).error !== undefined) return 'nc is not installed'
  if (process.env.CI !== undefined) return false
  const ping: SpawnSyncReturns<Buffer> = spawnSync('npm', ['ping'], { env: strangersEnvironment(), timeout: 20_000 })
  return ping.status === 0 ? false : 'the npm registry cannot be reached'
}

function clone(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-clone-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('git', ['-c', 'safe.directory=*', 'clone', '--quiet', '--no-local', root, join(folder, 'wirehub')])
  return join(folder, 'wirehub')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('npm start serves; TERM to npm drains the hub itself, and leaves no orphan', {
  skip: reasonToSkip(),
}, async (t) => {
  const folder = clone(t)
  const portsFile = join(folder, 'ports.json')
  const env = {
    ...strangersEnvironment(),
    WIREHUB_LISTEN: 'nats://127.0.0.1:0,lines://127.0.0.1:0',
    WIREHUB_PORTS_FILE: portsFile,
  }
  const npm = spawn('npm', ['start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  t.after(() => {
    try {
      process.kill(-(npm.pid as number), 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  })
  const running = new Running(npm)
  await running.until(() => existsSync(portsFile))
  t.diagnostic(`machine's own: node ${spawnSync('node', ['--version'], { env }).stdout.toString().trim()}`)
  const { pid, listeners } = JSON.parse(readFileSync(portsFile, 'utf8')) as {
    pid: number
    listeners: { scheme: string; port: number }[]
  }
  const port = (scheme: string): number => listeners.find((one) => one.scheme === scheme)?.port ?? 0

  // The block that it prints: addresses, and commands to try.
  await running.until(({ err }) => err.includes('Try,'))
  assert.match(running.err, new RegExp(`nats://127\\.0\\.0\\.1:${port('nats')}`))

  // The official client and nc exchange events.
  const client = await connect({ port: port('nats'), reconnect: false })
  const heard = client.subscribe('greetings.*')[Symbol.asyncIterator]()
  await client.flush()
  const nc = new Running(spawn('nc', ['127.0.0.1', String(port('lines'))], { stdio: ['pipe', 'pipe', 'pipe'] }))
  nc.child.stdin?.write('{"op":"sub","subject":"greetings.*"}\n')
  await nc.until(({ out }) => out.includes('"ok"'))
  nc.child.stdin?.write('{"op":"pub","subject":"greetings.nc","data":"from nc"}\n')
  assert.equal((await heard.next()).value?.string(), 'from nc')
  client.publish('greetings.nats', 'from the client')
  await nc.until(({ out }) => out.includes('"data":"from the client"'))

  // What was accepted before TERM arrives.
  for (let i = 0; i < 1000; i++) client.publish('greetings.last', String(i))
  await client.flush()
  npm.kill('SIGTERM')
  const exit = once(npm, 'exit')
  await nc.until(({ out }) => out.includes('"data":"999"') || out.includes('"data":999'))
  const [code] = (await exit) as [number | null]
  assert.ok(!isAlive(pid), "the hub's own process has ended")
  assert.ok(!existsSync(portsFile), 'it ended in order: its ports file is gone')
  assert.match(running.err, /SIGTERM: draining/)
  assert.equal(code, 0)
  assert.throws(() => process.kill(-(npm.pid as number), 0), 'nothing of its process group is left')
  await nc.stop('SIGKILL')
  await client.close()
})
