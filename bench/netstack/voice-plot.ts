// Draws bench/netstack/voice.ts: node --conditions=@wirehub/source bench/netstack/voice-plot.ts voice.svg
import { writeFileSync } from 'node:fs'
import { Svg } from '../../packages/netstack/src/dissect/svg.ts'
import { CLIENT_COLOR, FAINT, INK, LOSS_COLOR, MUTED, REPAIR_COLOR } from '../../packages/netstack/src/dissect/theme.ts'
import { LATE_MS, MESSAGE_BYTES, speakOver, VOICE_LOSS_RATES, type VoiceFigure, type VoiceTransport } from './voice.ts'

const WIDTH = 1120
const TOP = 120
const HEIGHT = 260
const COLORS: Readonly<Record<VoiceTransport, string>> = { udp: CLIENT_COLOR, tcp: REPAIR_COLOR }
const TRANSPORTS: readonly VoiceTransport[] = ['udp', 'tcp']
const percent = (share: number): string => `${Math.round(share * 10_000) / 100} %`

interface Panel {
  readonly left: number
  readonly right: number
  readonly most: number
  readonly step: number
}

const results = VOICE_LOSS_RATES.map((loss) => ({
  loss,
  udp: speakOver('udp', loss),
  tcp: speakOver('tcp', loss),
}))

function grid(svg: Svg, panel: Panel, title: string, label: (value: number) => string): (value: number) => number {
  const y = (value: number): number => TOP + HEIGHT - (value / panel.most) * HEIGHT
  svg.text(panel.left, TOP - 18, title, { 'font-weight': 600, 'font-size': 12.5 })
  for (let value = 0; value <= panel.most + 1e-9; value += panel.step) {
    svg.line(panel.left, y(value), panel.right, y(value), value === 0 ? MUTED : FAINT)
    svg.text(panel.left - 8, y(value) + 4, label(value), { 'text-anchor': 'end', fill: MUTED, 'font-size': 11 })
  }
  return y
}

/** Of all messages at each loss rate: what never arrived, and what arrived too late to be played. */
function useless(svg: Svg): void {
  const panel: Panel = { left: 84, right: 530, most: 0.25, step: 0.05 }
  const y = grid(svg, panel, `Useless to the listener: lost, or later than ${LATE_MS} ms`, percent)
  const column = (panel.right - panel.left) / results.length
  for (const [index, result] of results.entries()) {
    const middle = panel.left + (index + 0.5) * column
    for (const [place, transport] of TRANSPORTS.entries()) {
      const { lost, late } = result[transport].figure
      const x = middle - 24 + place * 26
      svg.rect(x, y(lost), 22, y(0) - y(lost), COLORS[transport])
      svg.rect(x, y(lost + late), 22, y(0) - y(late), COLORS[transport], { 'fill-opacity': 0.55 })
      svg.text(x + 11, y(lost + late) - 5, (Math.round((lost + late) * 1000) / 10).toFixed(1), {
        'text-anchor': 'middle',
        fill: INK,
        'font-size': 10,
      })
    }
    svg.text(middle, TOP + HEIGHT + 18, percent(result.loss), {
      'text-anchor': 'middle',
      fill: MUTED,
      'font-size': 11,
    })
  }
  svg.text((panel.left + panel.right) / 2, TOP + HEIGHT + 38, 'frames that the network loses, each way', {
    'text-anchor': 'middle',
    fill: MUTED,
    'font-size': 11,
  })
}

