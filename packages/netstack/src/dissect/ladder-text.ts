import type { Ladder, LadderSegment } from './ladder.ts'
import {
  describeGap,
  describeMarks,
  describeOptions,
  describeSegment,
  formatCount,
  formatMs,
  isGap,
  type LadderRow,
  ladderRows,
  wrapWords,
} from './ladder-rows.ts'

export interface LadderTextOptions {
  /** Most rows; default 120. Bulk transfer is summed up to keep to it. */
  rows?: number
  /** Sequence numbers as on the wire beside the relative ones. */
  absolute?: boolean
  /** Columns between the two ends; default 76. */
  width?: number
  /** ANSI colours. */
  color?: boolean
}

const TIME_COLUMNS = 11
const STATE_COLUMNS = 14
const MARK_INDENT = '    '
/** Of an arrow: its shaft at either side of the label, and its head. */
const ARROW_COLUMNS = 6

type Paint = (text: string, code: string) => string

const RED = '31'
const YELLOW = '33'
const GREEN = '32'
const CYAN = '36'
const DIM = '2'
const BOLD = '1'

/** `--- label --->`, filled to the width; a lost segment ends in an X. */
function arrow(segment: LadderSegment, label: string, width: number): string {
  const lost = segment.receivedMs === undefined
  const dropped = segment.marks.includes('dropped')
  const room = width - ARROW_COLUMNS
  const text = ` ${label.length > room ? `${label.slice(0, room - 1)}…` : label} `
  const dashes = width - 2 - text.length
  if (segment.from === 0) {
    if (lost)
      return `--${text}${'-'.repeat(Math.max(0, dashes - 8))}X${' '.repeat(Math.min(7, Math.max(0, dashes - 1)))} `
        .slice(0, width)
        .padEnd(width)
    return `--${text}${'-'.repeat(Math.max(0, dashes - 1))}${dropped ? 'X' : '>'}`.padEnd(width)
  }
  if (lost) return `${' '.repeat(8)}X${'-'.repeat(Math.max(0, dashes - 9))}${text}--`.padStart(width)
  return `${dropped ? 'X' : '<'}${'-'.repeat(Math.max(0, dashes - 1))}${text}--`.padStart(width)
}

/** States that an end enters by what it sends. */
const BY_SENDING = /^(?:SYN-SENT|SYN-RECEIVED|FIN-WAIT-1|LAST-ACK)$/

/** Which row each change of state is written at: that of the segment that caused it, else the last one before it. */
function statesByRow(ladder: Ladder, rows: readonly LadderRow[], side: 0 | 1): string[] {
  const texts = new Array<string>(rows.length).fill('')
  const timeAt = (row: LadderRow): number | undefined =>
    isGap(row) ? row.toMs : row.from === side ? row.sentMs : row.receivedMs
  const states = ladder.states.filter((state) => state.side === side).slice(1)
  for (const state of states) {
    const then = (row: LadderRow): row is LadderSegment =>
      !isGap(row) && Math.abs((timeAt(row) ?? -1) - state.atMs) < 1e-6
    const likely = (row: LadderRow): boolean =>
      then(row) && (BY_SENDING.test(state.state) ? row.from === side && /SYN|FIN/.test(row.flags) : row.from !== side)
    const cause = rows.some(likely) ? rows.findIndex(likely) : rows.findIndex(then)
    const before = rows.findLastIndex((row) => (timeAt(row) ?? Number.POSITIVE_INFINITY) <= state.atMs)
    const within = rows.findIndex((row) => isGap(row) && row.fromMs <= state.atMs && state.atMs <= row.toMs)
    const at = cause >= 0 ? cause : within >= 0 ? within : before
    if (at >= 0) texts[at] = state.state
  }
  return texts
}

function colorOf(segment: LadderSegment): string {
  if (segment.marks.includes('lost') || segment.marks.includes('dropped') || segment.marks.includes('reset')) return RED
  if (segment.marks.includes('retransmission')) return YELLOW
  return segment.from === 0 ? CYAN : GREEN
}

function markColor(segment: LadderSegment): string {
  if (segment.receivedMs === undefined || segment.marks.includes('dropped')) return RED
  return segment.marks.includes('retransmission') ? YELLOW : DIM
}

