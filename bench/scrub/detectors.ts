/**
 * The detectors alone: how fast clean traffic of many kinds is found clean, what dirty traffic costs, and how long the worst inputs take:
 * `npm run bench -- scrub --row scan`, `--row evil`.
 */
import { compileScanner, defaultDetectors } from '@wirehub/scrub'
import { CLEAN } from '../../packages/scrub/corpus/clean.ts'
import { Random } from '../../packages/scrub/corpus/random.ts'
import type { BenchmarkRow, SuiteOptions } from '../suite.ts'
import { clean, dirty } from './payloads.ts'

interface Input {
  readonly row: string
  readonly what: string
  readonly payloads: () => readonly Buffer[]
}

const inputs: readonly Input[] = [
  { row: 'scan-clean-512', what: 'detectors alone: ticket of 512 B, clean', payloads: () => [clean(512)] },
  { row: 'scan-clean-16384', what: 'detectors alone: ticket of 16 KiB, clean', payloads: () => [clean(16_384)] },
  {
    row: 'scan-dirty-1024',
    what: 'detectors alone: ticket of 1 KiB, nine planted values',
    payloads: () => [dirty(1024)],
  },
  ...Object.entries(CLEAN).map(([kind, make]) => ({
    row: `scan-${kind.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}`,
    what: `detectors alone: 200 of the clean kind '${kind}'`,
    payloads: () => {
      const random = new Random(1)
      return Array.from({ length: 200 }, () => Buffer.from(make(random)))
    },
  })),
]

/** Units of text that keep patterns busy: what almost matches, again and again. */
const evilUnits = [
  'a@',
  'a.a@a.',
  '://a:b@',
  'eyJhbGciOiJI.',
  '-----BEGIN PRIVATE KEY-----',
  'password=',
  'phone 1',
  '4111 1111 ',
  '1-1-1-1-',
  '+49 ',
  'DE89 3704 ',
  '1.1.1.1.',
  'aa:aa:aa:',
  'twitter_key="a',
  'national id ',
  'id number 1',
  'steuer 1 ',
  '13',
  'a',
  '\0',
]

const evilRow = { row: 'evil-1mib', what: `1 MiB that almost matches, the slowest of ${evilUnits.length} kinds` }

export const detectorRows: readonly { readonly row: string; readonly what: string }[] = [
  ...inputs.map(({ row, what }) => ({ row, what })),
  evilRow,
]

const scanner = compileScanner(defaultDetectors)
let findings = 0
const sink = (): void => {
  findings++
}
const scan = (payload: Buffer): void => {
  scanner.scan(payload, 0, payload.length, sink)
}

export function runDetectors(options: SuiteOptions, emit: (row: BenchmarkRow) => void): void {
  const milliseconds = Number(options.extra.seconds ?? '0.3') * 1000
  for (const input of inputs) {
    if (!options.rows.includes(input.row)) continue
    options.progress(`  ${input.row}`)
    emit(speed(input, options.rounds, milliseconds))
  }
  if (options.rows.includes(evilRow.row)) emit(evil(options.rounds))
}

function speed({ row, what, payloads }: Input, rounds: number, milliseconds: number): BenchmarkRow {
  const given = payloads()
  findings = 0
  for (const payload of given) scan(payload)
  const each = (findings / given.length).toFixed(2)
  const candidates = given.filter((payload) => scanner.mayMatch(payload, 0, payload.length)).length
  const size = given.reduce((sum, payload) => sum + payload.length, 0) / given.length
  return {
    row,
    what,
    unit: 'MB/s',
    better: 'higher',
    ours: {
      name: '@wirehub/scrub',
      samples: Array.from({ length: rounds }, () => megabytesPerSecond(given, milliseconds)),
    },
    peers: [],
    note: `${size.toFixed(0)} B, patterns tried in ${((100 * candidates) / given.length).toFixed(0)} %, ${each} findings each`,
  }
}

function megabytesPerSecond(payloads: readonly Buffer[], milliseconds: number): number {
  let bytes = 0
  const begun = performance.now()
  let elapsed = 0
  do {
    for (const payload of payloads) {
      scan(payload)
      bytes += payload.length
    }
    elapsed = performance.now() - begun
  } while (elapsed < milliseconds)
  return bytes / 1000 / elapsed
}

function evil(rounds: number): BenchmarkRow {
  let slowest = ''
  let worst = 0
  const samples = Array.from({ length: rounds }, () => {
    let most = 0
    for (const unit of evilUnits) {
      const bytes = Buffer.from(unit.repeat(Math.ceil(2 ** 20 / unit.length)).slice(0, 2 ** 20))
      const begun = performance.now()
      scan(bytes)
      const took = performance.now() - begun
      most = Math.max(most, took)
      if (took > worst) [worst, slowest] = [took, unit]
    }
    return most
  })
  return {
    ...evilRow,
    unit: 'ms',
    better: 'lower',
    ours: { name: '@wirehub/scrub', samples },
    peers: [],
    note: `the slowest: ${JSON.stringify(slowest)}`,
  }
}
