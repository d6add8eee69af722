import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const outputLimit = 64 * 1024

/**
 * @typedef {{ type: string, name: string, nesting: number, line?: number, kind?: 'suite' | 'test', skip?: string | boolean,
 *   todo?: string | boolean, durationMs?: number, failureType?: string, error?: string }} TestEvent
 * @typedef {{ events: TestEvent[], exitCode: number | null, signal: string | null, timedOut: boolean, running: string[],
 *   durationMs: number, output: string }} FileResult
 */

/** @type {Set<number>} process groups of the test files that run now */
const groups = new Set()

/** Ends every test process and what it started. */
export function killAll() {
  for (const pid of groups) killGroup(pid)
}

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // nothing left in the group
  }
}

/**
 * Runs one test file in its own process group and collects its events.
 *
 * @param {{ root: string, file: string, seed: number, timeoutMs: number, long: boolean, namePattern?: string }} options
 * @returns {Promise<FileResult>}
 */
export function runTestFile({ root, file, seed, timeoutMs, long, namePattern }) {
  const started = performance.now()
  const path = join(root, file)
  const reporter = pathToFileURL(join(import.meta.dirname, 'child-reporter.js')).href
  const args = ['--conditions=@wirehub/source', '--disable-warning=ExperimentalWarning', `--test-reporter=${reporter}`]
  if (namePattern !== undefined) args.push(`--test-name-pattern=${namePattern}`)
  if (/from 'fast-check'/.test(readFileSync(path, 'utf8'))) {
    args.push('--import', pathToFileURL(join(import.meta.dirname, 'seed.js')).href)
  }
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, WIREHUB_TEST_SEED: String(seed), ...(long ? { WIREHUB_TEST_LONG: '1' } : {}) }
  delete env.NODE_TEST_CONTEXT // set when this runner is itself under test: it would silence the child's reporter
  const child = spawn(process.execPath, [...args, path], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const pid = child.pid ?? 0
  groups.add(pid)

  /** @type {TestEvent[]} */
  const events = []
  let output = ''
  let partial = ''
  let timedOut = false
  const keep = (/** @type {string} */ text) => {
    output = (output + text).slice(-outputLimit)
  }
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  const channel = /** @type {import('node:stream').Readable} */ (child.stdio[3])
  channel.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const lines = (partial + text).split('\n')
    partial = lines.pop() ?? ''
    for (const line of lines) events.push(JSON.parse(line))
  })
  const channelEnded = new Promise((resolve) => channel.once('close', resolve))

  const timer = setTimeout(() => {
    timedOut = true
    killGroup(pid)
  }, timeoutMs)

  return new Promise((resolve) => {
    const finish = async (/** @type {number | null} */ exitCode, /** @type {string | null} */ signal) => {
      clearTimeout(timer)
      await channelEnded
      killGroup(pid) // a server that a test started and forgot
      groups.delete(pid)
      const durationMs = performance.now() - started
      resolve({ events, exitCode, signal, timedOut, running: runningTests(events), durationMs, output })
    }
    child.once('error', (error) => {
      keep(String(error))
      channel.destroy()
      finish(1, null)
    })
    child.once('exit', finish)
  })
}

/**
 * @param {TestEvent[]} events
 * @returns {string[]} names of the tests that began and did not end, outermost first
 */
function runningTests(events) {
  /** @type {TestEvent[]} */
  const open = []
  for (const event of events) {
    if (event.type === 'test:dequeue') open.push(event)
    if (event.type === 'test:complete') {
      const at = open.findLastIndex((start) => start.name === event.name && start.nesting === event.nesting)
      if (at !== -1) open.splice(at, 1)
    }
  }
  return open.sort((a, b) => a.nesting - b.nesting).map((event) => event.name)
}
