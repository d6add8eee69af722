import type { Ladder, LadderSegment, LadderState } from './ladder.ts'
import {
  LADDER_SPAN,
  LADDER_TOP,
  type LadderEvent,
  type LadderLayout,
  LOST_SHARE,
  layOutLadder,
  SECOND_LINE_HEIGHT,
  SLANT,
  secondLines,
} from './ladder-layout.ts'
import {
  describeGap,
  describeSegment,
  formatMs,
  isGap,
  type LadderGap,
  type LadderRow,
  ladderRows,
} from './ladder-rows.ts'
import { Svg, textWidth } from './svg.ts'
import { CLIENT_COLOR, FAINT, INK, LOSS_COLOR, MONO, MUTED, PALE, PAPER, REPAIR_COLOR, SERVER_COLOR } from './theme.ts'

export interface LadderSvgOptions {
  /** Most rows; default 120. */
  rows?: number
  title?: string
}

const WIDTH = 1120
const LEFT = (WIDTH - LADDER_SPAN) / 2
const RIGHT = WIDTH - LEFT
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

/** An arrow's line. */
interface Way {
  x1: number
  y1: number
  x2: number
  y2: number
}

class LadderPicture {
  readonly #svg: Svg = new Svg()
  readonly #ladder: Ladder
  readonly #rows: LadderRow[]
  readonly #layout: LadderLayout
  readonly #events: readonly LadderEvent[]
  readonly #bottom: number
  readonly #title: string

  constructor(ladder: Ladder, options: LadderSvgOptions) {
    this.#ladder = ladder
    this.#rows = ladderRows(ladder, options.rows)
    this.#layout = layOutLadder(this.#rows, ladder.twoSided)
    this.#events = this.#layout.events
    this.#bottom = this.#layout.bottom
    this.#title = options.title ?? 'TCP connection, segment by segment'
  }

  draw(): string {
    this.#heading()
    this.#lifelines()
    this.#waits()
    this.#rows.forEach((row, i) => {
      if (isGap(row)) this.#gap(row, this.#layout.heights.get(i)!)
      else this.#arrow(row, this.#way(row, i))
    })
    // Above all arrows, so that none strikes it through.
    this.#rows.forEach((row, i) => {
      if (!isGap(row)) this.#label(row, this.#way(row, i))
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
    let y = LADDER_TOP
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
      const top = this.#beneath(before)
      const space = event.y - event.room - top
      if (wait < 1 || space < 18 || isGap(this.#rows[before.row]) || this.#inFlight(before.atMs, event.atMs)) continue
      this.#svg.text(WIDTH / 2, top + space / 2 + 4, `${formatMs(wait)} pass`, {
        'text-anchor': 'middle',
        fill: MUTED,
        'font-size': 10.5,
        'font-style': 'italic',
      })
    }
  }

  /** Where there is nothing any more of the arrow that an event is the beginning or the end of. */
  #beneath(event: LadderEvent): number {
    const row = this.#rows[event.row]
    if (isGap(row) || event.order % 2 === 1) return event.y
    const lines = secondLines(row).length
    const tip = row.receivedMs === undefined ? this.#layout.falls.get(event.row)! * LOST_SHARE + 6 : 0
    return event.y + Math.max(tip, lines === 0 ? 0 : lines * SECOND_LINE_HEIGHT + 4)
  }

  /** Whether a segment is on its way all that time: its arrow then fills the space. */
  #inFlight(fromMs: number, toMs: number): boolean {
    return this.#rows.some(
      (row) => !isGap(row) && row.receivedMs !== undefined && row.sentMs <= fromMs && row.receivedMs >= toMs,
    )
  }

  #gap(gap: LadderGap, y: number): void {
    const svg = this.#svg
    const top = y - 22
    const text = `⋯  ${describeGap(gap)}  ⋯`
    const half = text.length * 3.4 + 14
    svg.rect(WIDTH / 2 - half, top, half * 2, 26, PALE, {
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

  /** From where to where the arrow of a row goes. */
  #way(segment: LadderSegment, row: number): Way {
    const direction = segment.from === 0 ? 1 : -1
    const x1 = (segment.from === 0 ? LEFT : RIGHT) + direction * 5
    const y1 = this.#layout.heights.get(row)!
    const share = segment.receivedMs === undefined ? LOST_SHARE : 1
    const fall = this.#layout.falls.get(row)!
    return { x1, y1, x2: x1 + direction * (LADDER_SPAN - 10) * share, y2: y1 + fall * share }
  }

  #arrow(segment: LadderSegment, { x1, y1, x2, y2 }: Way): void {
    const color = colorOf(segment)
    const repaired = segment.marks.includes('retransmission')
    this.#svg.line(x1, y1, x2, y2, color, { 'stroke-width': 1.6, 'stroke-dasharray': repaired ? '7 3' : undefined })
    if (segment.receivedMs === undefined || segment.marks.includes('dropped')) this.#cross(x2, y2)
    else this.#head(x2, y2, Math.atan2(y2 - y1, x2 - x1), color)
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
  #label(segment: LadderSegment, { x1, y1, x2, y2 }: Way): void {
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
        'font-family': MONO,
        fill: INK,
        ...common,
      },
      `<title>${absolute}</title><tspan font-weight="700" fill="${colorOf(segment)}">${flags}</tspan> ${rest}`,
    )
    secondLines(segment).forEach(({ text: line, why }, i) => {
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
      x += 58 + textWidth(text, 11)
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

function colorOf(segment: LadderSegment): string {
  const { marks, from } = segment
  if (segment.receivedMs === undefined || marks.includes('dropped') || marks.includes('reset')) return LOSS_COLOR
  if (marks.includes('retransmission')) return REPAIR_COLOR
  return from === 0 ? CLIENT_COLOR : SERVER_COLOR
}

function reasonColor(segment: LadderSegment): string {
  if (segment.receivedMs === undefined || segment.marks.includes('dropped')) return LOSS_COLOR
  return segment.marks.includes('retransmission') ? REPAIR_COLOR : MUTED
}

/** A ladder as an SVG picture: both ends with their states, each segment as an arrow, what was lost and what was repaired, and why. */
export function drawLadder(ladder: Ladder, options: LadderSvgOptions = {}): string {
  return new LadderPicture(ladder, options).draw()
}
