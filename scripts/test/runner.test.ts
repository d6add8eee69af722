import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const fixtures = join(import.meta.dirname, 'fixtures')
const runner = join(import.meta.dirname, '..', 'test.js')

function run(...args: string[]): { status: number | null; lines: string[]; output: string } {
  const { status, stdout } = spawnSync(process.execPath, [runner, '--root', fixtures, ...args], { encoding: 'utf8' })
  return { status, lines: stdout.trimEnd().split('\n'), output: stdout }
}

test('the last line counts tests, not suites, and the exit code says that some failed', () => {
  const { status, lines, output } = run('mixed')
  assert.equal(lines.at(-1), '1 passed, 4 failed, 1 skipped')
  assert.equal(status, 1)
  assert.match(output, /mixed\.test\.ts:\d+: mixed > fails\n(.*\n)*?.*2 !== 3/)
  assert.match(output, /parent > failing child/)
})

test('a skip is printed with its reason, and one without a reason is a failure', () => {
  const { output } = run('mixed')
  assert.match(output, /Skipped:\n.*waits for hardware: no such device on this machine/)
  assert.match(output, /skips silently\n.*skipped without a reason/)
})

test('a file that hangs is ended, and the test that it hangs in is named', () => {
  const { lines, output } = run('hang', '--timeout', '1')
  assert.match(output, /hang\.test\.ts: did not end within .* in: never ends/)
  assert.equal(lines.at(-1), '1 passed, 1 failed')
})

test('a file that stays alive after its last test says that something is still open', () => {
  const { lines, output } = run('left-open', '--timeout', '1')
  assert.match(output, /after its last test: something that it opened is still open/)
  assert.equal(lines.at(-1), '1 passed, 1 failed')
})

test('a file that crashes, and one without tests, are failures', () => {
  const { lines, output } = run('crash', 'empty')
  assert.match(output, /crashed at import/)
  assert.match(output, /empty\.test\.ts: has no tests/)
  assert.equal(lines.at(-1), '0 passed, 2 failed')
})

test('a process that a test leaves behind is ended with its file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-runner-'))
  process.env.ORPHAN_PID_FILE = join(folder, 'pid')
  assert.equal(run('orphan').status, 0)
  const pid = readFileSync(process.env.ORPHAN_PID_FILE, 'utf8')
  rmSync(folder, { recursive: true })
  const stat = `/proc/${pid}/stat`
  const state = existsSync(stat) ? readFileSync(stat, 'utf8').split(') ').at(-1)?.[0] : 'gone'
  assert.ok(state === 'gone' || state === 'Z', `process ${pid} still runs`)
})

test('property tests start from the printed seed, so that it repeats a run', () => {
  const sampled = (...args: string[]) => /sampled [-\d ]+/.exec(run('property', ...args).output)?.[0]
  const first = run('property', '--seed', '42')
  assert.match(first.output, /seed 42/)
  assert.equal(sampled('--seed', '42'), sampled('--seed', '42'))
  assert.notEqual(sampled('--seed', '42'), sampled('--seed', '43'))
})

test('a selection that matches nothing is a usage error', () => {
  assert.equal(run('no-such-folder').status, 2)
})
