/** The commands, each in its own process, against a hub in its own process. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { endAll, portOf, type Running, run, start } from './support/run.ts'

/** A busy machine answers late: what is asked here is what the answer is. */
const PATIENT = ['--timeout', '30000']

let folder: string
let hub: Running
let server: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wirehub-cli-'))
  const ports = join(folder, 'ports.json')
  hub = start(['serve', '--listen', 'nats://127.0.0.1:0', '--listen', 'http://127.0.0.1:0', '--ports-file', ports], {
    cwd: folder,
  })
  await hub.until(() => existsSync(ports))
  server = `nats://127.0.0.1:${portOf(ports, 'nats')}`
})

after(async () => {
  const { code } = await hub.stop()
  endAll()
  assert.equal(code, 0)
  rmSync(folder, { recursive: true })
})

test('without a config the welcome says that nothing is scrubbed, and gives commands that work', async () => {
  await hub.until(({ err }) => err.includes('Try,'))
  assert.match(hub.err, /scrubbing +no policy runs/)
  assert.match(hub.err, /npx wirehub sub '>' --server nats:\/\/127\.0\.0\.1:\d+/)
})

test('sub prints what pub publishes, as JSON lines when nobody watches', async () => {
  const subscriber = start(['sub', 'orders.>', '--count', '3', '--server', server, ...PATIENT])
  await subscriber.until(({ err }) => err.includes('listening'))
  await run(['pub', 'orders.created', '{"id":1}', '--header', 'Trace:7', '--server', server, ...PATIENT])
  const lines = await run(['pub', 'orders.log', '--lines', '--server', server, ...PATIENT], {
    input: 'first\nsecond\n',
  })
  assert.match(lines.err, /published 2 messages/)
  const { code, out } = await subscriber.ended()
  assert.equal(code, 0)
  assert.deepEqual(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { subject: 'orders.created', headers: { Trace: '7' }, data: { id: 1 } },
      { subject: 'orders.log', encoding: 'text', data: 'first' },
      { subject: 'orders.log', encoding: 'text', data: 'second' },
    ],
  )
})

test('request gets what reply answers: a text, an echo, the output of a command', async () => {
  for (const [args, answer] of [
    [['greet', 'hello'], 'hello'],
    [['greet', '--echo'], 'asked'],
    [['greet', '--command', 'tr a-z A-Z'], 'ASKED'],
  ] as const) {
    const responder = start(['reply', ...args, '--count', '1', '--server', server, ...PATIENT])
    await responder.until(({ err }) => err.includes('answering'))
    const { code, out } = await run(['request', 'greet', 'asked', '--raw', '--server', server, ...PATIENT])
    assert.deepEqual([code, out], [0, answer])
    assert.equal((await responder.ended()).code, 0)
  }
})

test('errors are one sentence with a code and an exit code of their own', async () => {
  const [nobody, nowhere, noSubject, nothing] = await Promise.all([
    run(['request', 'nobody', '--server', server, ...PATIENT]),
    run(['pub', 'a', 'b', '--server', 'nats://127.0.0.1:1']),
    run(['pub', 'a..b', 'x', '--server', server, ...PATIENT]),
    run([]),
  ])
  assert.match(nobody.err, /Nobody listens on this subject\..*\(WIREHUB_ERR_NO_RESPONDERS\)/)
  assert.deepEqual([nobody.code, nowhere.code, noSubject.code, nothing.code], [69, 69, 2, 2])
})

test('a command that does not exist, and a header that would be two, are usage errors of one sentence', async () => {
  const [command, header] = await Promise.all([
    run(['srve']),
    run(['pub', 'a', 'x', '--server', server, ...PATIENT, '--header', 'A:b\rInjected: 1']),
  ])
  assert.deepEqual([command.code, header.code], [2, 2])
  assert.match(command.err, /^wirehub: There is no command 'srve'\. Did you mean 'serve'\?.*\n$/)
  assert.match(header.err, /^wirehub: .*cannot contain.*\n$/)
})

test('whoever reads what sub prints may stop before its end', async () => {
  const subscriber = start(['sub', 'cut', '--server', server, ...PATIENT])
  await subscriber.until(({ err }) => err.includes('listening'))
  subscriber.child.stdout?.destroy()
  await run(['pub', 'cut', 'x', '--count', '100', '--server', server, ...PATIENT])
  const { code, err } = await subscriber.ended()
  assert.equal(code, 0)
  assert.equal(err.trim().split('\n').length, 1)
})

test('bench measures any NATS server', async () => {
  const { code, out } = await run([
    'bench',
    '--messages',
    '2000',
    '--requests',
    '50',
    '--subscribers',
    '2',
    '--json',
    '--server',
    server,
    ...PATIENT,
  ])
  assert.equal(code, 0)
  const figures = JSON.parse(out) as { throughput: { delivered: number }; latency: { p50: number; count: number } }
  assert(figures.throughput.delivered > 0)
  assert.equal(figures.latency.count, 50)
})

test('every command has a help that begins with examples', async () => {
  const overview = await run(['--help'])
  const names = [...overview.out.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name)
  assert.ok(names.length > 10)
  await Promise.all(
    names.map(async (name) => {
      const { code, out } = await run([name, '--help'])
      assert.equal(code, 0, name)
      assert.match(out, /^Examples:\n {2}\S/, name)
    }),
  )
  assert.match((await run(['--version'])).out, /^wirehub \d+\.\d+\.\d+\n$/)
})

/** What a shell offers behind `wirehub ...`, by its own means. */
const offers: Record<string, (script: string, words: string) => [string, string[]]> = {
  bash: (script, words) => [
    'bash',
    [
      '-c',
      `source ${script}; COMP_WORDS=(wirehub ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _wirehub; echo "\${COMPREPLY[@]}"`,
    ],
  ],
  // Without a terminal zsh completes nothing: what it would offer is caught where it is said.
  zsh: (script, words) => [
    'zsh',
    [
      '-fc',
      `source ${script}; compadd() { shift; print -r -- $*; }; _describe() { print -r -- $commands; }; _files() { }; words=(wirehub ${words}); CURRENT=\${#words}; $_comps[wirehub]`,
    ],
  ],
  fish: (script, words) => ['fish', ['-c', `source ${script}; complete -C "wirehub ${words}"`]],
}

for (const [shell, offer] of Object.entries(offers)) {
  const missing = spawnSync(shell, ['-c', 'true']).error !== undefined
  test(`the completion script loads in ${shell}, and offers commands and their options`, {
    skip: missing ? `${shell} is not installed` : false,
  }, async () => {
    const { code, out } = await run(['completion', shell])
    assert.equal(code, 0)
    for (const name of ['serve', 'nats-server', 'passwd']) assert(out.includes(name), name)
    const script = join(folder, `completion.${shell}`)
    writeFileSync(script, out)
    for (const [words, offered] of [
      ['se', 'serve'],
      ['serve --li', '--listen'],
    ] as const) {
      const [command, args] = offer(script, words)
      const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, HOME: folder } })
      assert.ok(stdout.includes(offered), `${words}: ${stdout}${stderr}`)
      assert.equal(stderr, '')
    }
  })
}
