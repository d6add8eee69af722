import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../bin/netstack.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'netstack-run-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function run(name: string, program: string, ...options: string[]): Promise<Outcome> {
  const path = join(folder, name)
  writeFileSync(path, program)
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'run', path, ...options], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

const HTTP = `
const http = require('http')
const started = Date.now()
const server = http.createServer((request, response) => response.end('x'.repeat(100_000)))
server.listen(0, async () => {
  const response = await fetch('http://localhost:' + server.address().port)
  console.log((await response.text()).length, Date.now() - started, process.argv.slice(2).join())
  server.close()
  server.closeAllConnections()
})
setTimeout(() => console.log('too late'), 1e6).unref()
process.on('exit', (code) => console.log('exit', code))
`

test('an unmodified program in virtual time: the same seed gives the same times', async () => {
  const options = ['--loss', '5%', '--delay', '20ms', '--reorder', '5%', '--seed', '7', '--virtual', '--', 'a', 'b']
  const first = await run('http.cjs', HTTP, ...options)
  assert.match(first.stdout, /^100000 \d+ a,b\nexit 0\n$/, first.stderr)
  assert.match(first.stderr, /seed 7/)
  assert.equal((await run('http.cjs', HTTP, ...options)).stdout, first.stdout)
})

test('in real time, and an ES module', async () => {
  const program = `
    import net, { createServer } from 'node:net'
    const server = createServer((socket) => socket.end('hello')).listen(0)
    net.connect(server.address().port, '127.0.0.1').on('data', (data) => console.log(String(data))).on('close', () => server.close())
    process.exitCode = 3
  `
  const { code, stdout } = await run('real.mjs', program, '--delay', '5ms')
  assert.equal(stdout, 'hello\n')
  assert.equal(code, 3)
})

test('a program that fails ends with code 1 and its own stack; one that waits for nothing with 13', async () => {
  const failed = await run('fails.mjs', "throw new TypeError('no good')", '--virtual')
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /TypeError: no good\n.*fails\.mjs/)
  assert.equal((await run('waits.mjs', 'await new Promise(() => {})', '--virtual')).code, 13)
})

test('what a program throws as it exits is its exit code', async () => {
  const program = "process.on('exit', () => { throw new Error('too late') })"
  for (const options of [[], ['--virtual']]) {
    const { code, stderr } = await run('exits.cjs', program, ...options)
    assert.match(stderr, /Error: too late/)
    assert.equal(code, 1)
  }
})

test('in virtual time a real socket that is bound and does nothing keeps no program alive', async () => {
  const program =
    "const net = process.getBuiltinModule('net')\nglobalThis.handle = net._createServerHandle('127.0.0.1', 0, 4)"
  const { code, stderr } = await run('bound.cjs', program, '--virtual')
  assert.equal(code, 0, stderr)
})

test('what is no option, and no program', async () => {
  const wrong = await run('x.mjs', '', '--loss', 'much')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--loss takes a share/)
})