/** A ladder as text: time, state of the client, the segments, state of the server; beneath a segment why it was sent again or lost. */
export function formatLadder(ladder: Ladder, options: LadderTextOptions = {}): string {
  const width = options.width ?? 76
  const paint: Paint = options.color === true ? (text, code) => `\x1b[${code}m${text}\x1b[0m` : (text) => text
  const rows = ladderRows(ladder, options.rows)
  const columns = [statesByRow(ladder, rows, 0), statesByRow(ladder, rows, 1)]
  const lines: string[] = []
  const line = (time: string, left: string, middle: string, right: string): void => {
    lines.push(`${time.padStart(TIME_COLUMNS)}  ${left.padStart(STATE_COLUMNS)} ${middle} ${right}`.trimEnd())
  }
  const name = ({ address, port }: { address: string; port: number }): string =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const left = name(ladder.client)
  const right = name(ladder.server)
  const indent = ' '.repeat(TIME_COLUMNS + 2 + STATE_COLUMNS + 1)
  lines.push(
    `${indent}${paint(left, BOLD)}${' '.repeat(Math.max(1, width + 2 - left.length - right.length))}${paint(right, BOLD)}`,
  )
  const initial = ladder.initialSequence.map((sequence) => (sequence === undefined ? '' : `ISN ${sequence}`))
  lines.push(
    `${indent}${initial[0]}${' '.repeat(Math.max(1, width + 2 - initial[0].length - initial[1].length))}${initial[1]}`,
  )
  line('ms', first(ladder, 0), `|${' '.repeat(width)}|`, first(ladder, 1))
  for (const [i, row] of rows.entries()) {
    if (isGap(row)) {
      const text = describeGap(row)
      line(
        row.fromMs.toFixed(3),
        columns[0][i],
        `:${paint(text.padStart((width + text.length) >> 1).padEnd(width), DIM)}:`,
        columns[1][i],
      )
      continue
    }
    const numbers = describeSegment(row, options.absolute)
    const whole = [numbers, ...describeOptions(row)].join(' ')
    const fits = whole.length <= width - ARROW_COLUMNS
    const label = fits ? whole : numbers
    line(row.sentMs.toFixed(3), columns[0][i], `|${paint(arrow(row, label, width), colorOf(row))}|`, columns[1][i])
    for (const words of fits ? [] : wrapWords(describeOptions(row).join(' '), width - MARK_INDENT.length)) {
      const beneath = row.from === 0 ? (MARK_INDENT + words).padEnd(width) : `${words}   `.padStart(width)
      line('', '', `|${paint(beneath, DIM)}|`, '')
    }
    const marks = describeMarks(row) ?? ''
    for (const [number, words] of wrapWords(marks, width - MARK_INDENT.length).entries()) {
      const why = (number === 0 ? '  ^ ' : MARK_INDENT) + words
      line('', '', `|${paint(why.padEnd(width), markColor(row))}|`, '')
    }
  }
  const last = ladder.segments.at(-1)
  lines.push(
    '',
    `${ladder.segments.length} segments in ${formatMs(last === undefined ? 0 : (last.receivedMs ?? last.sentMs))}, ${summary(ladder)}`,
  )
  return lines.join('\n')
}

function first(ladder: Ladder, side: 0 | 1): string {
  return ladder.states.find((state) => state.side === side)?.state ?? ''
}

/** Sums over the whole ladder, those rows included that were not drawn. */
function summary(ladder: Ladder): string {
  const count = (mark: string): number =>
    ladder.segments.filter((segment) => segment.marks.includes(mark as never)).length
  const bytes = [0, 1].map((side) =>
    ladder.segments.filter((segment) => segment.from === side).reduce((sum, segment) => sum + segment.payloadBytes, 0),
  )
  const lost = ladder.twoSided ? `, ${count('lost')} lost` : ''
  return `payload sent: ${formatCount(bytes[0])} bytes to the right, ${formatCount(bytes[1])} to the left; ${count('retransmission')} retransmitted${lost}, ${count('duplicate-ack')} duplicate ACKs`
}
