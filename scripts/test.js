// The test runner: `npm test`, `npm test -- packages/scrub`, `npm test -- --long`.
//
// Each test file runs in a process of its own, which reports its results over a pipe (scripts/test/child-reporter.js). A file that
// does not end is named together with the test that it hangs in, and its processes are killed.
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { selectTestFiles } from './test/files.js'
import { createReport } from './test/report.js'
import { killAll, runTestFile } from './test/run-file.js'

const help = `Usage: npm test -- [options] [path...]

  npm test                                  everything, with reduced counts
  npm test -- packages/scrub                one package, folder or file
  npm test -- packages/scrub -t 'card'      tests whose name matches a pattern
  npm run test:long                         everything, with full counts

  --long               full counts: sets WIREHUB_TEST_LONG=1
  --seed <n>           seed of the property tests (default: random, printed)
  --timeout <s>        time limit of one test file (default: 150, with --long 1800)
  --concurrency <n>    files at a time (default: number of cores, at most 4)
  -t, --name <regexp>  only tests whose name matches`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    timeout: { type: 'string' },
    concurrency: { type: 'string' },
    name: { type: 'string', short: 't' },
    root: { type: 'string', default: join(import.meta.dirname, '..') }, // for the runner's own tests
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

const root = resolve(values.root)
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const timeoutMs = 1000 * Number(values.timeout ?? (values.long ? 1800 : 150))
const concurrency = Number(values.concurrency ?? Math.min(4, Math.max(2, availableParallelism())))
if (![seed, timeoutMs, concurrency].every((value) => Number.isInteger(value) && value >= 0) || concurrency < 1) {
  console.error('--seed, --timeout and --concurrency must be whole numbers')
  process.exit(2)
}

const files = selectTestFiles(root, positionals)
if (files.length === 0) {
  console.error(`No test file matches ${positionals.join(' ') || 'the patterns'}`)
  console.log('0 passed, 0 failed')
  process.exit(2)
}

const report = createReport({
  files,
  seed,
  long: values.long,
  filtered: values.name !== undefined,
  color: process.stderr.isTTY,
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    killAll()
    report.interrupted(signal)
    process.exit(130)
  })
}

const queue = [...files]
const worker = async () => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    report.started(file)
    const result = await runTestFile({ root, file, seed, timeoutMs, long: values.long, namePattern: values.name })
    report.ended(file, result)
  }
}
await Promise.all(Array.from({ length: concurrency }, worker))
process.exitCode = report.finish() ? 0 : 1
