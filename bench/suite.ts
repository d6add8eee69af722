/** Where one benchmark suite meets `npm run bench`: a folder `bench/<name>/` exports `suite` from its `suite.ts`. */

/** Samples of one contestant in one row, in the unit of the row. */
export interface Figures {
  readonly name: string
  readonly samples: readonly number[]
  /** Share of one core that the contestant used while measured, 0-1; absent where that has no meaning. */
  readonly busy?: number
}

/** One line of the table. Contestants are measured interleaved, so that their ratio does not depend on what else the machine did. */
export interface BenchmarkRow {
  readonly row: string
  readonly what: string
  readonly unit: string
  /** Whether a larger figure is the better one; ratios are turned so that more than 1 always means that ours is better. */
  readonly better: 'higher' | 'lower'
  readonly ours?: Figures
  readonly peers: readonly Figures[]
  /** What the same load reaches through something that does none of the contestants' work, in the row's unit. */
  readonly ceiling?: number
  /** Share of its core that the load generator used, 0-1: near 1 the figures are its own. */
  readonly generatorBusy?: number
  /** Why there are no figures, or what must be known to read them. */
  readonly note?: string
  readonly failed?: boolean
}

export interface SuiteOptions {
  /** Measured rounds per contestant and row. */
  readonly rounds: number
  /** Which rows to run; empty: all. */
  readonly rows: readonly string[]
  /** Options that only this suite knows, as given on the command line. */
  readonly extra: Readonly<Record<string, string | undefined>>
  /** Tells a human what goes on. */
  readonly progress: (text: string) => void
}

export interface BenchmarkSuite {
  readonly title: string
  /** How contestants are run, in one or two sentences: printed under the table. */
  readonly method: string
  readonly rows: readonly { readonly row: string; readonly what: string }[]
  readonly run: (options: SuiteOptions, emit: (row: BenchmarkRow) => void) => Promise<void>
}

/** Middle value; the mean of the two middle ones for an even count. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** The value that a share of the samples does not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!
}

/** How much better ours is than a peer: more than 1 is better, whatever the unit. */
export function ratio(row: BenchmarkRow, peer: Figures): number | undefined {
  if (row.ours === undefined || row.ours.samples.length === 0 || peer.samples.length === 0) return undefined
  const [ours, theirs] = [median(row.ours.samples), median(peer.samples)]
  return row.better === 'higher' ? ours / theirs : theirs / ours
}

/** The same for the work done per second of processor time, which tells more than `ratio` while others use the machine. */
export function ratioPerCore(row: BenchmarkRow, peer: Figures): number | undefined {
  const better = ratio(row, peer)
  if (better === undefined || row.better !== 'higher' || !row.ours?.busy || !peer.busy) return undefined
  return (better * peer.busy) / row.ours.busy
}
