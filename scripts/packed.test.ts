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

/** What each package must do where it is installed; `module` is run as a script, `bin` as a command. */
const expectations: { what: string; module?: string; bin?: string[]; prints: RegExp }[] = [
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
]

let packed: { name: string; file: string }[] = []

before(async () => {
  packed = packWorkspaces(join(folder, 'tarballs'))
  writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}')
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

for (const version of versions) {
  describe(`on Node ${version}`, () => {
    let node = process.execPath
    before(async () => {
      node = await nodeBinary(version)
    })
    for (const { what, module, bin, prints } of expectations) {
      test(what, async () => {
        const args = bin
          ? [join(folder, 'node_modules', '.bin', bin[0]!), ...bin.slice(1)]
          : ['--input-type=module', '--eval', module!]
        const { stdout } = await exec(node, args, { cwd: folder, timeout: 60_000, env: withoutWorkspace() })
        assert.match(stdout, prints)
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
