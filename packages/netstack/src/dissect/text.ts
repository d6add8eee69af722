import type { DissectedField, DissectedLayer, Dissection } from './tree.ts'

function lineOf(field: DissectedField, depth: number): string {
  const bits = field.bits === undefined ? '' : `.${field.bit}${field.bits > 1 ? `-${field.bit! + field.bits - 1}` : ''}`
  const range = field.end - field.start <= 1 ? `${field.start}${bits}` : `${field.start}-${field.end - 1}`
  const note = field.note === undefined ? '' : `  [${field.note}]`
  const label = `${'  '.repeat(depth)}${field.label}`
  return `${range.padStart(9)}  ${label.padEnd(36)} ${field.text}${note}`.trimEnd()
}

function fieldLines(fields: readonly DissectedField[], depth: number, lines: string[]): void {
  for (const field of fields) {
    lines.push(lineOf(field, depth))
    // A lone option whose fields say no more than its own line would only repeat it.
    if (field.fields !== undefined) fieldLines(field.fields, depth + 1, lines)
  }
}

/** One layer as text: a heading, then each field with the bytes (and bits) that it takes. */
function layerLines(layer: DissectedLayer): string[] {
  const range = layer.end > layer.start ? `bytes ${layer.start}-${layer.end - 1}` : 'no bytes'
  const source = layer.source === '' ? '' : `  (${layer.source})`
  const lines = [`${layer.quoted === true ? '   quoted: ' : ''}layer ${layer.layer}  ${layer.label}, ${range}${source}`]
  fieldLines(layer.fields, 0, lines)
  if (layer.error !== undefined) lines.push(`        !  ${layer.error}`)
  return lines
}

/** A packet as text, every field of every layer. */
export function formatDissection(dissection: Dissection): string {
  return dissection.layers.flatMap(layerLines).join('\n')
}

/** A packet as one line: addresses, protocol, what it is. */
export function formatSummary(dissection: Dissection): string {
  const error = dissection.layers.find((layer) => layer.error !== undefined && layer.quoted !== true)
  const trouble = error === undefined ? '' : `  ! ${error.protocol}: ${error.error}`
  return `${dissection.source} > ${dissection.destination}  ${dissection.protocol}  ${dissection.summary}${trouble}`
}

/** Bytes in rows of 16 as hexadecimal and as text. */
export function formatHexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'))
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(
      `${at.toString(16).padStart(6, '0')}  ${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}  ${text}`,
    )
  }
  return lines.join('\n')
}
