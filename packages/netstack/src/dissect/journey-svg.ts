import { type OsiLayer, osiLayer } from '../layers/layers.ts'
import type { Journey, JourneyStep } from './journey.ts'
import { Svg } from './svg.ts'
import { FAINT, HAIRLINE, INK, LAYER_COLORS, MUTED, PAPER } from './theme.ts'

const WIDTH = 1120
const CARD_WIDTH = 474
const LEFT_CARD = 32
const RIGHT_CARD = WIDTH - 32 - CARD_WIDTH
const MIDDLE = WIDTH / 2
const TOP = 104
const ROW = 128
const CARD_HEIGHT = 108
/** Bits drawn as a signal. */
const DRAWN_BITS = 96
/** Rows of the byte grid before the middle of a long frame is left out. */
const GRID_ROWS = 14

const NAMES: Readonly<Record<number, string>> = {
  7: 'Application data',
  4: 'Transport header',
  3: 'Network header',
  2: 'Data link header, FCS',
}

/** Runs of bytes with one owner. */
function runsOf(
  owners: Uint8Array,
  start: number,
  end: number,
): { owner: OsiLayer['number']; start: number; end: number }[] {
  const runs: { owner: OsiLayer['number']; start: number; end: number }[] = []
  for (let at = start; at < end; ) {
    let to = at
    while (to < end && owners[to] === owners[at]) to++
    runs.push({ owner: owners[at] as OsiLayer['number'], start: at, end: to })
    at = to
  }
  return runs
}

class JourneyPicture {
  readonly #svg: Svg = new Svg()
  readonly #journey: Journey

  constructor(journey: Journey) {
    this.#journey = journey
  }

  draw(withBytes: boolean): string {
    const { down, up, dissection, message } = this.#journey
    const svg = this.#svg
    const told = new TextDecoder().decode(message.subarray(0, 40)).replaceAll(/\s+/g, ' ')
    const title =
      message.length === 0
        ? 'The journey of a segment without data'
        : `The journey of “${told}${message.length > 40 ? '…' : ''}”`
    svg.text(32, 40, title, { 'font-size': 19, 'font-weight': 600 })
    svg.text(
      32,
      62,
      'Down one stack, over the wire, up the other. Each layer adds its header on the way down and takes it off on the way up.',
      { fill: MUTED, 'font-size': 12.5 },
    )
    svg.text(LEFT_CARD, 92, `${dissection.source} sends`, { 'font-weight': 600, 'font-size': 13 })
    svg.text(RIGHT_CARD + CARD_WIDTH, 92, `${dissection.destination} receives`, {
      'font-weight': 600,
      'font-size': 13,
      'text-anchor': 'end',
    })
    down.forEach((step, i) => {
      const y = TOP + i * ROW
      this.#middle(step, y, i < down.length - 1)
      if (step.layer === 1) return
      this.#card(step, LEFT_CARD, y, i === down.length - 2 ? undefined : 'down')
      const mirrored = up.find((other) => other.layer === step.layer)!
      this.#card(mirrored, RIGHT_CARD, y, i === 0 ? undefined : 'up')
    })
    let bottom = this.#wire(TOP + (down.length - 1) * ROW)
    if (withBytes) bottom = this.#bytes(bottom + 14)
    return svg.toString(WIDTH, bottom + 18, title)
  }