/** At 2 %: the share of the messages that had arrived so many milliseconds after they were spoken. */
function arrival(svg: Svg): void {
  const panel: Panel = { left: 630, right: WIDTH - 40, most: 1, step: 0.1 }
  const shown = results.find(({ loss }) => loss === 0.02)!
  const from = 0.8
  const y = (share: number): number => TOP + HEIGHT - ((Math.max(share, from) - from) / (1 - from)) * HEIGHT
  const x = (ms: number): number => panel.left + (ms / 200) * (panel.right - panel.left)
  svg.text(panel.left, TOP - 18, 'Arrived so long after it was spoken, at 2 % loss', {
    'font-weight': 600,
    'font-size': 12.5,
  })
  for (let share = from; share <= 1.0001; share += 0.05) {
    svg.line(panel.left, y(share), panel.right, y(share), share === from ? MUTED : FAINT)
    svg.text(panel.left - 8, y(share) + 4, percent(share), { 'text-anchor': 'end', fill: MUTED, 'font-size': 11 })
  }
  for (let ms = 0; ms <= 200; ms += 50)
    svg.text(x(ms), TOP + HEIGHT + 18, `${ms} ms`, { 'text-anchor': 'middle', fill: MUTED, 'font-size': 11 })
  svg.line(x(LATE_MS), TOP, x(LATE_MS), TOP + HEIGHT, LOSS_COLOR, { 'stroke-dasharray': '4 3' })
  svg.text(x(LATE_MS) + 6, TOP + HEIGHT - 10, 'played', { fill: LOSS_COLOR, 'font-size': 11 })
  for (const transport of TRANSPORTS) {
    const { delays, figure } = shown[transport]
    const total = delays.length / (1 - figure.lost)
    let path = `M${x(0)} ${y(from)}`
    for (let ms = 0; ms <= 200; ms++) {
      const share = delays.filter((delay) => delay <= ms + 1e-6).length / total
      path += `H${x(ms).toFixed(1)}V${y(share).toFixed(1)}`
    }
    svg.element('path', { d: path, fill: 'none', stroke: COLORS[transport], 'stroke-width': 2.2 })
  }
}

function table(svg: Svg, top: number): void {
  const columns: readonly [string, (figure: VoiceFigure) => string][] = [
    ['lost', ({ lost }) => percent(lost)],
    [`> ${LATE_MS} ms`, ({ late }) => percent(late)],
    ['p50', ({ p50Ms }) => `${p50Ms} ms`],
    ['p99', ({ p99Ms }) => `${p99Ms} ms`],
    ['longest', ({ maxMs }) => `${maxMs} ms`],
    ['jitter (RFC 3550)', ({ jitterMs }) => `${jitterMs} ms`],
    ['headers', ({ headerBytes }) => `${headerBytes} + ${MESSAGE_BYTES} bytes`],
    ['frames a message', ({ frames }) => String(frames)],
  ]
  const x = (column: number): number => 190 + column * 124
  for (const [index, [name]] of columns.entries())
    svg.text(x(index), top, name, { 'text-anchor': 'end', fill: MUTED, 'font-size': 11 })
  let y = top + 20
  for (const result of results) {
    for (const transport of TRANSPORTS) {
      svg.text(32, y, `${percent(result.loss)}  ${transport.toUpperCase()}`, {
        fill: COLORS[transport],
        'font-size': 11.5,
        'font-weight': 600,
      })
      for (const [index, [, value]] of columns.entries())
        svg.text(x(index), y, value(result[transport].figure), { 'text-anchor': 'end', 'font-size': 11.5 })
      y += 17
    }
    svg.line(32, y - 11, WIDTH - 40, y - 11, FAINT)
    y += 4
  }
}

function draw(): string {
  const svg = new Svg()
  const title = 'TCP or UDP: 50 messages a second of 160 bytes, round trip 60 ms'
  svg.text(32, 36, title, { 'font-size': 17, 'font-weight': 600 })
  svg.text(
    32,
    58,
    'A datagram that is lost is gone; TCP sends it again, and everything behind it waits. Who can wait longer than a retransmission takes hears more by TCP.',
    { fill: MUTED, 'font-size': 12 },
  )
  for (const [index, [transport, what]] of (
    [
      ['udp', 'UDP: lost'],
      ['tcp', 'TCP: late'],
    ] as const
  ).entries()) {
    svg.rect(84 + index * 110, 70, 12, 12, COLORS[transport], { 'fill-opacity': transport === 'tcp' ? 0.55 : 1 })
    svg.text(102 + index * 110, 80, what, { 'font-size': 11.5 })
  }
  useless(svg)
  arrival(svg)
  table(svg, TOP + HEIGHT + 78)
  return svg.toString(WIDTH, TOP + HEIGHT + 100 + results.length * 38 + 10, title)
}

const [path] = process.argv.slice(2)
if (path === undefined) process.stdout.write(draw())
else writeFileSync(path, draw())
