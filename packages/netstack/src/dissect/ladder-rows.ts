import type { Ladder, LadderSegment } from './ladder.ts'

/** Segments that are left out of a picture, told as a sum. */
export interface LadderGap {
  gap: true
  fromMs: number
  toMs: number
  /** Segments and payload bytes by sender. */
  count: [number, number]
  payloadBytes: [number, number]
}

export type LadderRow = LadderSegment | LadderGap

/** Segments shown on either side of a remarkable one. */
const CONTEXT = 2
/** Fewer than this are not worth leaving out. */
const SMALLEST_GAP = 4
const DEFAULT_LADDER_ROWS = 120

export function isGap(row: LadderRow): row is LadderGap {
  return 'gap' in row
}

/** What a reader of the ladder is looking for: opening, closing, loss, repair, closed windows, urgent data. */
function isRemarkable(segment: LadderSegment): boolean {
  return (
    segment.marks.some((mark) => mark !== 'duplicate-ack') || /SYN|FIN|RST|URG/.test(segment.flags) || segment.ecnMarked
  )
}

function gapOf(segments: readonly LadderSegment[]): LadderGap {
  const gap: LadderGap = {
    gap: true,
    fromMs: segments[0].sentMs,
    toMs: segments[segments.length - 1].sentMs,
    count: [0, 0],
    payloadBytes: [0, 0],
  }
  for (const segment of segments) {
    gap.count[segment.from]++
    gap.payloadBytes[segment.from] += segment.payloadBytes
  }
  return gap
}

/** The rows whose place is not kept, joined into gaps. */
function condense(segments: readonly LadderSegment[], keep: readonly boolean[]): LadderRow[] {
  const rows: LadderRow[] = []
  let hidden: LadderSegment[] = []
  const close = (): void => {
    if (hidden.length >= SMALLEST_GAP) rows.push(gapOf(hidden))
    else rows.push(...hidden)
    hidden = []
  }
  segments.forEach((segment, i) => {
    if (!keep[i]) {
      hidden.push(segment)
      return
    }
    close()
    rows.push(segment)
  })
  close()
  return rows
}

/**
 * The rows to draw, at most about `limit`: all segments when they are few; else the remarkable ones with their neighbours, and the bulk
 * between them as sums; and where even these are too many, the beginning and the end.
 */
export function ladderRows(ladder: Ladder, limit: number = DEFAULT_LADDER_ROWS): LadderRow[] {
  const { segments } = ladder
  if (segments.length <= limit) return [...segments]
  const keep = new Array<boolean>(segments.length).fill(false)
  segments.forEach((segment, i) => {
    if (isRemarkable(segment)) keep.fill(true, Math.max(0, i - CONTEXT), i + CONTEXT + 1)
  })
  const rows = condense(segments, keep)
  if (rows.length <= limit) return rows
  // Too much is remarkable: show how it begins and how it ends.
  let head = Math.ceil((limit * 2) / 3)
  let tail = rows.length - (limit - head)
  if (isGap(rows[head - 1])) head--
  if (isGap(rows[tail])) tail++
  const place = (row: LadderRow): number =>
    segments.indexOf(isGap(row) ? segments.find((segment) => segment.sentMs >= row.fromMs)! : row)
  return [...rows.slice(0, head), gapOf(segments.slice(place(rows[head]), place(rows[tail]))), ...rows.slice(tail)]
}

/** Milliseconds for people: as many digits as matter. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 100) return `${ms.toFixed(0)} ms`
  return `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`
}

const thousands = new Intl.NumberFormat('en-US')

/** A whole number with its thousands set apart. */
export function formatCount(value: number): string {
  return thousands.format(value)
}

/** What a gap leaves out, in words. */
export function describeGap(gap: LadderGap): string {
  const side = (which: 0 | 1, arrow: string): string | undefined => {
    if (gap.count[which] === 0) return undefined
    const bytes = gap.payloadBytes[which] === 0 ? '' : `, ${formatCount(gap.payloadBytes[which])} bytes`
    return `${formatCount(gap.count[which])} ${gap.payloadBytes[which] === 0 ? (gap.count[which] === 1 ? 'ACK' : 'ACKs') : gap.count[which] === 1 ? 'segment' : 'segments'}${bytes} ${arrow}`
  }
  return [side(0, '→'), side(1, '←'), formatMs(gap.toMs - gap.fromMs)]
    .filter((text) => text !== undefined)
    .join('  ·  ')
}

/** A text in lines of at most `most` characters, broken between words. */
export function wrapWords(text: string, most: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines
}

/** Why a segment is remarkable, as one sentence; undefined when it is not. */
export function describeMarks(segment: LadderSegment): string | undefined {
  const words: string[] = []
  if (segment.marks.includes('retransmission')) words.push('retransmitted')
  if (segment.marks.includes('keep-alive')) words.push('keep-alive or window probe')
  if (segment.marks.includes('window-full')) words.push('window closed')
  if (segment.marks.includes('dropped')) words.push('dropped by the receiver')
  if (segment.marks.includes('lost')) words.push('lost')
  if (segment.ecnMarked) words.push('marked CE by the network')
  const why = segment.reason === undefined || words.includes(segment.reason) ? '' : segment.reason
  const what = words.join(', ')
  const text = what !== '' && why !== '' && !why.startsWith(what) ? `${what}: ${why}` : why || what
  if (text === '') return segment.rule
  return segment.rule === undefined ? text : `${text} (${segment.rule})`
}

/** Options, and what else is worth a word but no line of its own. */
export function describeOptions(segment: LadderSegment): string[] {
  // Timestamps are on every segment: they are worth reading where they are agreed on.
  const options = segment.flags.includes('SYN')
    ? segment.options
    : segment.options.filter((option) => !option.startsWith('ts='))
  return segment.marks.includes('duplicate-ack') ? [...options, 'dup ACK'] : options
}

/** Flags and numbers of a segment: relative numbers, absolute ones behind them where asked for. */
export function describeSegment(segment: LadderSegment, absolute = false): string {
  const number = (relative: number, raw: number): string => (absolute ? `${relative} (${raw})` : String(relative))
  const parts = [
    segment.flags === '' ? 'no flags' : segment.flags,
    `seq=${number(segment.relativeSequence, segment.sequence)}`,
  ]
  if (segment.acknowledgment !== undefined)
    parts.push(`ack=${number(segment.relativeAcknowledgment!, segment.acknowledgment)}`)
  parts.push(`win=${segment.windowBytes}`)
  if (segment.payloadBytes > 0) parts.push(`len=${segment.payloadBytes}`)
  if (segment.flags.includes('URG')) parts.push(`urg=${segment.urgentPointer}`)
  return parts.join(' ')
}
