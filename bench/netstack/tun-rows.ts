import { type BenchmarkRow, median, type SuiteOptions } from '../suite.ts'
import { type Reading, TunBench, tunObstacle } from './tun.ts'

interface TunRow {
  readonly row: string
  readonly what: string
  readonly reading: Reading
  readonly direction: 'in' | 'out'
}

const BULK_BYTES = 2_000_000_000

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

/** Node's net at both ends over loopback is measured in turn with ours. */
export async function runTunRows(options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> {
  const wanted = tunRows.filter(({ row }) => options.rows.length === 0 || options.rows.includes(row))
  if (wanted.length === 0) return
  const common = { unit: 'MB/s', better: 'higher' as const }
  const obstacle = tunObstacle()
  if (obstacle !== undefined) {
    for (const { row, what } of wanted) emit({ row, what, ...common, peers: [], note: `not measured: ${obstacle}` })
    return
  }
  const bench = new TunBench()
  try {
    for (const { row, what, reading, direction } of wanted) {
      const ours: number[] = []
      const loopback: number[] = []
      for (let round = -1; round < options.rounds; round++) {
        const figure =
          direction === 'in'
            ? await bench.kernelToStack(BULK_BYTES, reading)
            : await bench.stackToKernel(BULK_BYTES, reading)
        const peer = await bench.loopback(BULK_BYTES, reading)
        if (round < 0) continue // warm-up
        ours.push(figure)
        loopback.push(peer)
      }
      const peers = [{ name: 'Node net, loopback', samples: loopback }]
      emit({ row, what, ...common, ours: { name: 'netstack', samples: ours }, peers })
      options.progress(
        `${row.padEnd(14)} ${median(ours).toFixed(0)} MB/s, over loopback ${median(loopback).toFixed(0)} MB/s`,
      )
    }
  } finally {
    await bench.close()
  }
}
