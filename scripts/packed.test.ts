// What users install: the packages are packed, installed into an empty folder and run, on Node 24, and in the long run on 22 and 26 too.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { packWorkspaces, publishedManifest } from './pack.js'

const exec = promisify(execFile)
const long = process.env.WIREHUB_TEST_LONG !== undefined
const versions = long ? [22, 24, 26] : [24]
const folder = mkdtempSync(join(tmpdir(), 'wirehub-packed-'))
const cache = join(import.meta.dirname, '..', 'node_modules', '.cache')

/** What each package must do where it is installed; `module` is run as a script, `bin` as a command; what `repeats` prints the same each time. */
const expectations: { what: string; module?: string; bin?: string[]; prints: RegExp; repeats?: boolean }[] = [
  {
    what: 'wirehub: createHub publishes to a subscriber',
    module: `
      import { createHub } from 'wirehub'
      const hub = await createHub()
      hub.subscribe('greetings.*', (message) => console.log('got', message.subject))
      hub.publish('greetings.hello', 'hi')
      await new Promise((resolve) => setTimeout(resolve, 50))
      await hub.close()
      console.log('closed')`,
    prints: /got greetings\.hello\n(.*\n)*closed/,
  },
  {
    what: 'wirehub: a request by JSON lines over TCP is answered, and scrubbed on its way',
    module: `
      import { createHub } from 'wirehub'
      import net from 'node:net'
      const policies = [{ name: 'p', subjects: ['math.>'], stages: [{ redact: [{ detectors: ['email'], action: 'remove' }] }] }]
      const hub = await createHub({ listen: ['lines://127.0.0.1:0'], scrub: { policies } })
      hub.subscribe('math.double', (message) => message.respond({ twice: message.value().n * 2, from: message.value().from }))
      const socket = net.connect(hub.addresses[0].port, '127.0.0.1')
      socket.write('{"op":"req","subject":"math.double","data":{"n":4,"from":"ann@example.com"},"id":1}\\n')
      socket.once('data', async (line) => {
        console.log(JSON.stringify(JSON.parse(line).data))
        socket.end()
        await hub.close()
      })`,
    prints: /^\{"twice":8,"from":"(?!ann@)[^"]*"\}/,
  },
  { what: 'wirehub check', bin: ['wirehub', 'check', 'wirehub.yaml'], prints: /is right/ },
  {
    what: '@wirehub/hub is importable alone',
    module: `console.log(typeof (await import('@wirehub/hub')).createHub)`,
    prints: /^function/,
  },
  {
    what: '@wirehub/scrub is importable alone',
    module: `console.log(Object.keys(await import('@wirehub/scrub')).length > 0)`,
    prints: /^true/,
  },
  {
    what: '@wirehub/netstack is importable alone',
    module: `console.log(Object.keys(await import('@wirehub/netstack')).length > 0)`,
    prints: /^true/,
  },
  { what: 'wirehub --version', bin: ['wirehub', '--version'], prints: /\d+\.\d+\.\d+/ },
  { what: 'netstack layers', bin: ['netstack', 'layers'], prints: /transport/i },
  {
    what: 'netstack run: an unmodified program of http and net on a TCP whose packets get lost',
    bin: ['netstack', 'run', 'app.cjs', '--loss', '2%', '--seed', '7'],
    prints: /^fetched 500000 bytes\necho 100000 bytes, TcpHandle\n$/,
  },
  {
    what: 'netstack run --virtual: the same, and the same seed takes the same time to the millisecond',
    bin: ['netstack', 'run', 'app.cjs', '--loss', '2%', '--delay', '20ms', '--seed', '7', '--virtual', '--', 'time'],
    prints: /^fetched 500000 bytes\necho 100000 bytes, TcpHandle\n\d+ ms\n$/,
    repeats: true,
  },
  {
    what: '@wirehub/netstack/node-net in the place of net',
    module: `
      import net from '@wirehub/netstack/node-net'
      const server = net.createServer((socket) => socket.end('hello')).listen(0)
      for await (const data of net.connect(server.address().port)) console.log(String(data))
      server.close()`,
    prints: /^hello\n$/,
  },
]

/** A program that knows nothing of netstack. */
const application = `
const http = require('node:http')
const net = require('net')
const { once } = require('node:events')
const begin = Date.now()
const pages = http.createServer((request, response) => response.end('x'.repeat(500_000))).listen(0)
const echo = net.createServer((socket) => socket.pipe(socket)).listen(0)
async function main() {
  if (!echo.listening) await once(echo, 'listening')
  const page = await (await fetch('http://localhost:' + pages.address().port)).text()
  console.log('fetched', page.length, 'bytes')
  const socket = net.connect(echo.address().port)
  const { name } = socket._handle?.constructor ?? (await once(socket, 'connect'), socket._handle.constructor)
  socket.end(Buffer.alloc(100_000))
  let bytes = 0
  for await (const chunk of socket) bytes += chunk.length
  console.log('echo', bytes, 'bytes,', name)
  if (process.argv[2] === 'time') console.log(Date.now() - begin, 'ms')
  pages.close()
  pages.closeAllConnections()
  echo.close()
}
main()
`

