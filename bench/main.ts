// `npm run bench`: every suite of bench/*/suite.ts, or those that are named. Progress goes to stderr, the table to stdout.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BenchmarkRow, BenchmarkSuite } from './suite.ts'
import { markdownTable, textTable } from './table.ts'

const help = `Usage: npm run bench -- [options] [suite...]

  npm run bench                                   every suite
  npm run bench -- hub                            one suite
  npm run bench -- hub --row fanout-1-10 --rounds 5
  npm run bench -- hub --server 'node hub.js --port {port}'

  --row <name>        only this row (repeatable; a prefix is enough)
  --rounds <n>        measured rounds per contestant and row (default 5)
  --seconds <s>       length of a round, where a suite measures by time (default 1)
  --server <command>  hub: what is measured as ours; {port} is replaced
  --peer <command>    hub: what it is measured against; {port} is replaced
  --list              name the suites and rows
  --json              figures as JSON on stdout in the place of the table
  --markdown          write the table into docs/benchmarks.md too, with command and machine`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    row: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string' },
    server: { type: 'string' },
    peer: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds must be a whole number from 1')
  process.exit(2)
}

const suites = new Map<string, BenchmarkSuite>()
const known = readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, 'suite.ts')))
const unknown = positionals.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`No suite is named ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exit(2)
}
for (const name of known.filter((name) => positionals.length === 0 || positionals.includes(name))) {
  suites.set(name, (await import(`./${name}/suite.ts`)).suite)
}
if (values.list) {
  for (const [name, suite] of suites)
    for (const { row, what } of suite.rows) console.log(`${name.padEnd(10)} ${row.padEnd(22)} ${what}`)
  process.exit(0)
}

const results: Record<string, BenchmarkRow[]> = {}
let failed = false
for (const [name, suite] of suites) {
  const rows: BenchmarkRow[] = []
  results[name] = rows
  const extra = { seconds: values.seconds, server: values.server, peer: values.peer }
  const selected = suite.rows
    .map(({ row }) => row)
    .filter((row) => values.row.length === 0 || values.row.some((prefix) => row.startsWith(prefix)))
  if (selected.length === 0) continue
  const progress = (text: string) => process.stderr.write(`${text}\n`)
  progress(`${suite.title}: ${selected.length} rows, ${rounds} rounds`)
  await suite.run({ rounds, rows: selected, extra, progress }, (row) => {
    rows.push(row)
    failed ||= row.failed === true
  })
  if (values.json) continue
  console.log(`\n${suite.title}\n\n${textTable(rows)}\n\n${suite.method}`)
  if (values.markdown) record(name, suite, rows)
}
if (values.json) console.log(JSON.stringify({ machine: machine(), rounds, suites: results }, null, 2))
process.exit(failed ? 1 : 0) // a suite may leave sockets of a contestant that was ended

/** Replaces what stands between the suite's markers in docs/benchmarks.md. */
function record(name: string, suite: BenchmarkSuite, rows: readonly BenchmarkRow[]): void {
  const file = join(import.meta.dirname, '..', 'docs', 'benchmarks.md')
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const text = readFileSync(file, 'utf8')
  const [at, to] = [text.indexOf(begin), text.indexOf(end)]
  if (at === -1 || to === -1)
    throw new Error(`docs/benchmarks.md has no markers ${begin} ... ${end}: add them where the table belongs`)
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
  const body = `${begin}\n\n${markdownTable(rows)}\n\n${suite.method}\n\n\`${command}\`, ${new Date().toISOString().slice(0, 10)}, ${machine()}.\n\n`
  writeFileSync(file, text.slice(0, at) + body + text.slice(to))
}

function machine(): string {
  const [cpu] = cpus()
  return `${cpu?.model.trim()} x ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}
