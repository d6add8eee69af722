/** What the README tells a stranger to type is typed here, in its order. Ports are replaced, so that tests do not fight over them. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }))
const shells = blocks.filter((one) => one.language === 'sh').flatMap((one) => one.text.trim().split('\n'))

let folder: string
let hub: Process
let ports: Record<string, number>

class Process {
  readonly child: ChildProcess
  out = ''
  readonly closed: Promise<number | null>

  constructor(command: string, env: Record<string, string>) {
    // Node 24 of the workspace comes first, as in `npm run` and `npx`.
    const path = `${join(root, 'node_modules', '.bin')}:${dirname(process.execPath)}:${process.env.PATH}`
    this.child = spawn('sh', ['-c', command], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...env, PATH: path },
      detached: true,
    })
    this.child.stdout?.on('data', (chunk) => (this.out += chunk))
    this.child.stderr?.on('data', (chunk) => (this.out += chunk))
    this.closed = new Promise((resolve) => this.child.on('close', resolve))
  }

  async until(done: () => boolean): Promise<void> {
    let ended = false
    void this.closed.then(() => (ended = true))
    while (!done()) {
      if (ended) assert.fail(`ended too early: ${this.out}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(): Promise<void> {
    try {
      process.kill(-(this.child.pid as number), 'SIGTERM')
    } catch {
      // It has ended by itself.
    }
    await this.closed
  }
}

async function started(command: string, schemes: readonly string[]): Promise<Process> {
  const file = join(folder, `ports-${Math.random().toString(36).slice(2)}.json`)
  const listen = schemes.map((scheme) => `${scheme}://127.0.0.1:0`).join(',')
  const made = new Process(command, { WIREHUB_LISTEN: listen, WIREHUB_PORTS_FILE: file })
  await made.until(() => existsSync(file))
  const listed = JSON.parse(readFileSync(file, 'utf8')) as { listeners: { scheme: string; port: number }[] }
  ports = Object.fromEntries(listed.listeners.map((one) => [one.scheme, one.port]))
  return made
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-readme-'))
  assert.equal(shells[0], 'npm start')
  hub = await started(shells[0], ['nats', 'lines'])
})

after(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true })
})

test('npm start serves; the listener sees what is published by command and by nc, scrubbed', async () => {
  const env = { WIREHUB_URL: `nats://127.0.0.1:${ports.nats}` }
  const listener = new Process(shells[1], env)
  await listener.until(() => listener.out.includes('listening'))
  const published = new Process(shells[2], env)
  assert.equal(await published.closed, 0, published.out)
  const byHand = new Process(shells[3].replace('4224', String(ports.lines)), env)
  assert.equal(await byHand.closed, 0, byHand.out)
  await listener.until(() => listener.out.includes('greetings.nc'))
  assert.match(listener.out, /"subject":"events.signup","data":\{"name":"Ann","email":"\[email\]"\}/)
  assert.match(listener.out, /hello from nc/)
  await listener.stop()
})

test('the programs of the README exchange events', async () => {
  await hub.stop()
  const programs = new Map(
    blocks.filter((one) => one.language === 'js').map((one) => [/^\/\/ (\S+)/.exec(one.text)?.[1] ?? '', one.text]),
  )
  // The packages are found from here, as they would be from a project that has installed them.
  const place = join(root, 'packages', 'cli', `.readme-${process.pid}`)
  const run = (name: string, change: (text: string) => string): Process => {
    const file = `${place}-${name.replace('.js', '.mjs')}`
    writeFileSync(file, change(programs.get(name) ?? assert.fail(name)))
    return new Process(`exec node --conditions=@wirehub/source ${file}`, {})
  }
  const files = [...programs.keys()].map((name) => `${place}-${name.replace('.js', '.mjs')}`)
  try {
    const embedded = run(
      'embedded.js',
      (text) => `${text.replaceAll(/:422\d/g, ':0')}\nconsole.log('at', JSON.stringify(hub.addresses))\n`,
    )
    await embedded.until(() => embedded.out.includes('at ['))
    const line = embedded.out.split('\n').find((one) => one.startsWith('at ')) ?? ''
    const addresses = JSON.parse(line.slice(3)) as { scheme: string; port: number }[]
    const port = (scheme: string): string => String(addresses.find((one) => one.scheme === scheme)?.port)
    await embedded.until(() => embedded.out.includes('order 7'))
    const client = run('client.js', (text) => text.replace('4222', port('nats')))
    assert.equal(await client.closed, 0, client.out)
    assert.equal(client.out, '42\n')
    await embedded.until(() => embedded.out.includes('order 8'))
    const byHand = run('by-hand.js', (text) => text.replace('4224', port('lines')))
    assert.equal(await byHand.closed, 0, byHand.out)
    assert.equal(byHand.out, '8\n')
    await embedded.stop()
  } finally {
    for (const file of files) rmSync(file, { force: true })
  }
})

test("the command that stands in nats-server's place serves", async () => {
  const command = shells.find((one) => one.includes('nats-server')) ?? assert.fail('no such command')
  const server = new Process(command.replace('-p 4333', '-p -1'), {})
  await server.until(() => server.out.includes('Server is ready'))
  await server.stop()
})

test('every other command of the README exists', () => {
  for (const [, name] of readme.matchAll(/`npm run ([\w:-]+)/g)) {
    const scripts = (
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    ).scripts
    assert(name in scripts, name)
  }
})
