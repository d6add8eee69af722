import type { Ladder, LadderSegment, LadderState } from './ladder.ts'
import {
  describeGap,
  describeMarks,
  describeOptions,
  describeSegment,
  formatMs,
  isGap,
  type LadderGap,
  type LadderRow,
  ladderRows,
} from './ladder-rows.ts'
import { Svg } from './svg.ts'
import { CLIENT_COLOR, FAINT, INK, LOSS_COLOR, MUTED, PAPER, REPAIR_COLOR, SERVER_COLOR } from './theme.ts'

export interface LadderSvgOptions {
  /** Most rows; default 120. */
  rows?: number
  title?: string
}

const WIDTH = 1120
const LEFT = 250
const RIGHT = WIDTH - LEFT
const TOP = 118
/** Room that a line of text takes above its arrow. */
const LABEL_HEIGHT = 19
const SECOND_LINE_HEIGHT = 13
/** How far an arrow falls when sending and arriving have one time. */
const SLANT = 7

const STATE_COLORS: Readonly<Record<string, string>> = {
  CLOSED: '#94a3b8',
  LISTEN: '#64748b',
  'SYN-SENT': '#8b5cf6',
  'SYN-RECEIVED': '#a78bfa',
  ESTABLISHED: '#16a34a',
  'FIN-WAIT-1': '#f59e0b',
  'FIN-WAIT-2': '#fbbf24',
  CLOSING: '#ea580c',
  'CLOSE-WAIT': '#f97316',
  'LAST-ACK': '#fb923c',
  'TIME-WAIT': '#eab308',
}

/** Something that happens at one end, and so needs a height of its own. */
interface Event {
  atMs: number
  order: number
  side: 0 | 1
  /** Pixels that must lie between it and the event before it at the same end. */
  room: number
  row: number
  y: number
}

function secondLines(segment: LadderSegment): string[] {
  const lines: string[] = []
  const options = describeOptions(segment).join('  ')
  if (options !== '') lines.push(options)
  const marks = describeMarks(segment)
  if (marks !== undefined) lines.push(marks)
  return lines
}