  #middle(step: JourneyStep, y: number, more: boolean): void {
    const svg = this.#svg
    const { ink, fill } = LAYER_COLORS[step.layer]
    const center = y + (step.layer === 1 ? 30 : 40)
    if (more) svg.line(MIDDLE, center + 20, MIDDLE, y + ROW + (step.layer === 2 ? 8 : 18), FAINT, { 'stroke-width': 2 })
    svg.element('circle', { cx: MIDDLE, cy: center, r: 18, fill, stroke: ink, 'stroke-width': 1.5 })
    svg.text(MIDDLE, center + 6, String(step.layer), {
      'text-anchor': 'middle',
      'font-weight': 700,
      'font-size': 16,
      fill: ink,
    })
    svg.text(MIDDLE, center + 36, step.name, {
      'text-anchor': 'middle',
      'font-size': 12,
      'font-weight': 600,
      stroke: PAPER,
      'stroke-width': 5,
      'paint-order': 'stroke',
    })
    svg.text(MIDDLE, center + 52, step.unit, {
      'text-anchor': 'middle',
      'font-size': 11.5,
      fill: MUTED,
      stroke: PAPER,
      'stroke-width': 5,
      'paint-order': 'stroke',
    })
  }

  #card(step: JourneyStep, x: number, y: number, arrow: 'down' | 'up' | undefined): void {
    const svg = this.#svg
    const { ink } = LAYER_COLORS[step.layer]
    svg.rect(x, y, CARD_WIDTH, CARD_HEIGHT, PAPER, { rx: 8, stroke: HAIRLINE })
    svg.rect(x, y, 4, CARD_HEIGHT, ink, { rx: 2 })
    this.#bar(step, x + 16, y + 12, CARD_WIDTH - 32)
    step.lines.forEach((line, i) => {
      svg.text(x + 16, y + 61 + i * 17, line, { 'font-size': 12, fill: i === 0 ? INK : MUTED })
    })
    if (arrow === undefined) return
    // Down from this card to the next; up into this card from the one below.
    const at = x + CARD_WIDTH / 2
    const from = arrow === 'down' ? y + CARD_HEIGHT + 2 : y - 2
    const to = arrow === 'down' ? y + ROW - 3 : y - (ROW - CARD_HEIGHT) + 3
    this.#arrow(at, from, to)
  }

  #arrow(x: number, from: number, to: number): void {
    const way = Math.sign(to - from)
    const [start, tip] = way > 0 ? [from, to] : [from, to]
    this.#svg.line(x, start, x, tip - way * 6, MUTED, { 'stroke-width': 2 })
    this.#svg.element('polygon', {
      points: `${x},${tip} ${x - 5},${tip - way * 8} ${x + 5},${tip - way * 8}`,
      fill: MUTED,
    })
  }

  /** The unit as a bar: what each layer owns, on one scale for all cards, so that it grows on the way down. */
  #bar(step: JourneyStep, x: number, y: number, width: number): void {
    const svg = this.#svg
    const runs = runsOf(this.#journey.owners, 0, this.#journey.frame.length)
    const least = 34
    const total = this.#journey.frame.length
    const spare = width - runs.length * least
    let at = x
    for (const run of runs) {
      const wide = least + (spare * (run.end - run.start)) / total
      const shown = run.start >= step.start && run.end <= step.end
      if (shown) {
        const { ink, fill } = LAYER_COLORS[run.owner]
        svg.rect(at + 0.75, y, wide - 1.5, 28, fill, {
          rx: 4,
          stroke: ink,
          'stroke-width': run.owner === step.layer ? 2 : 1,
        })
        svg.text(at + wide / 2, y + 18, this.#label(run.owner, run.start, run.end, wide), {
          'text-anchor': 'middle',
          'font-size': 11,
          'font-weight': 600,
          fill: ink,
        })
      }
      at += wide
    }
  }

  #label(owner: number, start: number, end: number, width: number): string {
    const size = end - start
    if (owner === 2) return start === 0 ? (width > 70 ? `ETH ${size}` : 'ETH') : size === 4 ? 'FCS' : 'pad'
    const layer = this.#journey.dissection.layers.find((one) => one.layer === owner)
    const name =
      owner === 7
        ? 'data'
        : (layer?.protocol ?? '')
            .replace('ipv', 'IPv')
            .replace('tcp', 'TCP')
            .replace('udp', 'UDP')
            .replace('icmpv', 'ICMPv')
    return width > 9 * name.length + 24 ? `${name} ${size}` : name
  }

  /** The bits on the wire, from the sender's card around to the receiver's. */
  #wire(y: number): number {
    const svg = this.#svg
    const { ink } = LAYER_COLORS[1]
    const top = y + 88
    const left = LEFT_CARD + 16
    const right = RIGHT_CARD + CARD_WIDTH - 16
    this.#arrow(LEFT_CARD + CARD_WIDTH / 2, y - (ROW - CARD_HEIGHT) + 2, y + 20)
    this.#arrow(RIGHT_CARD + CARD_WIDTH / 2, y + 20, y - (ROW - CARD_HEIGHT) + 2)
    const [down, up] = [this.#journey.down.at(-1)!, this.#journey.up[0]]
    svg.text(LEFT_CARD + CARD_WIDTH / 2, y + 38, down.lines[0], { 'text-anchor': 'middle', 'font-size': 12 })
    svg.text(LEFT_CARD + CARD_WIDTH / 2, y + 55, down.lines[1], {
      'text-anchor': 'middle',
      'font-size': 12,
      fill: MUTED,
    })
    svg.text(RIGHT_CARD + CARD_WIDTH / 2, y + 38, up.lines[0], { 'text-anchor': 'middle', 'font-size': 12 })
    svg.text(RIGHT_CARD + CARD_WIDTH / 2, y + 55, up.lines[1], {
      'text-anchor': 'middle',
      'font-size': 12,
      fill: MUTED,
    })
    const step = (right - left) / (DRAWN_BITS + 4)
    let x = left
    for (let bit = 0; bit < DRAWN_BITS && bit < this.#journey.frame.length * 8; bit++) {
      const byte = bit >> 3
      const color = LAYER_COLORS[this.#journey.owners[byte] as OsiLayer['number']].ink
      const one = (this.#journey.frame[byte] >> (bit & 7)) & 1
      const before = bit === 0 ? 0 : (this.#journey.frame[(bit - 1) >> 3] >> ((bit - 1) & 7)) & 1
      const level = (value: number): number => top + (value === 1 ? 0 : 20)
      if (one !== before)
        svg.line(x, level(before), x, level(one), color, { 'stroke-width': 1.6, 'stroke-linecap': 'round' })
      svg.line(x, level(one), x + step, level(one), color, { 'stroke-width': 1.6, 'stroke-linecap': 'round' })
      svg.mono(x + step / 2, top + 36, String(one), { 'text-anchor': 'middle', 'font-size': 9, fill: color })
      if (bit % 8 === 0) svg.line(x, top + 24, x, top + 40, FAINT)
      x += step
    }
    svg.text(x + 8, top + 14, '…', { fill: ink, 'font-size': 16 })
    return top + 46
  }

  /** Every byte of the frame, coloured by the layer that owns it. */
  #bytes(top: number): number {
    const svg = this.#svg
    const { frame, owners } = this.#journey
    const rows = Math.ceil(frame.length / 16)
    const shown: (number | undefined)[] =
      rows <= GRID_ROWS
        ? Array.from({ length: rows }, (_, i) => i)
        : [...Array.from({ length: GRID_ROWS - 3 }, (_, i) => i), undefined, rows - 2, rows - 1]
    svg.line(32, top, WIDTH - 32, top, FAINT)
    svg.text(32, top + 26, `The frame, byte by byte: ${frame.length} bytes`, { 'font-weight': 600, 'font-size': 13 })
    const cell = 38
    const left = 78
    let y = top + 40
    for (const row of shown) {
      if (row === undefined) {
        svg.text(left + cell * 8, y + 16, '⋯', { 'text-anchor': 'middle', fill: MUTED, 'font-size': 16 })
        y += 25
        continue
      }
      svg.mono(left - 12, y + 16, String(row * 16), { 'text-anchor': 'end', fill: MUTED, 'font-size': 10 })
      for (let i = 0; i < 16 && row * 16 + i < frame.length; i++) {
        const at = row * 16 + i
        const { ink, fill } = LAYER_COLORS[owners[at] as OsiLayer['number']]
        svg.rect(left + i * cell, y, cell - 2, 22, fill, { rx: 3 })
        svg.mono(left + i * cell + cell / 2 - 1, y + 15.5, frame[at].toString(16).padStart(2, '0'), {
          'text-anchor': 'middle',
          'font-size': 12,
          fill: ink,
        })
      }
      y += 25
    }
    this.#owners(left + 16 * cell + 34, top + 44)
    return Math.max(y, top + 44 + 4 * 50)
  }

  #owners(x: number, top: number): void {
    const svg = this.#svg
    const { owners, dissection } = this.#journey
    let y = top
    for (const layer of [7, 4, 3, 2] as const) {
      const count = owners.reduce((sum, owner) => sum + (owner === layer ? 1 : 0), 0)
      if (count === 0) continue
      const { ink, fill } = LAYER_COLORS[layer]
      const own = dissection.layers.find((one) => one.layer === layer)
      svg.rect(x, y - 2, 26, 26, fill, { rx: 5, stroke: ink })
      svg.text(x + 13, y + 16, String(layer), {
        'text-anchor': 'middle',
        'font-weight': 700,
        fill: ink,
        'font-size': 13,
      })
      svg.text(x + 36, y + 8, `${NAMES[layer]}: ${count} bytes`, { 'font-size': 12, 'font-weight': 600 })
      svg.text(
        x + 36,
        y + 24,
        `${osiLayer(layer).name}, ${layer === 7 ? 'what the program wrote' : (own?.label ?? '')}`.slice(0, 48),
        { 'font-size': 11, fill: MUTED },
      )
      y += 50
    }
  }
}

/** The journey as an SVG picture; `bytes: false` leaves off the grid of all bytes. */
export function drawJourney(journey: Journey, options: { bytes?: boolean } = {}): string {
  return new JourneyPicture(journey).draw(options.bytes ?? true)
}
