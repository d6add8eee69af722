import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { checksum } from '../../packages/netstack/src/wire/checksum.ts'
import type { BenchmarkRow, BenchmarkSuite, SuiteOptions } from '../suite.ts'
import { median } from '../suite.ts'
import { bulkTransfer, copyAndSum } from './bulk.ts'
import { manyConnections, shortConnections } from './connections.ts'
import {
  CONTROLS,
  FLOWS,
  fillLongPath,
  idealUse,
  LONG_RTTS_MS,
  LOSS_RATES,
  shareBottleneck,
  transferUnderLoss,
} from './recovery.ts'
import { relayRows, runRelayRows } from './relay-rows.ts'
import { runTunRows, tunRows } from './tun-rows.ts'
import { LATE_MS, speakOver, VOICE_LOSS_RATES } from './voice.ts'

interface Row {
  readonly row: string
  readonly what: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly measure: () => number
  readonly ceiling?: () => number
}

const BULK_BYTES = 400_000_000

const rows: readonly Row[] = [
  {
    row: 'bulk-v4',
    what: 'one TCP transfer over IPv4, frames of 1,514 bytes at most',
    unit: 'MB/s',
    better: 'higher',
    measure: () => bulkTransfer(BULK_BYTES, 1500, 4),
    ceiling: () => copyAndSum(BULK_BYTES, checksum),
  },
  {
    row: 'bulk-v6',
    what: 'the same over IPv6',
    unit: 'MB/s',
    better: 'higher',
    measure: () => bulkTransfer(BULK_BYTES, 1500, 6),
    ceiling: () => copyAndSum(BULK_BYTES, checksum),
  },
  {
    row: 'bulk-64k',
    what: 'the same over IPv4 with an MTU of 65,535 bytes',
    unit: 'MB/s',
    better: 'higher',
    measure: () => bulkTransfer(BULK_BYTES, 65_535, 4),
  },
  {
    row: 'short',
    what: 'handshake, 100 bytes each way, close, one after the other',
    unit: 'connections/s',
    better: 'higher',
    measure: () => shortConnections(20_000),
  },
  {
    row: 'round-trip-1',
    what: '100 bytes and the answer over one connection',
    unit: 'ns',
    better: 'lower',
    measure: () => manyConnections(1, 100_000).roundTripNanoseconds,
  },
  ...[100, 1000, 10_000].map((count) => ({
    row: `round-trip-${count >= 1000 ? `${count / 1000}k` : count}`,
    what: `the same, in turn over ${count.toLocaleString('en')} connections`,
    unit: 'ns',
    better: 'lower' as const,
    measure: () => manyConnections(count, 100_000).roundTripNanoseconds,
  })),
  {
    row: 'memory-10k',
    what: 'an idle connection of 10,000, both ends together',
    unit: 'bytes',
    better: 'lower',
    measure: () => manyConnections(10_000, 1).bytesEach,
  },
]

/** Rows in virtual time: one run tells all, and no machine changes it. */
interface ExactRow {
  readonly row: string
  readonly what: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly measure: () => { readonly value: number; readonly note: string }
}

