import type { OsiLayer } from '../layers/layers.ts'
import type { Journey, JourneyStep } from './journey.ts'
import { LAYER_COLORS } from './theme.ts'

export interface JourneyTextOptions {
  /** ANSI colours; without them each byte of the frame is told by letters beneath it. */
  color?: boolean
}

/** A letter for each layer, where colours cannot be shown. */
const LETTERS: Readonly<Record<number, string>> = { 7: 'a', 4: 't', 3: 'n', 2: 'd' }
const BYTES_PER_ROW = 16
/** Bytes that are shown of a long frame before the rest is left out. */
const SHOWN_BYTES = 256

function paint(text: string, layer: number, color: boolean): string {
  return color ? `\x1b[${LAYER_COLORS[layer as OsiLayer['number']].ansi}m${text}\x1b[0m` : text
}

function byteRows(journey: Journey, step: JourneyStep, color: boolean): string[] {
  const lines: string[] = []
  const end = Math.min(step.end, step.start + SHOWN_BYTES)
  for (let at = step.start; at < end; at += BYTES_PER_ROW) {
    let hex = ''
    let letters = ''
    let ascii = ''
    for (let i = at; i < Math.min(at + BYTES_PER_ROW, end); i++) {
      const owner = journey.owners[i]
      const byte = journey.frame[i]
      hex += `${paint(byte.toString(16).padStart(2, '0'), owner, color)} `
      letters += `${LETTERS[owner]}${LETTERS[owner]} `
      ascii += paint(byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.', owner, color)
    }
    const gap = ' '.repeat((BYTES_PER_ROW - Math.min(BYTES_PER_ROW, end - at)) * 3)
    lines.push(`      ${String(at - step.start).padStart(4)}  ${hex}${gap} ${ascii}`)
    if (!color) lines.push(`            ${letters}`.trimEnd())
  }
  if (end < step.end) lines.push(`            … and ${step.end - end} bytes more`)
  return lines
}

/** The bits as they leave: of each byte the least significant first. */
function bitRows(journey: Journey, color: boolean): string[] {
  const lines: string[] = []
  const end = Math.min(journey.frame.length, SHOWN_BYTES / 2)
  for (let at = 0; at < end; at += 8) {
    const bytes = Array.from(journey.frame.subarray(at, Math.min(at + 8, end)))
    const bits = bytes.map((byte, i) =>
      paint([...byte.toString(2).padStart(8, '0')].reverse().join(''), journey.owners[at + i], color),
    )
    lines.push(`      ${String(at).padStart(4)}  ${bits.join(' ')}`)
  }
  if (end < journey.frame.length) lines.push(`            … and ${(journey.frame.length - end) * 8} bits more`)
  return lines
}

function stepRows(step: JourneyStep, arrow: string, color: boolean): string[] {
  const size = step.layer === 1 ? `${(step.end - step.start) * 8} bits` : `${step.end - step.start} bytes`
  const lines = [paint(`  ${arrow} ${step.layer}  ${step.name.padEnd(13)} ${step.unit}, ${size}`, step.layer, color)]
  for (const line of step.lines) lines.push(`         ${line}`)
  return lines
}

/** The journey as text: on the way down all bytes that each layer holds, on the way up what each layer looks at. */
export function formatJourney(journey: Journey, options: JourneyTextOptions = {}): string {
  const color = options.color ?? false
  const lines: string[] = []
  const key = [7, 4, 3, 2].map((layer) =>
    paint(
      `${color ? '' : `${LETTERS[layer]} = `}${{ 7: 'application data', 4: 'transport header', 3: 'network header', 2: 'data link header and FCS' }[layer]}`,
      layer,
      color,
    ),
  )
  lines.push(`The bytes belong to: ${key.join(', ')}`, '', 'DOWN, in the sender')
  for (const step of journey.down) {
    lines.push(
      ...stepRows(step, '↓', color),
      ...(step.layer === 1 ? bitRows(journey, color) : byteRows(journey, step, color)),
      '',
    )
  }
  lines.push('UP, in the receiver')
  for (const step of journey.up) lines.push(...stepRows(step, '↑', color))
  return lines.join('\n')
}
