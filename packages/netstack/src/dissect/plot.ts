import { formatCount } from './ladder-rows.ts'
import { Svg, textWidth } from './svg.ts'
import { FAINT, HAIRLINE, INK, LOSS_COLOR, MUTED, REPAIR_COLOR } from './theme.ts'

/** A quantity over time. */
export interface PlotSeries {
  name: string
  color: string
  /** Time in milliseconds and value, in the order of time. Values that are not finite are left out. */
  points: readonly (readonly [number, number])[]
  /** A value holds until the next one (default), or is a measurement on its own. */
  shape?: 'step' | 'dots'
  dashed?: boolean
  /** Filled down to the axis. */
  filled?: boolean
}

/** One diagram; all diagrams of a picture have one time axis. */
export interface PlotPanel {
  title: string
  unit: 'bytes' | 'ms' | 'bytes/s'
  series: readonly PlotSeries[]
}

/** Something that happened at a moment. */
export interface PlotMark {
  atMs: number
  kind: 'lost' | 'retransmission'
}

export interface PlotOptions {
  title?: string
  subtitle?: string
  marks?: readonly PlotMark[]
}

const WIDTH = 1120
const LEFT = 92
const RIGHT = WIDTH - 36
const PANEL_HEIGHT = 190
const PANEL_GAP = 58
const TOP = 104

/** A round step that divides the range into about `count` parts. */
function niceStep(range: number, count: number): number {
  const rough = range / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const share = rough / power
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power
}

function formatValue(value: number, unit: PlotPanel['unit']): string {
  if (unit === 'ms') return `${formatCount(value)} ms`
  const suffix = unit === 'bytes/s' ? '/s' : ''
  if (value >= 1e6) return `${Math.round(value / 1e4) / 100} MB${suffix}`
  if (value >= 1e3) return `${Math.round(value / 10) / 100} kB${suffix}`
  return `${value} B${suffix}`
}

/** No more points than pixels can show: of each column the first, the least, the greatest and the last. */
function thin(
  points: readonly (readonly [number, number])[],
  fromMs: number,
  toMs: number,
): (readonly [number, number])[] {
  const finite = points.filter(([, value]) => Number.isFinite(value))
  const columns = (RIGHT - LEFT) * 2
  if (finite.length <= columns * 2) return [...finite]
  const kept: (readonly [number, number])[] = []
  let at = 0
  while (at < finite.length) {
    const column = Math.floor(((finite[at][0] - fromMs) / (toMs - fromMs)) * columns)
    let end = at
    let low = at
    let high = at
    while (end < finite.length && Math.floor(((finite[end][0] - fromMs) / (toMs - fromMs)) * columns) === column) {
      if (finite[end][1] < finite[low][1]) low = end
      if (finite[end][1] > finite[high][1]) high = end
      end++
    }
    for (const i of [...new Set([at, low, high, end - 1])].sort((a, b) => a - b)) kept.push(finite[i])
    at = end
  }
  return kept
}

class PlotPicture {
  readonly #svg: Svg = new Svg()
  readonly #panels: readonly PlotPanel[]
  readonly #options: PlotOptions
  readonly #fromMs: number
  readonly #toMs: number