const exactRows: readonly ExactRow[] = [
  ...LOSS_RATES.map((loss) => ({
    row: `loss-${loss * 100}`,
    what: `10 MiB at a round trip of 100 ms, ${loss * 100} % of the data lost, CUBIC`,
    unit: 's',
    better: 'lower' as const,
    measure: () => {
      const figures = CONTROLS.map((control) => ({ control, ...transferUnderLoss(loss, control) }))
      const others = figures.filter(({ control }) => control !== 'cubic')
      const note = others.map(({ control, seconds }) => `${control} ${seconds.toFixed(2)} s`).join(', ')
      return { value: figures.find(({ control }) => control === 'cubic')!.seconds, note }
    },
  })),
  ...FLOWS.map((flows) => ({
    row: `share-${flows}`,
    what: `${flows} CUBIC flows over 200 Mbit/s, round trip 10 ms, queue 64 KiB`,
    unit: '% used',
    better: 'higher' as const,
    measure: () => {
      const { utilisation, dropRate, fairness } = shareBottleneck(flows, 'cubic')
      return { value: utilisation * 100, note: `Jain's index ${fairness}, ${(dropRate * 100).toFixed(2)} % dropped` }
    },
  })),
  ...FLOWS.map((flows) => ({
    row: `share-bbr-${flows}`,
    what: `${flows} BBR flows over the same`,
    unit: '% used',
    better: 'higher' as const,
    measure: () => {
      const { utilisation, dropRate, fairness } = shareBottleneck(flows, 'bbr')
      return { value: utilisation * 100, note: `Jain's index ${fairness}, ${(dropRate * 100).toFixed(2)} % dropped` }
    },
  })),
  ...LONG_RTTS_MS.map((rttMs) => ({
    row: `long-path-${rttMs}`,
    what: `1 CUBIC flow, paced, over 200 Mbit/s, round trip ${rttMs} ms, queue 64 KiB, after 20 s`,
    unit: '% used',
    better: 'higher' as const,
    measure: () => {
      const percent = (share: number): string => (share * 100).toFixed(1)
      const without = fillLongPath(rttMs, false).utilisation
      const note = `RFC 9438 reckoned without packets ${percent(idealUse(rttMs))}; without pacing ${percent(without)}`
      return { value: fillLongPath(rttMs, true).utilisation * 100, note }
    },
  })),
  ...VOICE_LOSS_RATES.map((loss) => ({
    row: `voice-${loss * 100}`,
    what: `50 datagrams of 160 bytes a second, round trip 60 ms, ${loss * 100} % lost: useless (lost, or later than ${LATE_MS} ms)`,
    unit: '% by UDP',
    better: 'lower' as const,
    measure: () => {
      const [udp, tcp] = (['udp', 'tcp'] as const).map((transport) => speakOver(transport, loss).figure)
      const delays = `p99 ${udp!.p99Ms} and ${tcp!.p99Ms} ms, jitter ${udp!.jitterMs} and ${tcp!.jitterMs} ms`
      const note = `by TCP ${(100 * (tcp!.lost + tcp!.late)).toFixed(2)} %; ${delays}; headers ${udp!.headerBytes} and ${tcp!.headerBytes} bytes`
      return { value: 100 * (udp!.lost + udp!.late), note }
    },
  })),
]

export const suite: BenchmarkSuite = {
  title: 'netstack',
  method:
    'Two stacks in one thread with an in-memory wire between them: each frame has its own headers and a checksum that is computed by one end and verified by the other. The clock is virtual. Rows of loss and sharing are simulated from one seed and therefore exact; the note of a loss row has Reno, BBR and no congestion control beside CUBIC, that of a voice row TCP beside UDP. "ceiling" copies and sums the same bytes twice and does nothing else. The tun rows run in real time: the kernel, with a program of Node net on it, is at the other end of a TUN device, and the peer is that program at both ends of the loopback device; senders and receivers have a core each and write pieces of 256 KiB; towards our stack the kernel uses CUBIC, over loopback what the machine has as its default, and CUBIC as a second peer. The relay rows run in real time too, without offloads: our sender and the kernel\'s (CUBIC) take turns with the same receiver, the kernel, through a relay between two namespaces that loses or delays the n-th data segment of a flow by the same draw for both; each round has a seed of its own and two to eight flows at once, each with a rate of its own (50 or 100 Mbit/s).',
  rows: [...rows, ...tunRows, ...relayRows, ...exactRows].map(({ row, what }) => ({ row, what })),
  run: async (options: SuiteOptions, emit: (row: BenchmarkRow) => void): Promise<void> => {
    // Memory is measured after a collection.
    setFlagsFromString('--expose-gc')
    globalThis.gc = runInNewContext('gc')
    for (const { row, what, unit, better, measure, ceiling } of rows) {
      if (options.rows.length > 0 && !options.rows.includes(row)) continue
      measure()
      const samples = Array.from({ length: options.rounds }, () => measure())
      const most = ceiling?.()
      emit({
        row,
        what,
        unit,
        better,
        ours: { name: 'netstack', samples },
        peers: [],
        ...(most !== undefined && { ceiling: most }),
      })
      options.progress(`${row.padEnd(14)} ${median(samples).toFixed(0)} ${unit}`)
    }
    await runTunRows(options, emit)
    await runRelayRows(options, emit)
    for (const { row, what, unit, better, measure } of exactRows) {
      if (options.rows.length > 0 && !options.rows.includes(row)) continue
      const { value, note } = measure()
      emit({ row, what, unit, better, ours: { name: 'netstack', samples: [value] }, peers: [], note })
      options.progress(`${row.padEnd(14)} ${value.toFixed(2)} ${unit}; ${note}`)
    }
  },
}
