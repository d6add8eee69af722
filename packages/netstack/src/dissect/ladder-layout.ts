import type { LadderSegment } from './ladder.ts'
import { describeMarks, describeOptions, describeSegment, isGap, type LadderRow, wrapWords } from './ladder-rows.ts'

export const LADDER_TOP = 118
/** From one end's line to the other's. */
export const LADDER_SPAN = 620
/** Room that a line of text takes above its arrow. */
const LABEL_HEIGHT = 19
/** Of each line beneath an arrow. */
export const SECOND_LINE_HEIGHT = 13
/** How far the pill of a gap reaches above its height, and how much is free around it. */
const GAP_ROOM = 34
/** How far an arrow falls when sending and arriving have one time. */
export const SLANT = 7
/** How far one falls that is lost and has no neighbour that arrives. */
const LONELY_FALL = 30
/** How much of its way a lost segment is drawn. */
export const LOST_SHARE = 0.62
/** Widths of characters, on the wide side of what fonts have. */
const LABEL_CHARACTER = 6.7
const SECOND_CHARACTER = 5.5
const SECOND_LINE_CHARACTERS = 112

/** Something that happens at one end, and so needs a height of its own. */
export interface LadderEvent {
  atMs: number
  order: number
  side: 0 | 1
  /** Pixels that must lie between it and the event before it at the same end. */
  room: number
  row: number
  y: number
}

/** Where everything is drawn. */
export interface LadderLayout {
  readonly events: readonly LadderEvent[]
  /** Where a row begins, by its index: a segment at its sender, a gap. */
  readonly heights: ReadonlyMap<number, number>
  /** How far the arrow of a row falls on its way, by the row's index. */
  readonly falls: ReadonlyMap<number, number>
  readonly bottom: number
}

/** What is written beneath an arrow; `why` is the reason, as against options. */
export function secondLines(segment: LadderSegment): { text: string; why: boolean }[] {
  const options = describeOptions(segment).join('  ')
  const lines = options === '' ? [] : [{ text: options, why: false }]
  for (const text of wrapWords(describeMarks(segment) ?? '', SECOND_LINE_CHARACTERS)) lines.push({ text, why: true })
  return lines
}

function eventsOf(rows: readonly LadderRow[], twoSided: boolean): LadderEvent[] {
  const events: LadderEvent[] = []
  let landedMs = 0
  const transitMs: [number, number] = [0, 0]
  rows.forEach((row, i) => {
    if (isGap(row)) {
      // What is still on its way arrives first, where there is time for it: its arrow is not hidden then.
      const next = rows[i + 1]
      const untilMs = next === undefined || isGap(next) ? row.toMs : next.sentMs
      const atMs = Math.max(row.fromMs, Math.min(landedMs, untilMs))
      for (const side of [0, 1] as const) events.push({ atMs, order: 2 * i, side, room: GAP_ROOM, row: i, y: 0 })
      return
    }
    if (row.receivedMs !== undefined) transitMs[row.from] = row.receivedMs - row.sentMs
    landedMs = Math.max(landedMs, row.sentMs + transitMs[row.from])
    const room = LABEL_HEIGHT + secondLines(row).length * SECOND_LINE_HEIGHT
    events.push({ atMs: row.sentMs, order: 2 * i, side: row.from, room, row: i, y: 0 })
    if (row.receivedMs !== undefined && twoSided) {
      events.push({ atMs: row.receivedMs, order: 2 * i + 1, side: (1 - row.from) as 0 | 1, room: 9, row: i, y: 0 })
    }
  })
  return events.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
}

/** Heights in the order of time, no closer than `room` asks for, and wider the longer the wait, on a logarithmic scale. */
function setHeights(events: readonly LadderEvent[], rows: readonly LadderRow[], twoSided: boolean): void {
  const waits = events
    .slice(1)
    .map((event, i) => event.atMs - events[i].atMs)
    .filter((wait) => wait > 0)
    .sort((a, b) => a - b)
  const usual = waits[waits.length >> 1] ?? 1
  const last: [number, number] = [LADDER_TOP, LADDER_TOP]
  let y = LADDER_TOP + 8
  let before = events[0]?.atMs ?? 0
  for (const event of events) {
    const wait = event.atMs - before
    y += wait <= 0 ? 0 : Math.min(64, 9 * Math.log2(1 + wait / usual))
    before = event.atMs
    if (isGap(rows[event.row])) {
      // Between both ends: below what has arrived at either.
      if (event.side === 0) y = Math.max(y, Math.max(...last) + event.room)
      event.y = y
      last[event.side] = y
      continue
    }
    // Captured at one place, an arrow ends about where it begins: nothing else has its height, at either end.
    const free = twoSided ? last[event.side] : Math.max(...last)
    event.y = Math.max(y, free + event.room)
    // The line that a label leaves beneath its arrow pushes what follows at that end.
    const lines = event.order % 2 === 0 ? (event.room - LABEL_HEIGHT) / SECOND_LINE_HEIGHT : 0
    last[event.side] = event.y + (lines > 0 ? lines * SECOND_LINE_HEIGHT + 8 : twoSided ? 0 : SLANT)
    y = Math.max(y, event.y)
  }
}