  constructor(panels: readonly PlotPanel[], options: PlotOptions) {
    this.#panels = panels
    this.#options = options
    const times = panels.flatMap((panel) => panel.series.flatMap((series) => series.points.map(([ms]) => ms)))
    this.#fromMs = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
    this.#toMs = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY)
    this.#fromMs = Number.isFinite(this.#fromMs) ? Math.min(0, this.#fromMs) : 0
    if (!(this.#toMs > this.#fromMs)) this.#toMs = this.#fromMs + 1
  }

  draw(): string {
    const svg = this.#svg
    const title = this.#options.title ?? 'A TCP sender over time'
    svg.text(32, 38, title, { 'font-size': 17, 'font-weight': 600 })
    if (this.#options.subtitle !== undefined) svg.text(32, 58, this.#options.subtitle, { fill: MUTED, 'font-size': 12 })
    let top = TOP
    for (const panel of this.#panels) {
      this.#panel(panel, top)
      top += PANEL_HEIGHT + PANEL_GAP
    }
    const height = this.#timeAxis(top - PANEL_GAP)
    return svg.toString(WIDTH, height, title)
  }

  #x(ms: number): number {
    return LEFT + ((ms - this.#fromMs) / (this.#toMs - this.#fromMs)) * (RIGHT - LEFT)
  }

  #panel(panel: PlotPanel, top: number): void {
    const svg = this.#svg
    const bottom = top + PANEL_HEIGHT
    const most = panel.series
      .flatMap((series) => series.points.map(([, value]) => value))
      .reduce((max, value) => (Number.isFinite(value) ? Math.max(max, value) : max), 0)
    const step = niceStep(most === 0 ? 1 : most, 4)
    const ceiling = Math.max(step, Math.ceil((most * 1.04) / step) * step)
    const y = (value: number): number => bottom - (value / ceiling) * PANEL_HEIGHT
    for (let value = 0; value <= ceiling + step / 2; value += step) {
      svg.line(LEFT, y(value), RIGHT, y(value), value === 0 ? MUTED : HAIRLINE)
      svg.text(LEFT - 10, y(value) + 4, formatValue(Math.round(value * 1000) / 1000, panel.unit), {
        'text-anchor': 'end',
        fill: MUTED,
        'font-size': 11,
      })
    }
    this.#marks(top, bottom)
    for (const series of panel.series) this.#series(series, y, bottom)
    this.#key(panel, top)
  }

  #key(panel: PlotPanel, top: number): void {
    const svg = this.#svg
    svg.text(LEFT, top - 12, panel.title, { 'font-weight': 600, 'font-size': 12.5 })
    let x = RIGHT
    for (const series of [...panel.series].reverse()) {
      svg.text(x, top - 12, series.name, { 'text-anchor': 'end', fill: INK, 'font-size': 11.5 })
      x -= textWidth(series.name, 11.5)
      if (series.shape === 'dots') svg.element('circle', { cx: x - 12, cy: top - 16, r: 3.2, fill: series.color })
      else
        svg.line(x - 26, top - 16, x - 8, top - 16, series.color, {
          'stroke-width': 2.4,
          'stroke-dasharray': series.dashed === true ? '5 3' : undefined,
        })
      x -= 48
    }
  }

  #marks(top: number, bottom: number): void {
    for (const mark of this.#options.marks ?? []) {
      const x = this.#x(mark.atMs)
      if (x < LEFT - 1 || x > RIGHT + 1) continue
      this.#svg.line(x, top, x, bottom, mark.kind === 'lost' ? LOSS_COLOR : REPAIR_COLOR, {
        'stroke-opacity': 0.28,
        'stroke-dasharray': mark.kind === 'lost' ? undefined : '3 3',
      })
    }
  }

  #series(series: PlotSeries, y: (value: number) => number, bottom: number): void {
    const points = thin(series.points, this.#fromMs, this.#toMs)
    if (points.length === 0) return
    if (series.shape === 'dots') {
      for (const [ms, value] of points)
        this.#svg.element('circle', { cx: this.#x(ms), cy: y(value), r: 1.9, fill: series.color, 'fill-opacity': 0.75 })
      return
    }
    let path = `M${this.#x(points[0][0]).toFixed(1)} ${y(points[0][1]).toFixed(1)}`
    for (const [ms, value] of points.slice(1)) path += `H${this.#x(ms).toFixed(1)}V${y(value).toFixed(1)}`
    path += `H${RIGHT}`
    if (series.filled === true) {
      const area = `${path}V${bottom}H${this.#x(points[0][0]).toFixed(1)}Z`
      this.#svg.element('path', { d: area, fill: series.color, 'fill-opacity': 0.14 })
    }
    this.#svg.element('path', {
      d: path,
      fill: 'none',
      stroke: series.color,
      'stroke-width': 1.8,
      'stroke-linejoin': 'round',
      'stroke-dasharray': series.dashed === true ? '6 4' : undefined,
    })
  }

  #timeAxis(bottom: number): number {
    const svg = this.#svg
    const range = this.#toMs - this.#fromMs
    const step = niceStep(range, 8)
    const inSeconds = range >= 5000
    for (let ms = Math.ceil(this.#fromMs / step) * step; ms <= this.#toMs + step / 1000; ms += step) {
      const x = this.#x(ms)
      svg.line(x, bottom, x, bottom + 5, MUTED)
      const shown = inSeconds ? Math.round(ms) / 1000 : Math.round(ms * 1000) / 1000
      svg.text(x, bottom + 20, String(shown), { 'text-anchor': 'middle', fill: MUTED, 'font-size': 11 })
    }
    svg.text(RIGHT, bottom + 40, inSeconds ? 'seconds' : 'milliseconds', {
      'text-anchor': 'end',
      fill: MUTED,
      'font-size': 11,
    })
    const marks = this.#options.marks ?? []
    let x = LEFT
    for (const [kind, text, color] of [
      ['lost', 'segment lost', LOSS_COLOR],
      ['retransmission', 'retransmission', REPAIR_COLOR],
    ] as const) {
      const count = marks.filter((mark) => mark.kind === kind).length
      if (count === 0) continue
      svg.line(x, bottom + 30, x, bottom + 44, color, {
        'stroke-width': 2,
        'stroke-dasharray': kind === 'lost' ? undefined : '3 3',
      })
      svg.text(x + 9, bottom + 41, `${text} (${count})`, { fill: MUTED, 'font-size': 11 })
      x += 130
    }
    svg.line(LEFT, bottom, RIGHT, bottom, FAINT)
    return bottom + 62
  }
}

/** Time series one above the other over one time axis, as SVG. */
export function drawPlot(panels: readonly PlotPanel[], options: PlotOptions = {}): string {
  return new PlotPicture(panels, options).draw()
}
