import { type BenchmarkRow, median, type SuiteOptions } from '../suite.ts'
import { defaultCongestion, type LoopbackCongestion, type Reading, TunBench, tunObstacle } from './tun.ts'

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

/** Node's net over loopback as the machine is set, and with the congestion control that the kernel's end has towards our stack. */
function loopbackPeers(): { name: string; congestion: LoopbackCongestion }[] {
  const standard = defaultCongestion()
  const peers: { name: string; congestion: LoopbackCongestion }[] = [
    { name: `Node net, loopback (${standard}, the default here)`, congestion: 'default' },
  ]
  if (standard !== 'cubic') peers.push({ name: 'Node net, loopback (cubic)', congestion: 'cubic' })
  return peers
}

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
      const loopbacks = loopbackPeers().map((peer) => ({ ...peer, samples: [] as number[] }))
      for (let round = -1; round < options.rounds; round++) {
        const figure =
          direction === 'in'
            ? await bench.kernelToStack(BULK_BYTES, reading)
            : await bench.stackToKernel(BULK_BYTES, reading)
        if (round >= 0) ours.push(figure) // The first round warms up.
        for (const { congestion, samples } of loopbacks) {
          const peer = await bench.loopback(BULK_BYTES, reading, congestion)
          if (round >= 0) samples.push(peer)
        }
      }
      const peers = loopbacks.map(({ name, samples }) => ({ name, samples }))
      emit({ row, what, ...common, ours: { name: 'netstack', samples: ours }, peers })
      const told = peers.map(({ name, samples }) => `${name} ${median(samples).toFixed(0)}`)
      options.progress(`${row.padEnd(14)} ${median(ours).toFixed(0)} MB/s; ${told.join('; ')}`)
    }
  } finally {
    await bench.close()
  }
}
