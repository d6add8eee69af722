import { type BenchmarkRow, type Figures, median, ratio, ratioPerCore } from './suite.ts'

const header = [
  'row',
  'what',
  'unit',
  'ours: median (min-max)',
  'peer: median (min-max)',
  'ratio',
  'per core',
  'core used: ours, peer, load',
  'relay, notes',
]

/** The table as text for a terminal. */
export function textTable(rows: readonly BenchmarkRow[]): string {
  const lines = [header, ...rows.flatMap(cells)]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The table as Markdown. */
export function markdownTable(rows: readonly BenchmarkRow[]): string {
  const line = (columns: readonly string[]) => `| ${columns.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.flatMap(cells).map(line)].join('\n')
}

function cells(row: BenchmarkRow): string[][] {
  const note = row.note === undefined ? '' : row.failed ? `FAILED: ${row.note}` : row.note
  if (row.peers.length === 0)
    return [[row.row, row.what, row.unit, figures(row.ours), '-', '-', '-', busy(row.ours?.busy), notes(row, note)]]
  return row.peers.map((peer) => {
    const used = `${busy(row.ours?.busy)}, ${busy(peer.busy)}, ${busy(row.generatorBusy)}`
    return [
      row.row,
      row.what,
      row.unit,
      figures(row.ours),
      `${peer.name} ${figures(peer)}`,
      times(ratio(row, peer)),
      times(ratioPerCore(row, peer)),
      used,
      notes(row, note),
    ]
  })
}

function figures(of: Figures | undefined): string {
  if (of === undefined || of.samples.length === 0) return '-'
  return `${number(median(of.samples))} (${number(Math.min(...of.samples))}-${number(Math.max(...of.samples))})`
}

function times(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(2)}x`
}

function busy(share: number | undefined): string {
  return share === undefined ? '-' : `${Math.round(share * 100)} %`
}

function notes(row: BenchmarkRow, note: string): string {
  return [row.ceiling === undefined ? '' : number(row.ceiling), note].filter((part) => part !== '').join('; ') || '-'
}

/** Three significant digits, thousands grouped. */
export function number(value: number): string {
  if (value >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
