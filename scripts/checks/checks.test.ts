// Each check is shown a small repository that violates it, and must name the file, the line and the cure; and one that does not.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { complete } from '../complete-lockfile.js'

const check = join(import.meta.dirname, '..', 'check.js')
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Runs one check over a repository made of these files. */
function run(
  name: string,
  files: Record<string, string>,
  ...more: string[]
): { status: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), 'wirehub-check-'))
  folders.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  spawnSync('git', ['init', '-q'], { cwd: root })
  const { status, stdout, stderr } = spawnSync(process.execPath, [check, '--root', root, name, ...more], {
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

function refuses(name: string, files: Record<string, string>, ...expected: RegExp[]): void {
  const { status, output } = run(name, files)
  for (const pattern of expected) assert.match(output, pattern)
  assert.equal(status, 1, output)
}

function accepts(name: string, files: Record<string, string>): void {
  const { status, output } = run(name, files)
  assert.equal(status, 0, output)
}

test('layers: a package that imports upward is refused, with line and cure', () => {
  const upward = { 'packages/scrub/src/a.ts': "\nimport { x } from '@wirehub/hub'\n" }
  refuses(
    'layers',
    upward,
    /packages\/scrub\/src\/a\.ts:2: scrub must not import hub/,
    /-> .*scrub may import: nothing of ours/,
  )
  refuses(
    'layers',
    { 'packages/hub/src/edge/a.ts': "export * from '@wirehub/netstack/sim'\n" },
    /hub must not import netstack/,
  )
  refuses('layers', { 'packages/hub/src/edge/a.ts': "const x = await import('wirehub')\n" }, /hub must not import cli/)
  accepts('layers', { 'packages/hub/src/edge/a.ts': "import { x } from '@wirehub/scrub'\n" })
})

test('layers: the tests of the hub may import netstack, its sources may not', () => {
  accepts('layers', { 'packages/hub/test/a.test.ts': "import { x } from '@wirehub/netstack'\n" })
  accepts('layers', { 'packages/hub/src/core/a.test.ts': "import { x } from '@wirehub/netstack'\n" })
  refuses(
    'layers',
    { 'packages/scrub/src/a.test.ts': "import { x } from '@wirehub/hub'\n" },
    /scrub must not import hub/,
  )
})

test('layers: folders inside a package import downward only', () => {
  const files = { 'packages/netstack/src/wire/a.ts': "import type { Stack } from '../stack/stack.ts'\n" }
  refuses('layers', files, /wire\/a\.ts:1: wire must not import stack/)
  refuses(
    'layers',
    { 'packages/hub/src/routing/a.ts': "import { x } from '../config/x.ts'\n" },
    /routing must not import config/,
  )
  refuses('layers', { 'packages/hub/src/core/a.ts': "import { x } from '../mod.ts'\n" }, /stand above all folders/)
  accepts('layers', { 'packages/hub/src/core/a.ts': "import { x } from '../errors.ts'\n" })
  accepts('layers', { 'packages/netstack/src/stack/a.ts': "import { x } from '../wire/x.ts'\n" })
})

test('layers: a gateway does not import another, a package is not entered by a relative path, a new folder is declared', () => {
  const crossing = { 'packages/hub/src/gateways/nats/a.ts': "import { x } from '../lines/x.ts'\n" }
  refuses('layers', crossing, /gateway nats must not import gateway lines/)
  accepts('layers', { 'packages/hub/src/gateways/nats/a.ts': "import { x } from '../gateway.ts'\n" })
  refuses('layers', { 'packages/cli/src/a.ts': "import { x } from '../../hub/src/core/x.ts'\n" }, /by a relative path/)
  refuses('layers', { 'packages/hub/src/attic/a.ts': '\n' }, /folder attic of package hub is not declared/)
})

test('edges: node: modules in a sans-IO core are refused, types and the named edges are not', () => {
  refuses(
    'edges',
    { 'packages/netstack/src/transport/a.ts': "\n\nimport { readFileSync } from 'node:fs'\n" },
    /a\.ts:3: imports node:fs/,
  )
  refuses('edges', { 'packages/scrub/src/scan/a.ts': "import { createHmac } from 'crypto'\n" }, /imports crypto/)
  refuses(
    'edges',
    { 'packages/hub/src/routing/a.ts': "import { EventEmitter } from 'node:events'\n" },
    /core, routing and codecs/,
  )
  accepts('edges', { 'packages/netstack/src/transport/a.ts': "import type { Socket } from 'node:net'\n" })
  accepts('edges', {
    'packages/netstack/src/link/tun/a.ts': "import 'node:fs'\n",
    'packages/netstack/src/link/pcap/node.ts': "import 'node:fs'\n",
    'packages/netstack/src/bin/a.ts': "import 'node:fs'\n",
    'packages/scrub/src/edge/a.ts': "import 'node:crypto'\n",
    'packages/netstack/src/wire/a.test.ts': "import 'node:test'\n",
  })
})

test('edges: the hub touches sockets, clock, timers and randomness in its edge folder alone', () => {
  const hub = (text: string) => ({ 'packages/hub/src/session/a.ts': text })
  refuses('edges', hub("import net from 'node:net'\n"), /imports node:net/, /packages\/hub\/src\/edge/)
  refuses('edges', hub('const a = 1\nconst b = Date.now()\n'), /a\.ts:2: uses Date\.now/)
  refuses('edges', hub('const b = new Date()\n'), /uses new Date\(\)/)
  refuses('edges', hub('const b = Math.random()\n'), /uses Math\.random/)
  refuses('edges', hub('const b = performance.now()\n'), /uses performance\.now/)
  refuses('edges', hub('setTimeout(() => {}, 1)\n'), /uses setTimeout/)
  refuses('edges', hub('const clock = { setInterval }\n'), /uses setInterval/)
  refuses('edges', hub('globalThis.setImmediate(() => {})\n'), /uses globalThis\.setImmediate/)
  accepts(
    'edges',
    hub('export const f = (clock: { setTimeout(ms: number): void }) => clock.setTimeout(1)\n// Date.now()\n'),
  )
  accepts('edges', { 'packages/hub/src/edge/a.ts': "import net from 'node:net'\nexport const now = Date.now\n" })
  refuses('edges', { 'packages/netstack/src/wire/a.ts': 'export const b = Buffer.alloc(1)\n' }, /uses Buffer/)
})

test('links: a path and an anchor that lead nowhere are refused', () => {
  refuses(
    'links',
    { 'README.md': '# A\n\n[b](docs/b.md)\n' },
    /README\.md:3: link to docs\/b\.md: there is no docs\/b\.md/,
  )
  refuses('links', { 'README.md': '# A\n[b](#c)\n' }, /README\.md has no heading #c/)
  refuses(
    'links',
    { 'README.md': '[b](docs/b.md#nothing)\n', 'docs/b.md': '# Something\n' },
    /docs\/b\.md has no heading #nothing/,
  )
  accepts('links', {
    'README.md':
      '# What `it` does, and why\n\n[a](#what-it-does-and-why) [b](docs/b.md#two-1) [c](https://example.com/x)\n\n```\n[d](none)\n```\n`[e](none)`\n',
    'docs/b.md': '# Two\n# Two\n[up](../README.md)\n',
  })
})

test('dead-exports: an export, a file and a dependency that nothing uses are refused', () => {
  const base = {
    'package.json': '{"name":"w","type":"module","workspaces":["packages/*"],"devDependencies":{"unused-package":"1"}}',
    'packages/a/package.json':
      '{"name":"a","type":"module","exports":{".":{"@wirehub/source":"./src/mod.ts","default":"./dist/mod.js"}}}',
    'packages/a/src/mod.ts': "import { used } from './b.ts'\nexport const publicName: number = used\n",
    'packages/a/src/b.ts': 'export const used: number = 1\nexport const unused: number = 2\n',
    'packages/a/src/c.ts': 'export const c: number = 1\n',
  }
  const config = { 'knip.json': '{"workspaces":{".":{},"packages/*":{"project":["src/**/*.ts"]}}}' }
  const { status, output } = run('dead-exports', { ...base, ...config })
  assert.equal(status, 1, output)
  assert.match(output, /packages\/a\/src\/b\.ts:2: unused: export is used by nothing/)
  assert.match(output, /packages\/a\/src\/c\.ts: file is used by nothing/)
  assert.match(output, /unused-package: dependency is used by nothing/)
  assert.doesNotMatch(output, /publicName/)
})

test('dependencies: one without a line of reason, and a line without its dependency, are refused', () => {
  const manifest = '{\n"dependencies":{\n"left-pad":"1"}}'
  refuses(
    'dependencies',
    { 'package.json': manifest },
    /package\.json:3: left-pad has no line in docs\/dependencies\.md/,
  )
  refuses(
    'dependencies',
    { 'package.json': '{}', 'docs/dependencies.md': '# D\n| `gone` | hub | why |\n' },
    /dependencies\.md:2: gone is no dependency any more/,
  )
  accepts('dependencies', { 'package.json': manifest, 'docs/dependencies.md': '| `left-pad` | hub | pads |\n' })
})

test('lockfile: a dependency without an entry is refused, and completed where it is of another platform', () => {
  const parent = {
    version: '1.0.0',
    dev: true,
    optionalDependencies: { '@x/y-linux-arm64-musl': '1.0.0', '@x/y-darwin-x64': '1.0.0' },
  }
  const lock = { packages: { '': {}, 'node_modules/x': parent, 'node_modules/@x/y-darwin-x64': { version: '1.0.0' } } }
  refuses(
    'lockfile',
    { 'package-lock.json': JSON.stringify(lock, null, 2) },
    /package-lock\.json:4: @x\/y-linux-arm64-musl has no entry/,
  )
  assert.deepEqual(complete(lock), ['@x/y-linux-arm64-musl'])
  accepts('lockfile', { 'package-lock.json': JSON.stringify(lock, null, 2) })
  const entries: Record<string, object> = lock.packages
  const added = { version: '1.0.0', cpu: ['arm64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] }
  assert.deepEqual(entries['node_modules/@x/y-linux-arm64-musl'], added)
  const host = { packages: { 'node_modules/x': { version: '1.0.0', resolved: 'https://packages.example/x.tgz' } } }
  refuses('lockfile', { 'package-lock.json': JSON.stringify(host) }, /names a host/)
})

test('file-length: 600 lines, 500 in netstack, generated files as long as they like', () => {
  refuses('file-length', { 'packages/hub/src/a.ts': '//\n'.repeat(601) }, /a\.ts:601: has 601 lines, the limit is 600/)
  refuses('file-length', { 'packages/netstack/src/a.ts': '//\n'.repeat(501) }, /the limit is 500/)
  accepts('file-length', {
    'packages/hub/src/a.ts': '//\n'.repeat(600),
    'packages/scrub/src/a.generated.ts': '//\n'.repeat(5000),
  })
})

test('function-length: 70 lines of code, blank lines and comments not counted', () => {
  const body = (lines: number) => `export function long(): void {\n${'  f()\n'.repeat(lines - 2)}}\n`
  refuses('function-length', { 'packages/hub/src/a.ts': body(71) }, /a\.ts:1: long has 71 lines/)
  accepts('function-length', { 'packages/hub/src/a.ts': body(70) })
  accepts('function-length', {
    'packages/hub/src/a.ts': body(70).replace('  f()', '  // why\n\n  /* and\n  more */\n  f()'),
  })
  accepts('function-length', { 'packages/hub/src/a.test.ts': body(100) })
})

test('words: machine paths, registry hosts and conflict marks are refused', () => {
  const slash = '/' // written apart, so that this file passes the check itself
  refuses('words', { 'docs/a.md': `one\nsee ${slash}work/main/x\n` }, /docs\/a\.md:2: a path of one machine/)
  refuses('words', { 'a.ts': `'${slash}root/project'\n` }, /a home folder/)
  refuses('words', { 'a.json': `{"resolved":"https://registry${'.'}npmjs.org/x"}` }, /the host of a package registry/)
  refuses('words', { 'a.ts': `${'<'.repeat(7)} HEAD\n` }, /a merge conflict/)
  accepts('words', {
    'a.md': `The Docker registry. It works in the workspace, at .${slash}work/x and https://example.com${slash}work/x.\n`,
  })
})

test('test-places: a test that npm test would not find, and one set to run alone, are refused', () => {
  refuses('test-places', { 'packages/hub/lib/a.test.ts': '\n' }, /npm test does not run this file/)
  refuses('test-places', { 'packages/hub/src/a.test.js': '\n' }, /name it \*\.test\.ts/)
  refuses(
    'test-places',
    { 'packages/hub/src/a.test.ts': `\ntest${'.'}only('x', () => {})\n` },
    /a\.test\.ts:2: a test is set to run alone/,
  )
  accepts('test-places', { 'packages/hub/src/core/deep/a.test.ts': '\n', 'examples/tcp/a.test.ts': '\n' })
})

test('types and lint: what the compiler and the linter say has file and line', () => {
  const config = '{"compilerOptions":{"noEmit":true,"strict":true,"types":[]},"include":["*.ts"]}'
  refuses('types', { 'tsconfig.json': config, 'a.ts': "\nexport const a: number = 'x'\n" }, /a\.ts:2: TS2322/)
  accepts('types', { 'tsconfig.json': config, 'a.ts': 'export const a: number = 1\n' })
  refuses(
    'lint',
    { 'biome.json': '{}\n', 'a.ts': 'export function f(): void {\n  debugger;\n}\n' },
    /a\.ts:2: lint\/suspicious\/noDebugger/,
  )
  refuses('lint', { 'biome.json': '{}\n', 'a.ts': 'export const a    = 1;\n' }, /a\.ts:1: format/)
  accepts('lint', { 'biome.json': '{}\n', 'a.ts': 'export const a = 1;\n' })
})

test('every check runs, even after one has failed; an unknown name is a usage error', () => {
  const { status, output } = run('links', { 'a.md': '[b](c.md)\n' }, 'words')
  assert.equal(status, 1)
  assert.match(output, /FAIL links(.*\n)*ok {3}words(.*\n)*1 passed, 1 failed/)
  const unknown = spawnSync(process.execPath, [check, 'no-such-check'], { encoding: 'utf8' })
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /there are: types, lint, layers/)
})
