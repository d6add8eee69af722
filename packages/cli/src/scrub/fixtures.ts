/** `wirehub scrub test`: messages, and what policies must do to them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HubError, parseData } from '@wirehub/hub'
import { type Fixture, type FixtureResult, runFixtures } from '@wirehub/scrub'
import { exitCodes, type OptionValues } from '../command.ts'
import { isTerminal, paint, printable } from '../output.ts'
import { loadScrub } from './load.ts'

const DEFAULT_FILE = 'scrub-fixtures.yaml'

export async function runTest(values: OptionValues, names: readonly string[]): Promise<number> {
  const { scrubber } = loadScrub(values)
  const files = filesOf(names.length === 0 ? [DEFAULT_FILE] : names)
  const results = files.flatMap((file) =>
    runFixtures(scrubber, readFixtures(file), Date.now()).map((result) => ({ file, result })),
  )
  const failed = results.filter(({ result }) => !result.ok).length
  if (values.text !== true && (!isTerminal() || values.json === true)) {
    for (const { file, result } of results) process.stdout.write(`${JSON.stringify(rowOf(file, result))}\n`)
  } else {
    for (const { file, result } of results) process.stdout.write(`${lineOf(file, result)}\n`)
    process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`)
  }
  return failed === 0 ? exitCodes.ok : exitCodes.failed
}

function rowOf(file: string, { name, ok, problems, outcome }: FixtureResult): object {
  return { file, name, ok, outcome: outcome.kind, ...(problems.length > 0 ? { problems } : {}) }
}

function lineOf(file: string, { name, ok, problems }: FixtureResult): string {
  if (ok) return `${paint('green', 'ok  ')} ${printable(name)}`
  return [
    `${paint('red', 'FAIL')} ${printable(name)}  ${paint('dim', file)}`,
    ...problems.map((one) => `       ${printable(one)}`),
  ].join('\n')
}

function filesOf(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    try {
      if (!statSync(name).isDirectory()) return [name]
    } catch {
      throw new HubError('WIREHUB_ERR_USAGE', 'There are no fixtures.', {
        place: name,
        cure: `Write them into ${DEFAULT_FILE}, or name a file or folder; docs/scrub.md shows one.`,
      })
    }
    return readdirSync(name)
      .filter((file) => /\.(ya?ml|json)$/.test(file))
      .sort()
      .map((file) => join(name, file))
  })
}

const KNOWN = ['name', 'subject', 'payload', 'encoding', 'headers', 'expect']
const LISTS = ['contains', 'lacks', 'rules', 'detectors']
const EXPECTED = ['outcome', 'payload', 'headers', 'code', ...LISTS]
const OUTCOMES = ['unchanged', 'changed', 'rejected']

/** @throws HubError WIREHUB_ERR_CONFIG with file, line and column */
function readFixtures(file: string): Fixture[] {
  const { value, locate } = parseData(readFileSync(file, 'utf8'), file)
  const refuse = (path: (string | number)[], sentence: string): HubError => {
    const { line, column } = locate(path)
    return new HubError('WIREHUB_ERR_CONFIG', sentence, {
      place: `${file}:${line}:${column}`,
      cure: 'A fixture is { name, subject, payload, headers, expect: { outcome, payload, contains, lacks, headers, rules, detectors, code } }.',
    })
  }
  if (!Array.isArray(value)) throw refuse([], 'Fixtures are a list.')
  for (const [index, one] of (value as Record<string, unknown>[]).entries()) {
    if (typeof one !== 'object' || one === null) throw refuse([index], 'A fixture is an object.')
    for (const key of Object.keys(one))
      if (!KNOWN.includes(key)) throw refuse([index, key], `'${key}' is not known here.`)
    for (const key of ['name', 'subject']) {
      if (typeof one[key] !== 'string') throw refuse([index, key], `A fixture needs a ${key}, as text.`)
    }
    if (typeof one.expect !== 'object' || one.expect === null) throw refuse([index], 'A fixture needs what it expects.')
    const mistake = mistakeIn(one.expect as Record<string, unknown>)
    if (mistake !== undefined) throw refuse([index, 'expect', ...mistake.path], mistake.sentence)
  }
  return value as Fixture[]
}

/** What would make a fixture pass whatever happens: a name that nobody reads, a text where a list is meant. */
function mistakeIn(expected: Record<string, unknown>): { path: string[]; sentence: string } | undefined {
  const names = Object.keys(expected)
  if (names.length === 0) return { path: [], sentence: 'A fixture that expects nothing cannot fail.' }
  for (const name of names) {
    if (!EXPECTED.includes(name)) return { path: [name], sentence: `'${name}' is not known here.` }
    const value = expected[name]
    if (name === 'outcome' && !OUTCOMES.includes(value as string)) {
      return { path: [name], sentence: `The outcome is one of: ${OUTCOMES.join(', ')}.` }
    }
    if (LISTS.includes(name) && !(Array.isArray(value) && value.every((one) => typeof one === 'string'))) {
      return { path: [name], sentence: `'${name}' is a list of texts.` }
    }
  }
  return undefined
}
