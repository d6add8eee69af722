/**
 * Scrubbing whole payloads by policy, beside npm libraries: `npm run bench -- scrub`. The libraries are installed by
 * `npm install --prefix bench/scrub`; without them ours is measured alone.
 */
import { compilePolicies } from '@wirehub/scrub'
import type { BenchmarkRow, SuiteOptions } from '../suite.ts'
import { type Contestant, loadFastRedact, loadPeers, ours, oursByPath } from './contestants.ts'
import { clean, dirty, gone, isJson, planted } from './payloads.ts'

export const rows = [
  { row: 'clean-512', what: 'JSON of 512 B with nothing to redact' },
  { row: 'clean-4096', what: 'JSON of 4 KiB with nothing to redact' },
  { row: 'dirty-1024', what: `JSON of about 1 KiB with ${Object.keys(planted).length} planted values` },
  { row: 'paths-512', what: 'JSON of 512 B, two fields masked by path' },
  { row: 'runaway-1mib', what: '1 MiB made for patterns that backtrack, five such patterns' },
] as const

const paths = ['id', 'title']

export async function run(options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> {
  const seconds = Number(options.extra.seconds ?? '0.5')
  const { contestants, missing } = await loadPeers(dirty(1024))
  for (const one of missing) options.progress(`not measured: ${one}; npm install --prefix bench/scrub`)
  for (const { row, what } of rows) {
    if (!options.rows.includes(row)) continue
    options.progress(`  ${row}`)
    if (row === 'runaway-1mib') emit(runaway(what, options.rounds))
    else if (row === 'paths-512') {
      const peer = await loadFastRedact(paths)
      const own = oursByPath(paths.map((path) => `$.${path}`))
      emit(compare({ row, what }, clean(512), own, peer === undefined ? [] : [peer], options.rounds, seconds))
    } else {
      const payload = row === 'clean-512' ? clean(512) : row === 'clean-4096' ? clean(4096) : dirty(1024)
      emit(compare({ row, what }, payload, ours(), contestants, options.rounds, seconds))
    }
  }
}

function compare(
  named: { readonly row: string; readonly what: string },
  payload: Buffer,
  own: Contestant,
  peers: readonly Contestant[],
  rounds: number,
  seconds: number,
): BenchmarkRow {
  const all = [own, ...peers]
  const samples = all.map((): number[] => [])
  for (const contestant of all) measure(contestant, payload, seconds / 4)
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of all.entries()) samples[index]!.push(measure(contestant, payload, seconds))
  }
  return {
    ...named,
    unit: 'MB/s',
    better: 'higher',
    ours: { name: own.name, samples: samples[0]! },
    peers: peers.map(({ name }, index) => ({ name, samples: samples[index + 1]! })),
    ...(named.row.startsWith('paths') ? {} : { note: all.map((one) => verdict(one, payload)).join('; ') }),
  }
}

/** What a contestant made of the payload. */
function verdict({ name, scrub }: Contestant, payload: Buffer): string {
  const result = scrub(payload)
  const broken = isJson(result) ? '' : ', no longer JSON'
  if (gone(payload).length === Object.keys(planted).length) {
    return Buffer.compare(payload, result) === 0 ? `${name}: unchanged` : `${name}: changed it${broken}`
  }
  return `${name}: ${gone(result).length} of ${Object.keys(planted).length} gone${broken}`
}

function measure({ scrub }: Contestant, payload: Buffer, seconds: number): number {
  const begun = performance.now()
  let count = 0
  let elapsed = 0
  do {
    const batch = count < 100 ? 1 : 100
    for (let turn = 0; turn < batch; turn++) scrub(payload)
    count += batch
    elapsed = performance.now() - begun
  } while (elapsed < seconds * 1000)
  return (count * payload.length) / 1e3 / elapsed
}

/** Expressions that take a backtracking engine exponential or quadratic time on this text. */
const runawayPatterns = ['(a+)+$', '(a|aa)+c', '(\\w+\\s?)+!', 'a.*b.*c.*d', '([a-z]+)*[0-9]']

function runaway(what: string, rounds: number): BenchmarkRow {
  const config = {
    detectors: runawayPatterns.map((pattern, index) => ({ name: `own-${index}`, pattern })),
    policies: [
      { name: 'p', subjects: ['>'], stages: [{ redact: [{ detectors: ['custom'], action: 'report' as const }] }] },
    ],
  }
  const scrubber = compilePolicies(config)
  const payload = Buffer.from(`${'a'.repeat(1024 * 1024 - 1)}\n`)
  const samples = Array.from({ length: rounds }, () => {
    const begun = performance.now()
    scrubber.scrub({ subject: 'a', payload }, { nowMs: 0 })
    return performance.now() - begun
  })
  return {
    row: 'runaway-1mib',
    what,
    unit: 'ms',
    better: 'lower',
    ours: { name: '@wirehub/scrub', samples },
    peers: [],
  }
}
