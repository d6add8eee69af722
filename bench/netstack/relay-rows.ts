import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type BenchmarkRow, median, percentile, type SuiteOptions } from '../suite.ts'
import type { Load, Passage, Sender } from './relay-transfer.ts'
import { tunObstacle } from './tun.ts'

interface RelayRow {
  readonly row: string
  readonly what: string
  readonly unit: string
  readonly load: Load
  /** The figure of one run. */
  readonly figure: (passage: Passage) => number
}

const MIB = 1_048_576
/** The relay keeps up with some 14,000 packets a second on a busy machine too. */
const SLOW = { rateBitsPerSecond: 50_000_000, queueBytes: 1_000_000 }
const FAST = { rateBitsPerSecond: 100_000_000, queueBytes: 1_000_000 }

/** Mean time of a flow in seconds. */
const meanSeconds = ({ flows }: Passage): number =>
  flows.reduce((sum, pieces) => sum + pieces.reduce((total, milliseconds) => total + milliseconds, 0), 0) /
  flows.length /
  1000

const pieceAt =
  (share: number) =>
  ({ flows }: Passage): number =>
    percentile(
      flows.flat().sort((a, b) => a - b),
      share,
    )

const transfers: readonly (readonly [loss: number, mebibytes: number, flows: number])[] = [
  [0.001, 4, 2],
  [0.01, 2, 4],
  [0.02, 1, 4],
  [0.05, 0.5, 4],
]

const REQUESTS: Load = { path: { rttMs: 20, loss: 0.02, ...FAST }, flows: 8, pieces: 50, bytes: 10_000 }
const requests = '10 KB over a connection that is open, one after the other, round trip 20 ms, 2 % lost'

export const relayRows: readonly RelayRow[] = [
  ...transfers.map(([loss, mebibytes, flows]) => ({
    row: `relay-loss-${loss * 100}`,
    what: `${mebibytes} MiB to the kernel, round trip 20 ms, ${loss * 100} % of the data lost`,
    unit: 's',
    load: {
      path: { rttMs: 20, loss, ...(flows > 2 ? FAST : SLOW) },
      flows,
      pieces: 1,
      bytes: mebibytes * MIB,
    },
    figure: meanSeconds,
  })),
  {
    row: 'relay-queue',
    what: '4 MiB to the kernel over 50 Mbit/s, round trip 20 ms, queue 64 KiB',
    unit: 's',
    load: {
      path: { rttMs: 20, rateBitsPerSecond: 50_000_000, queueBytes: 65_536 },
      flows: 2,
      pieces: 1,
      bytes: 4 * MIB,
    },
    figure: meanSeconds,
  },
  {
    row: 'relay-reorder',
    what: '2 MiB to the kernel, round trip 50 ms, 3 % of the data comes 10 ms late',
    unit: 's',
    load: { path: { rttMs: 50, late: { share: 0.03, byMs: 10 }, ...SLOW }, flows: 2, pieces: 1, bytes: 2 * MIB },
    figure: meanSeconds,
  },
  { row: 'relay-requests-p50', what: `${requests}: median`, unit: 'ms', load: REQUESTS, figure: pieceAt(0.5) },
  {
    row: 'relay-requests-p99',
    what: `${requests}: 99 of 100 are faster`,
    unit: 'ms',
    load: REQUESTS,
    figure: pieceAt(0.99),
  },
]

/** What `relay-run.ts` prints: one run for each round. */
export type Runs = Readonly<Record<Sender, readonly Passage[]>>

/** In a process of its own, which the machine's other work does not keep waiting where it may ask for that; undefined when it failed. */
async function run(load: Load, rounds: number): Promise<Runs | undefined> {
  const script = join(import.meta.dirname, 'relay-run.ts')
  const words = [process.execPath, ...process.execArgv, script, JSON.stringify(load), String(rounds)]
  const urgent = spawnSync('chrt', ['-f', '1', 'true']).status === 0
  const [program, ...rest] = urgent ? ['chrt', '-f', '1', ...words] : words
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return child.exitCode === 0 ? (JSON.parse(output) as Runs) : undefined
}

/** The kernel's own sender is measured in turn with ours, with the same draws. */
export async function runRelayRows(options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> {
  const obstacle = tunObstacle()
  const done = new Map<Load, Runs>()
  for (const { row, what, unit, load, figure } of relayRows) {
    if (options.rows.length > 0 && !options.rows.includes(row)) continue
    const common = { row, what, unit, better: 'lower' as const }
    if (obstacle !== undefined) {
      emit({ ...common, peers: [], note: `not measured: ${obstacle}` })
      continue
    }
    const runs = done.get(load) ?? (await run(load, options.rounds))
    if (runs === undefined) {
      emit({ ...common, peers: [], failed: true, note: 'not measured: see the error above' })
      continue
    }
    done.set(load, runs)
    const [ours, theirs] = [runs.netstack.map(figure), runs.kernel.map(figure)]
    const lost = (passages: readonly Passage[]): number => passages.reduce((sum, passage) => sum + passage.lost, 0)
    const note = `${lost(runs.netstack)} and ${lost(runs.kernel)} segments lost`
    emit({
      ...common,
      ours: { name: 'netstack', samples: ours },
      peers: [{ name: 'Linux, cubic', samples: theirs }],
      note,
    })
    const digits = unit === 's' ? 3 : 1
    options.progress(
      `${row.padEnd(18)} ${median(ours).toFixed(digits)} ${unit}; Linux ${median(theirs).toFixed(digits)}; ${note}`,
    )
  }
}