/** Heights: in the order of time, no closer than the labels need, and wider the longer the wait, on a logarithmic scale. */
function layOut(rows: readonly LadderRow[], twoSided: boolean): { events: Event[]; bottom: number } {
  const events: Event[] = []
  let landedMs = 0
  const transitMs: [number, number] = [0, 0]
  rows.forEach((row, i) => {
    if (isGap(row)) {
      // What is still on its way arrives first, where there is time for it: its arrow is not hidden then.
      const next = rows[i + 1]
      const untilMs = next === undefined || isGap(next) ? row.toMs : next.sentMs
      const atMs = Math.max(row.fromMs, Math.min(landedMs, untilMs))
      for (const side of [0, 1] as const) events.push({ atMs, order: 2 * i, side, room: 34, row: i, y: 0 })
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
  events.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
  const waits = events
    .slice(1)
    .map((event, i) => event.atMs - events[i].atMs)
    .filter((wait) => wait > 0)
    .sort((a, b) => a - b)
  const usual = waits[waits.length >> 1] ?? 1
  const last: [number, number] = [TOP, TOP]
  let y = TOP + 8
  let before = events[0]?.atMs ?? 0
  let pending = 0
  for (const event of events) {
    const wait = event.atMs - before
    y += wait <= 0 ? 0 : Math.min(64, 9 * Math.log2(1 + wait / usual))
    event.y = Math.max(y, last[event.side] + event.room, TOP + event.room)
    // The line that a label leaves beneath its arrow pushes what follows at that end.
    const lines =
      event.order % 2 === 0 && !isGap(rows[event.row]) ? (event.room - LABEL_HEIGHT) / SECOND_LINE_HEIGHT : 0
    pending = lines === 0 ? 0 : lines * SECOND_LINE_HEIGHT + 8
    last[event.side] = event.y + pending
    y = Math.max(y, event.y)
    before = event.atMs
  }
  return { events, bottom: Math.max(...last, TOP + 30) + 30 }
}

class LadderPicture {
  readonly #svg: Svg = new Svg()
  readonly #ladder: Ladder
  readonly #rows: LadderRow[]
  readonly #events: Event[]
  readonly #bottom: number
  readonly #title: string

  constructor(ladder: Ladder, options: LadderSvgOptions) {
    this.#ladder = ladder
    this.#rows = ladderRows(ladder, options.rows)
    const { events, bottom } = layOut(this.#rows, ladder.twoSided)
    this.#events = events
    this.#bottom = bottom
    this.#title = options.title ?? 'TCP connection, segment by segment'
  }

  draw(): string {
    this.#heading()
    this.#lifelines()
    this.#waits()
    this.#rows.forEach((row, i) => {
      const own = this.#events.filter((event) => event.row === i)
      if (isGap(row)) this.#gap(row, own[0].y)
      else
        this.#arrow(row, own.find((event) => event.order % 2 === 0)!.y, own.find((event) => event.order % 2 === 1)?.y)
    })
    this.#times()
    const height = this.#legend()
    return this.#svg.toString(WIDTH, height, this.#title)
  }

  #heading(): void {
    const svg = this.#svg
    svg.text(32, 36, this.#title, { 'font-size': 17, 'font-weight': 600 })
    for (const side of [0, 1] as const) {
      const end = side === 0 ? this.#ladder.client : this.#ladder.server
      const x = side === 0 ? LEFT : RIGHT
      const color = side === 0 ? CLIENT_COLOR : SERVER_COLOR
      const name = end.address.includes(':') ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`
      const half = Math.max(100, name.length * 3.9 + 14)
      svg.rect(x - half, 56, half * 2, 42, PAPER, { rx: 7, stroke: color, 'stroke-width': 1.5 })
      svg.text(x, 73, name, { 'text-anchor': 'middle', 'font-weight': 600, fill: color, 'font-size': 13 })
      const initial = this.#ladder.initialSequence[side]
      svg.mono(x, 89, initial === undefined ? 'joined in the middle' : `ISN ${initial}`, {
        'text-anchor': 'middle',
        fill: MUTED,
        'font-size': 10,
      })
    }
  }

  /** Height of a moment at one end: that of the last event there not after it. */
  #heightAt(side: 0 | 1, ms: number): number {
    let y = TOP
    for (const event of this.#events) {
      if (event.side !== side && this.#ladder.twoSided) continue
      if (event.atMs > ms + 1e-9) break
      // Seen at one place, a segment changes its receiver's state where the arrow ends.
      const row = this.#rows[event.row]
      y = event.y + (!this.#ladder.twoSided && !isGap(row) && row.from !== side ? SLANT : 0)
    }
    return y
  }

  #lifelines(): void {
    for (const side of [0, 1] as const) {
      const x = side === 0 ? LEFT : RIGHT
      const states = this.#ladder.states.filter((state) => state.side === side)
      this.#svg.line(x, 98, x, this.#bottom, FAINT, { 'stroke-width': 2 })
      let lowest = 0
      states.forEach((state, i) => {
        const from = i === 0 ? 102 : this.#heightAt(side, state.atMs)
        const to = i + 1 < states.length ? this.#heightAt(side, states[i + 1].atMs) : this.#bottom
        lowest = this.#state(side, state, from, Math.max(from, to), lowest)
      })
    }
  }

  #state(side: 0 | 1, state: LadderState, from: number, to: number, lowest: number): number {
    const svg = this.#svg
    const x = side === 0 ? LEFT : RIGHT
    const color = STATE_COLORS[state.state] ?? MUTED
    svg.rect(x - 3.5, from, 7, Math.max(2, to - from), color, { rx: 3 })
    const y = Math.max(from + 9, lowest)
    const outward = side === 0 ? -14 : 14
    const anchor = side === 0 ? 'end' : 'start'
    svg.text(x + outward, y, state.state, { 'text-anchor': anchor, fill: INK, 'font-size': 10.5, 'font-weight': 600 })
    svg.element('circle', { cx: x + outward * 0.55, cy: y - 3.5, r: 2.5, fill: color })
    return y + 13
  }

  /** A wait that is long against the others is written between the ends. */
  #waits(): void {
    for (let i = 1; i < this.#events.length; i++) {
      const [before, event] = [this.#events[i - 1], this.#events[i]]
      const wait = event.atMs - before.atMs
      const space = event.y - before.y - event.room
      if (wait < 1 || space < 24 || isGap(this.#rows[before.row]) || this.#inFlight(before.atMs, event.atMs)) continue
      const y = before.y + (event.y - event.room - before.y) / 2 + 10
      this.#svg.text(WIDTH / 2, y, `${formatMs(wait)} pass`, {
        'text-anchor': 'middle',
        fill: MUTED,
        'font-size': 10.5,
        'font-style': 'italic',
      })
    }
  }

  /** Whether a segment is on its way all that time: its arrow then fills the space. */
  #inFlight(fromMs: number, toMs: number): boolean {
    return this.#rows.some(
      (row) => !isGap(row) && row.receivedMs !== undefined && row.sentMs <= fromMs && row.receivedMs >= toMs,
    )
  }

  /** How far the arrows of that side fall just there: one that never arrives is drawn along with its neighbours. */
  #usualFall(segment: LadderSegment): number {
    const fallOf = (i: number): number | undefined => {
      const row = this.#rows[i]
      if (row === undefined || isGap(row) || row.from !== segment.from || row.receivedMs === undefined) return undefined
      const [sent, arrived] = [0, 1].map(
        (parity) => this.#events.find((event) => event.row === i && event.order % 2 === parity)?.y,
      )
      return arrived === undefined || sent === undefined ? undefined : arrived - sent
    }
    const at = this.#rows.indexOf(segment)
    for (let distance = 1; distance < 12; distance++) {
      const fall = fallOf(at - distance) ?? fallOf(at + distance)
      if (fall !== undefined) return fall
    }
    return 30
  }

  #gap(gap: LadderGap, y: number): void {
    const svg = this.#svg
    const top = y - 22
    const text = `⋯  ${describeGap(gap)}  ⋯`
    const half = text.length * 3.4 + 14
    svg.rect(WIDTH / 2 - half, top, half * 2, 26, '#f8fafc', {
      rx: 13,
      stroke: FAINT,
      'fill-opacity': 0.94,
      'stroke-dasharray': '4 3',
    })
    svg.text(WIDTH / 2, top + 17, text, {
      'text-anchor': 'middle',
      fill: MUTED,
      'font-size': 11.5,
    })
  }

  #arrow(segment: LadderSegment, sentY: number, arrivedY: number | undefined): void {
    const svg = this.#svg
    const repaired = segment.marks.includes('retransmission')
    const lost = segment.receivedMs === undefined
    const dropped = segment.marks.includes('dropped')
    const color =
      lost || dropped || segment.marks.includes('reset')
        ? LOSS_COLOR
        : repaired
          ? REPAIR_COLOR
          : segment.from === 0
            ? CLIENT_COLOR
            : SERVER_COLOR
    const direction = segment.from === 0 ? 1 : -1
    const x1 = (segment.from === 0 ? LEFT : RIGHT) + direction * 5
    const wholeX2 = (segment.from === 0 ? RIGHT : LEFT) - direction * 5
    const wholeY2 = arrivedY ?? sentY + (lost ? this.#usualFall(segment) : SLANT)
    const share = lost ? 0.62 : 1
    const x2 = x1 + (wholeX2 - x1) * share
    const y2 = sentY + (wholeY2 - sentY) * share
    svg.line(x1, sentY, x2, y2, color, { 'stroke-width': 1.6, 'stroke-dasharray': repaired ? '7 3' : undefined })
    const angle = Math.atan2(y2 - sentY, x2 - x1)
    if (lost || dropped) this.#cross(x2, y2)
    else this.#head(x2, y2, angle, color)
    this.#label(segment, x1, sentY, x2, y2, color)
  }

  #head(x: number, y: number, angle: number, color: string): void {
    const at = (turn: number): string =>
      `${(x - 9 * Math.cos(angle + turn)).toFixed(1)},${(y - 9 * Math.sin(angle + turn)).toFixed(1)}`
    this.#svg.element('polygon', { points: `${x.toFixed(1)},${y.toFixed(1)} ${at(0.42)} ${at(-0.42)}`, fill: color })
  }

  #cross(x: number, y: number): void {
    for (const tilt of [-1, 1])
      this.#svg.line(x - 6, y - 6 * tilt, x + 6, y + 6 * tilt, LOSS_COLOR, {
        'stroke-width': 2.6,
        'stroke-linecap': 'round',
      })
  }

  /** What the segment says, along its arrow, beginning at its sender. */
  #label(segment: LadderSegment, x1: number, y1: number, x2: number, y2: number, color: string): void {
    const degrees = (Math.atan2((y2 - y1) * Math.sign(x2 - x1), Math.abs(x2 - x1)) * 180) / Math.PI
    const x = x1 + (segment.from === 0 ? 12 : -12)
    const y = y1 + ((y2 - y1) * 12) / Math.abs(x2 - x1)
    const anchor = segment.from === 0 ? 'start' : 'end'
    const common = {
      'text-anchor': anchor,
      transform: `rotate(${degrees.toFixed(2)} ${x} ${y.toFixed(1)})`,
      stroke: PAPER,
      'stroke-width': 3.5,
      'paint-order': 'stroke',
      'stroke-linejoin': 'round',
    }
    const text = describeSegment(segment)
    const [, flags, rest] = /^(\S+|no flags) (.*)$/.exec(text)!
    const absolute = `seq ${segment.sequence}${segment.acknowledgment === undefined ? '' : `, ack ${segment.acknowledgment}`}, sent ${segment.sentMs.toFixed(3)} ms, packet ${segment.index + 1}`
    this.#svg.element(
      'text',
      {
        x,
        y: y - 5,
        'font-size': 11,
        'font-family': "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
        fill: INK,
        ...common,
      },
      `<title>${absolute}</title><tspan font-weight="700" fill="${color}">${flags}</tspan> ${rest}`,
    )
    secondLines(segment).forEach((line, i) => {
      const why = line === describeMarks(segment)
      this.#svg.text(x, y + 11 + i * SECOND_LINE_HEIGHT, line, {
        'font-size': 10,
        fill: why ? reasonColor(segment) : MUTED,
        'font-style': why ? 'italic' : undefined,
        ...common,
      })
    })
  }

  #times(): void {
    const lowest = [0, 0]
    for (const event of this.#events) {
      if (event.y < lowest[event.side] || isGap(this.#rows[event.row])) continue
      const x = event.side === 0 ? 84 : WIDTH - 84
      this.#svg.mono(x, event.y + 3.5, event.atMs.toFixed(3), {
        'text-anchor': event.side === 0 ? 'end' : 'start',
        'font-size': 10,
        fill: MUTED,
      })
      lowest[event.side] = event.y + 12
    }
    this.#svg.text(84, 89, 'ms', { 'text-anchor': 'end', fill: MUTED, 'font-size': 10.5 })
    this.#svg.text(WIDTH - 84, 89, 'ms', { fill: MUTED, 'font-size': 10.5 })
  }

  #legend(): number {
    const svg = this.#svg
    const y = this.#bottom + 30
    svg.line(32, y - 18, WIDTH - 32, y - 18, FAINT)
    let x = 32
    const entry = (text: string, draw: (x: number) => void): void => {
      draw(x)
      svg.text(x + 36, y + 4, text, { fill: MUTED, 'font-size': 11 })
      x += 54 + text.length * 6.2
    }
    entry('client to server', (at) => svg.line(at, y, at + 28, y, CLIENT_COLOR, { 'stroke-width': 2 }))
    entry('server to client', (at) => svg.line(at, y, at + 28, y, SERVER_COLOR, { 'stroke-width': 2 }))
    entry('retransmitted', (at) =>
      svg.line(at, y, at + 28, y, REPAIR_COLOR, { 'stroke-width': 2, 'stroke-dasharray': '7 3' }),
    )
    entry('lost or dropped', (at) => {
      svg.line(at, y, at + 18, y, LOSS_COLOR, { 'stroke-width': 2 })
      this.#cross(at + 22, y)
    })
    svg.text(WIDTH - 32, y + 4, 'seq and ack relative to the ISNs; windows in bytes; time not to scale', {
      'text-anchor': 'end',
      fill: MUTED,
      'font-size': 11,
    })
    return y + 26
  }
}

function reasonColor(segment: LadderSegment): string {
  if (segment.receivedMs === undefined || segment.marks.includes('dropped')) return LOSS_COLOR
  return segment.marks.includes('retransmission') ? REPAIR_COLOR : MUTED
}

/** A ladder as an SVG picture: both ends with their states, each segment as an arrow, what was lost and what was repaired, and why. */
export function drawLadder(ladder: Ladder, options: LadderSvgOptions = {}): string {
  return new LadderPicture(ladder, options).draw()
}
