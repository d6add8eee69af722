// Every command and every piece of code in the README runs, as a stranger would run it, and prints what the README says.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const ROOT = join(PACKAGE, '../..')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')

// The folder of a project that has installed the package.
const project = mkdtempSync(join(tmpdir(), 'netstack-readme-'))
mkdirSync(join(project, 'node_modules/@wirehub'), { recursive: true })
symlinkSync(PACKAGE, join(project, 'node_modules/@wirehub/netstack'))
after(() => rmSync(project, { recursive: true }))

function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code]) => code)
}

function run(args: readonly string[], cwd: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' }
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env, maxBuffer: 1 << 26 })
}

/** `npx netstack "a b" c` as words. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
}

const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
for (const command of commands) {
  if (command === 'npm install @wirehub/netstack') continue
  test(command, () => {
    const [npx, netstack, ...args] = words(command)
    assert.deepEqual([npx, netstack], ['npx', 'netstack'], 'the README shows no other command')
    const { status, stdout, stderr } = run([join(PACKAGE, 'bin/netstack.js'), ...args], project)
    assert.equal(status, 0, stderr)
    assert.ok(stdout !== '' || stderr.includes('wrote'), 'it shows or writes something')
  })
}

for (const [index, code] of blocks('js').entries()) {
  const title = code.split('\n').find((line) => line !== '')
  test(`code ${index + 1}: ${title}`, () => {
    const file = join(project, `example-${index + 1}.mjs`)
    writeFileSync(file, code)
    const { status, stdout, stderr } = run(['--conditions=@wirehub/source', file], project)
    assert.equal(status, 0, stderr)
    const promised = code
      .split('\n')
      .filter((line) => line.startsWith('// '))
      .map((line) => line.slice(3))
    if (promised.length > 0) assert.equal(stdout.trimEnd(), promised.join('\n'))
    else assert.match(stdout, /SYN-SENT[\s\S]*TIME-WAIT/)
  })
}

test('every row of figures names a row of the benchmark that exists', () => {
  const rows = [...README.matchAll(/npm run bench -- netstack --row (\S+?)`/g)].map(([, row]) => row)
  assert.ok(rows.length >= 5)
  const list = run(['--conditions=@wirehub/source', 'bench/main.ts', 'netstack', '--list'], ROOT).stdout
  for (const row of rows) assert.match(list, new RegExp(`^netstack +${row}`, 'm'))
})

test('every file that docs/netstack.md names is there', () => {
  const text = readFileSync(join(ROOT, 'docs/netstack.md'), 'utf8')
  const names = [...text.matchAll(/`((?:api|bin|dissect|internet|link|sim|stack|transport|wire)\/[\w./-]*)`/g)]
  assert.ok(names.length > 20)
  for (const [, name] of names) assert.ok(existsSync(join(PACKAGE, 'src', name)), name)
})