/** How much lower a following arrow must arrive, so that its label and what stands beneath the one before do not meet. */
function missingFall(
  before: { segment: LadderSegment; y: number; fall: number },
  after: { segment: LadderSegment; y: number; fall: number },
): number {
  const label = Math.min(LADDER_SPAN, describeSegment(after.segment).length * LABEL_CHARACTER + 12)
  const lines = secondLines(before.segment)
  const beneath = Math.max(0, ...lines.map(({ text }) => text.length * SECOND_CHARACTER + 12))
  const missing = (until: number, needed: number): number => {
    const share = until / LADDER_SPAN
    return share === 0 ? 0 : (needed - (after.y - before.y)) / share - (after.fall - before.fall)
  }
  const arrow = missing(label, LABEL_HEIGHT - 4)
  return Math.max(0, arrow, missing(Math.min(label, beneath), LABEL_HEIGHT - 1 + lines.length * SECOND_LINE_HEIGHT))
}

/** How far each arrow falls. Where labels of one burst would meet, because arrivals are closer than departures, the later arrow falls further. */
function setFalls(
  events: readonly LadderEvent[],
  rows: readonly LadderRow[],
  twoSided: boolean,
): ReadonlyMap<number, number> {
  const falls = new Map<number, number>()
  const sent: (LadderEvent | undefined)[] = []
  const arrived: (LadderEvent | undefined)[] = []
  for (const event of events) (event.order % 2 === 0 ? sent : arrived)[event.row] = event
  const before: { segment: LadderSegment; y: number; fall: number }[] = []
  const fallOf = (i: number): number | undefined => (arrived[i] === undefined ? undefined : arrived[i].y - sent[i]!.y)
  const transitMs = [0, 0]
  /** A segment that never arrives is drawn along with its neighbours, and ends above what happens when it would have arrived. */
  const lostFall = (segment: LadderSegment, i: number): number => {
    const next = rows.findIndex(
      (row, k) => k > i && !isGap(row) && row.from === segment.from && fallOf(k) !== undefined,
    )
    const usual = before[segment.from]?.fall ?? fallOf(next) ?? LONELY_FALL
    const untilMs = segment.sentMs + transitMs[segment.from]
    const later = events.find((event) => event.order % 2 === 0 && event.order > 2 * i && event.atMs > untilMs)
    const free = later === undefined ? usual : (later.y - later.room - sent[i]!.y) / LOST_SHARE
    return Math.max(SLANT, Math.min(usual, free))
  }
  rows.forEach((row, i) => {
    if (isGap(row)) return
    const { y } = sent[i]!
    const arrival = arrived[i]
    const fall = fallOf(i) ?? (row.receivedMs === undefined && twoSided ? lostFall(row, i) : SLANT)
    if (row.receivedMs !== undefined) transitMs[row.from] = row.receivedMs - row.sentMs
    const arrow = { segment: row, y, fall }
    const missing = before[row.from] === undefined ? 0 : missingFall(before[row.from], arrow)
    if (missing > 0 && arrival !== undefined) {
      for (const event of events.slice(events.indexOf(arrival))) event.y += missing
      arrow.fall += missing
    }
    falls.set(i, arrow.fall)
    before[row.from] = arrow
  })
  return falls
}

/** Finds the heights of all events of a ladder. */
export function layOutLadder(rows: readonly LadderRow[], twoSided: boolean): LadderLayout {
  const events = eventsOf(rows, twoSided)
  setHeights(events, rows, twoSided)
  const falls = setFalls(events, rows, twoSided)
  const heights = new Map<number, number>()
  let bottom = LADDER_TOP + 30
  for (const event of events) {
    if (event.order % 2 === 0) heights.set(event.row, event.y)
    const row = rows[event.row]
    const beneath = isGap(row) ? 0 : secondLines(row).length * SECOND_LINE_HEIGHT + 8
    bottom = Math.max(bottom, event.y + (event.order % 2 === 0 ? Math.max(beneath, falls.get(event.row) ?? 0) : 0))
  }
  return { events, heights, falls, bottom: bottom + 30 }
}
