import { styleText } from 'node:util'

const heartbeatMs = 20_000

/** @typedef {import('./run-file.js').FileResult} FileResult */

/**
 * Prints progress while test files run and the summary after them. Progress and failures go to stderr and stdout alike in the order in
 * which they happen; the last line on stdout is `N passed, N failed` (`, N skipped`).
 *
 * @param {{ files: string[], seed: number, long: boolean, filtered: boolean, color?: boolean }} options `filtered`: only tests of some name run,
 *   so that a file without any is no defect
 */
export function createReport({ files, seed, long, filtered, color }) {
  const totals = { passed: 0, failed: 0, skipped: 0, done: 0 }
  /** @type {Map<string, number>} */
  const running = new Map()
  /** @type {string[]} */
  const skips = []
  /** @type {string[]} */
  const failures = []
  /** @type {{ file: string, durationMs: number }[]} */
  const durations = []
  const begun = performance.now()
  const paint = (/** @type {'red' | 'green' | 'gray'} */ style, /** @type {string} */ text) =>
    color ? styleText(style, text, { stream: process.stderr }) : text
  const print = (/** @type {string} */ text) => console.log(text)

  print(`${files.length} test files, ${long ? 'full' : 'reduced'} counts, seed ${seed}`)
  const heartbeat = setInterval(() => {
    const names = [...running].map(([file, at]) => `${file} (${seconds(performance.now() - at)})`)
    print(`  ...  ${totals.done}/${files.length} files; running: ${names.join(', ')}`)
  }, heartbeatMs)

  return {
    /** @param {string} file */
    started(file) {
      running.set(file, performance.now())
    },

    /** @param {string} file @param {FileResult} result */
    ended(file, result) {
      running.delete(file)
      totals.done += 1
      durations.push({ file, durationMs: result.durationMs })
      const verdict = judge(file, result, filtered)
      totals.passed += verdict.passed
      totals.failed += verdict.failures.length + verdict.parents
      totals.skipped += verdict.skips.length
      skips.push(...verdict.skips)
      failures.push(...verdict.failures)
      const bad = verdict.failures.length > 0
      const count = `${verdict.passed} passed${bad ? `, ${verdict.failures.length} failed` : ''}`
      print(
        `${bad ? paint('red', 'FAIL ') : paint('green', 'ok   ')}${file}  ${count}  ${paint('gray', `${seconds(result.durationMs)}  [${totals.done}/${files.length}]`)}`,
      )
      for (const failure of verdict.failures) print(indent(failure))
    },

    /** @param {string} signal */
    interrupted(signal) {
      clearInterval(heartbeat)
      print(`stopped by ${signal} after ${totals.done} of ${files.length} files`)
    },

    /**
     * Prints the summary.
     * @returns {boolean} whether nothing failed and something ran
     */
    finish() {
      clearInterval(heartbeat)
      if (skips.length > 0) print(`\nSkipped:\n${indent(skips.join('\n'))}`)
      if (failures.length > 0)
        print(`\nFailed:\n${indent(failures.map((failure) => failure.split('\n', 1)[0]).join('\n'))}`)
      const slowest = durations.sort((a, b) => b.durationMs - a.durationMs).slice(0, 5)
      print(`\nSlowest: ${slowest.map(({ file, durationMs }) => `${file} ${seconds(durationMs)}`).join(', ')}`)
      print(`Seed ${seed} (repeat with --seed ${seed}), ${seconds(performance.now() - begun)}`)
      print(
        `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
      )
      return totals.failed === 0 && totals.passed > 0
    },
  }
}

/**
 * @param {string} file
 * @param {FileResult} result
 * @param {boolean} filtered
 */
function judge(file, result, filtered) {
  /** @type {{ passed: number, parents: number, failures: string[], skips: string[] }} */
  const verdict = { passed: 0, parents: 0, failures: [], skips: [] }
  let seen = 0
  /** @type {string[]} */
  const path = []
  for (const event of result.events) {
    if (event.type === 'test:start') path.splice(event.nesting, Infinity, event.name)
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    seen += 1
    const name = [...path.slice(0, event.nesting), event.name].join(' > ')
    if (event.skip !== undefined) {
      if (event.skip === '' || event.skip === true)
        verdict.failures.push(`${file}: ${name}\nskipped without a reason: give node:test a sentence`)
      else verdict.skips.push(`${file}: ${name}: ${event.skip}`)
    } else if (event.type === 'test:pass' || event.todo !== undefined) {
      if (event.kind !== 'suite') verdict.passed += 1
    } else if (event.failureType !== 'subtestsFailed') {
      verdict.failures.push(`${file}${event.line ? `:${event.line}` : ''}: ${name}\n${event.error}`)
    } else if (event.kind !== 'suite') verdict.parents += 1
  }
  if (result.timedOut) {
    const where =
      result.running.length > 0
        ? `in: ${result.running.join(' > ')}`
        : 'after its last test: something that it opened is still open'
    verdict.failures.push(`${file}: did not end within ${seconds(result.durationMs)}, ${where}\n${tail(result.output)}`)
  } else if (result.exitCode !== 0 && verdict.failures.length === 0) {
    const how = result.signal ?? `code ${result.exitCode}`
    verdict.failures.push(`${file}: ended with ${how} outside any test\n${tail(result.output)}`)
  } else if (seen === 0 && !filtered) {
    verdict.failures.push(`${file}: has no tests`)
  } else if (verdict.failures.length > 0 && result.output.trim() !== '') {
    verdict.failures[verdict.failures.length - 1] += `\n--- output of the file ---\n${tail(result.output)}`
  }
  return verdict
}

/** @param {string} output */
function tail(output) {
  return output.trimEnd().split('\n').slice(-40).join('\n')
}

/** @param {string} text */
function indent(text) {
  return text.replace(/^/gm, '     ')
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