let packed: { name: string; file: string }[] = []

before(async () => {
  packed = packWorkspaces(join(folder, 'tarballs'))
  writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}')
  writeFileSync(join(folder, 'app.cjs'), application)
  writeFileSync(join(folder, 'wirehub.yaml'), 'listen: [nats://127.0.0.1:0]\n')
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  await exec('npm', [...args, ...packed.map(({ file }) => file)], { cwd: folder })
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('a published manifest has neither the source condition nor development dependencies', () => {
  const manifest = {
    name: 'x',
    devDependencies: { y: '1' },
    exports: { '.': { '@wirehub/source': './src/mod.ts', default: './dist/mod.js' } },
  }
  assert.deepEqual(publishedManifest(manifest), { name: 'x', exports: { '.': { default: './dist/mod.js' } } })
})

test('a tarball holds what runs: no sources, no tests; every path that its manifest names is there', () => {
  assert.ok(packed.length >= 4)
  for (const { name } of packed) {
    const installed = join(folder, 'node_modules', name)
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    assert.deepEqual(
      files.filter((file) => /(^|\/)src(\/|$)|\.test\.|tsbuildinfo/.test(file)),
      [],
      name,
    )
    assert.ok(files.includes('LICENSE'), name)
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    assert.doesNotMatch(JSON.stringify(manifest), /@wirehub\/source/)
    for (const path of JSON.stringify([manifest.exports, manifest.bin]).matchAll(/"((?:\.\/|bin\/)[^"*]+)"/g)) {
      if (path[1]!.includes('.'))
        assert.ok(existsSync(join(installed, path[1]!)) || !/\.[a-z]+$/.test(path[1]!), `${name} lacks ${path[1]}`)
    }
  }
})

/** What a user with every check of the compiler switched on writes; mistakes that it must find are marked. */
const consumer = `
import { createHub, defineGateway, HubError, type HubMessage, type HubOptions, type HubSubscription } from 'wirehub'
import { EventEmitter, once } from 'node:events'

interface Events {
  'orders.created': [order: { id: number }]
  tick: []
}
const options: HubOptions = { listen: ['nats://127.0.0.1:0'], limits: { maxConnections: 5, maxSubscriptions: 5 } }
await using hub = await createHub<Events>(options)
const emitter: EventEmitter = hub
hub.on('orders.created', (order, message) => console.log(order.id.toFixed(), message.subject.length))
hub.once('tick', (message) => console.log(message.text().length))
hub.on('orders.*', (order) => console.log(order.id))
hub.emit('orders.created', { id: 7 })
// @ts-expect-error
hub.emit('orders.created', 'seven')
// @ts-expect-error
hub.on('orders.created', (order: string) => order)
const answer: HubMessage = await hub.request('math.double', 21, { timeoutMs: 10, signal: AbortSignal.timeout(5) })
const value: number = answer.value<number>()
const subscription: HubSubscription = hub.subscribe('jobs.>', { queue: 'workers', max: 1 })
for await (const message of subscription) message.respond({ value })
const [order] = await once(emitter, 'orders.created')
await using untyped = await createHub({
  gateways: [defineGateway({ scheme: 'mine', decode: () => undefined, encode: (message) => Buffer.from(message.payload) })],
})
untyped.on('anything', (first) => console.log(first.member, order))
untyped.emit('anything', 1, { two: 2 })
if ((order as unknown) instanceof HubError) console.log(order.code)
`

test('a user of the packages in strict TypeScript compiles, their declarations included', async () => {
  writeFileSync(join(folder, 'consumer.ts'), consumer)
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    noEmit: true,
    types: ['node'],
    typeRoots: [join(import.meta.dirname, '..', 'node_modules', '@types')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  const tsc = join(import.meta.dirname, '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await exec(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  )
  assert.equal(stdout, '')
})

for (const version of versions) {
  describe(`on Node ${version}`, () => {
    let node = process.execPath
    before(async () => {
      node = await nodeBinary(version)
    })
    for (const { what, module, bin, prints, repeats } of expectations) {
      test(what, async () => {
        const args = bin
          ? [join(folder, 'node_modules', '.bin', bin[0]!), ...bin.slice(1)]
          : ['--input-type=module', '--eval', module!]
        const run = async (): Promise<string> =>
          (await exec(node, args, { cwd: folder, timeout: 60_000, env: withoutWorkspace() })).stdout
        const stdout = await run()
        assert.match(stdout, prints)
        if (repeats) assert.equal(await run(), stdout)
      })
    }
  })
}

/** The environment of a user: nothing that this workspace has set. */
function withoutWorkspace(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (/^(npm_|WIREHUB_|NODE_)/.test(name)) delete env[name]
  return env
}

/** Path of a Node of the wanted major version: this one, or that of the npm package `node-<platform>-<arch>`, kept for the next run. */
async function nodeBinary(version: number): Promise<string> {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const prefix = join(cache, `node-${version}`)
  const binary = join(prefix, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(prefix, { recursive: true })
    writeFileSync(join(prefix, 'package.json'), '{"private":true}')
    await exec(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `${name}@${version}`],
      { cwd: prefix },
    )
  }
  return binary
}
