// Every command and every piece of code in the README runs, as a stranger would run it, and prints what the README says.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kernelMissing } from '../kernel/namespace.ts'

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

/** Code whose first line is the name of a file: it is there when the commands run. */
const NAMED = /^\/\/ (\S+\.m?js)\n/
const named = blocks('js').filter((code) => NAMED.test(code))
for (const code of named) writeFileSync(join(project, NAMED.exec(code)![1]), code)

for (const command of blocks('sh').flatMap((block) => block.trim().split('\n'))) {
  if (command === 'npm install @wirehub/netstack') continue
  test(command, () => {
    const [npx, netstack, ...args] = words(command)
    assert.deepEqual([npx, netstack], ['npx', 'netstack'], 'the README shows no other command')
    const { status, stdout, stderr } = run([join(PACKAGE, 'bin/netstack.js'), ...args], project)
    assert.equal(status, 0, stderr)
    assert.ok(stdout !== '' || stderr.includes('wrote'), 'it shows or writes something')
    if (args[0] === 'run') assert.match(stdout, /^500000 bytes in \d+ ms$/m)
  })
}

for (const [index, code] of blocks('js').entries()) {
  if (named.includes(code)) continue
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

test('tun.mjs: curl is answered by node:http on the TUN device', async (context) => {
  if (kernelMissing(context, 'curl', 'unshare', 'nsenter')) return
  const program = spawn('unshare', ['-n', process.execPath, '--conditions=@wirehub/source', 'tun.mjs'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(program.stdout, 'data')) as [Buffer]
    const [, command] = /now: (ip .*)/.exec(String(line))!
    const within = (...words: string[]): string =>
      execFileSync('nsenter', ['-t', String(program.pid), '-n', ...words], { encoding: 'utf8' })
    within(...command.split(' '))
    assert.equal(within('curl', '-s', '--max-time', '20', 'http://10.77.0.2/'), 'from a TCP in TypeScript\n')
  } finally {
    program.kill('SIGKILL')
  }
})

test('nothing that the browser part imports is of Node', () => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, from] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b(?! type)[^;']*? from '([^']+)'/gm,
    )) {
      assert.ok(from.startsWith('.'), `${file} imports ${from}`)
      visit(join(file, '..', from))
    }
  }
  visit(join(PACKAGE, 'src/mod.ts'))
  assert.ok(seen.size > 50)
})

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
