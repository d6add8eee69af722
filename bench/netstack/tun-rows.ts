import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type BenchmarkRow, median, type SuiteOptions } from '../suite.ts'
import { type Reading, tunObstacle } from './tun.ts'

interface TunRow {
  readonly row: string
  readonly what: string
  readonly reading: Reading
  readonly direction: 'in' | 'out'
}

const manner = { data: "'data' events", onread: 'onread into one buffer' } as const

export const tunRows: readonly TunRow[] = (['data', 'onread'] as const).flatMap((reading) => [
  {
    row: `tun-in-${reading}`,
    what: `kernel to net on our stack over TUN with GSO, read by ${manner[reading]}`,
    reading,
    direction: 'in' as const,
  },
  {
    row: `tun-out-${reading}`,
    what: `net on our stack to the kernel over TUN with GSO, read by ${manner[reading]}`,
    reading,
    direction: 'out' as const,
  },
])

/** Samples of ours and of each peer, as `tun-run.ts` prints them. */
interface Samples {
  readonly ours: number[]
  readonly peers: { readonly name: string; readonly samples: number[] }[]
}

/** Each row in a process of its own, as the peer's ends are: what other rows have left in memory would be this one's to collect. */
async function run(reading: Reading, direction: 'in' | 'out', rounds: number): Promise<Samples> {
  const script = join(import.meta.dirname, 'tun-run.ts')
  const child = spawn(process.execPath, [...process.execArgv, script, reading, direction, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return JSON.parse(output) as Samples
}

/** Node's net at both ends over loopback is measured in turn with ours. */
export async function runTunRows(options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> {
  const wanted = tunRows.filter(({ row }) => options.rows.length === 0 || options.rows.includes(row))
  const common = { unit: 'MB/s', better: 'higher' as const }
  const obstacle = tunObstacle()
  for (const { row, what, reading, direction } of wanted) {
    if (obstacle !== undefined) {
      emit({ row, what, ...common, peers: [], note: `not measured: ${obstacle}` })
      continue
    }
    const { ours, peers } = await run(reading, direction, options.rounds)
    emit({ row, what, ...common, ours: { name: 'netstack', samples: ours }, peers })
    const told = peers.map(({ name, samples }) => `${name} ${median(samples).toFixed(0)}`)
    options.progress(`${row.padEnd(14)} ${median(ours).toFixed(0)} MB/s; ${told.join('; ')}`)
  }
}
