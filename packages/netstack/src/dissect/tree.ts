import type { OsiLayer } from '../layers/layers.ts'
import { type Field, type FieldValue, formatBytes, formatField, type PlacedField, readField } from '../wire/field.ts'
import type { AnyFormat } from '../wire/format.ts'
import { walkOptions } from '../wire/options.ts'

/** One field of a packet: where it stands, what it is called, what it says. */
export interface DissectedField {
  name: string
  label: string
  /** A number, bytes, or text that was decoded (a domain name); absent for a field that only groups others. */
  value?: FieldValue | string
  /** The value as people read it. */
  text: string
  /** Bytes [start, end) of the frame. */
  start: number
  end: number
  /** For fields that are not whole bytes: first bit, counted from the most significant bit of byte `start`, and their number. */
  bit?: number
  bits?: number
  /** Wireshark's display filter name of the same field. */
  filter?: string
  /** A finding, such as that a checksum is wrong. */
  note?: string
  fields?: DissectedField[]
}

/** One protocol of a packet. */
export interface DissectedLayer {
  protocol: string
  label: string
  layer: OsiLayer['number']
  /** The RFC and section of the header. */
  source: string
  /** Bytes [start, end) of the frame that this protocol owns: its header, or all of what it carries when nothing follows. */
  start: number
  end: number
  /** One line that says what this packet is to this protocol. */
  summary: string
  fields: DissectedField[]
  /** Why the bytes are not what they claim to be; what could be read of them is in `fields`. */
  error?: string
  /** True within the packet that an ICMP error quotes. */
  quoted?: boolean
}

/** A packet, taken apart. */
export interface Dissection {
  layers: DissectedLayer[]
  /** Addresses as the innermost network layer has them; the protocol of the innermost layer; its summary. */
  source: string
  destination: string
  protocol: string
  summary: string
}

/** Describes one placed field of a header that begins at `start`. */
function describeField(field: PlacedField, bytes: Uint8Array, start: number): DissectedField {
  const value = readField(field, bytes, start)
  const first = start + (field.bit >>> 3)
  const described: DissectedField = {
    name: field.name,
    label: field.label,
    value,
    text: formatField(field, value),
    start: first,
    end: start + ((field.bit + field.bits + 7) >>> 3),
  }
  if ((field.bit & 7) !== 0 || (field.bits & 7) !== 0) {
    described.bit = field.bit & 7
    described.bits = field.bits
  }
  if (field.filter !== undefined) described.filter = field.filter
  if (field.parts !== undefined && typeof value === 'number') described.fields = describeParts(field, value, start)
  return described
}

function describeParts(field: PlacedField, value: number, start: number): DissectedField[] {
  const parts: DissectedField[] = []
  let bit = field.bit
  let shift = field.bits
  for (const part of field.parts!) {
    shift -= part.bits
    const own = Math.floor(value / 2 ** shift) % 2 ** part.bits
    parts.push({
      name: part.name,
      label: part.label,
      value: own,
      text: part.bits === 1 ? (own === 1 ? 'set' : 'not set') : String(own),
      start: start + (bit >>> 3),
      end: start + ((bit + part.bits + 7) >>> 3),
      bit: bit & 7,
      bits: part.bits,
      filter: part.filter,
    })
    bit += part.bits
  }
  return parts
}

/** Fields of a format over bytes[start..end): the same table that parses and builds. Shows what is there when the bytes end too early. */
export function describeFormat(
  format: AnyFormat,
  bytes: Uint8Array,
  start: number,
  end: number,
): { fields: DissectedField[]; error?: string } {
  const fields: DissectedField[] = []
  for (const field of format.fields) {
    if (start + ((field.bit + field.bits + 7) >>> 3) > end) {
      return { fields, error: `${end - start} bytes are here, the header alone takes ${format.byteLength}` }
    }
    fields.push(describeField(field, bytes, start))
  }
  const from = start + format.byteLength
  const tail = format.tail
  if (tail === undefined || from >= end) return { fields }
  if (tail.shape === 'bytes') {
    fields.push(describeBytes(tail.name, tail.label, bytes, from, end, tail.kind, tail.filter))
    return { fields }
  }
  const group: DissectedField = {
    name: tail.name,
    label: tail.label,
    text: `${end - from} bytes`,
    start: from,
    end,
    fields: [],
  }
  fields.push(group)
  if (tail.shape === 'list') {
    const size = tail.item.byteLength
    for (let at = from; at + size <= end; at += size)
      group.fields!.push(...describeFormat(tail.item, bytes, at, at + size).fields)
    return { fields }
  }
  const stop = walkOptions(tail.options, bytes, from, end, (option, at, to) => {
    group.fields!.push(describeOption(option, bytes, at, to))
  })
  group.text = group.fields!.map((option) => option.label).join(', ')
  if (stop === end) return { fields }
  group.fields!.push({
    ...describeBytes('malformed', 'Malformed option', bytes, stop, end),
    note: 'its length cannot be',
  })
  return { fields, error: `an option at byte ${stop - start} has a length that cannot be` }
}

function describeOption(option: AnyFormat, bytes: Uint8Array, at: number, to: number): DissectedField {
  const { fields } = describeFormat(option, bytes, at, to)
  const told = fields.filter((field) => field.name !== 'kind' && field.name !== 'length')
  const text = told
    .map((field) => (told.length === 1 && field.fields === undefined ? field.text : `${field.label} ${textOf(field)}`))
    .join(', ')
  return { name: option.name, label: option.label, text, start: at, end: to, fields }
}

/** A group of repeated items is told by its items, two at a time where an item has two fields. */
function textOf(field: DissectedField): string {
  return field.fields === undefined ? field.text : field.fields.map((item) => item.text).join(' ')
}

/** A field of plain bytes. */
export function describeBytes(
  name: string,
  label: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: 'bytes' | 'text' = 'bytes',
  filter?: string,
): DissectedField {
  const value = bytes.subarray(start, end)
  const field: Field = { name, label, bits: value.length * 8, kind }
  const described: DissectedField = {
    name,
    label,
    value,
    text: kind === 'text' ? formatField(field, value) : formatBytes(value),
    start,
    end,
  }
  if (filter !== undefined) described.filter = filter
  return described
}

/** The field of that name in a layer, however deep. */
export function findField(fields: readonly DissectedField[], name: string): DissectedField | undefined {
  for (const field of fields) {
    if (field.name === name) return field
    const within = field.fields === undefined ? undefined : findField(field.fields, name)
    if (within !== undefined) return within
  }
  return undefined
}

/** The number of the field of that name, or 0 when it is not there. */
export function numberOf(fields: readonly DissectedField[], name: string): number {
  const value = findField(fields, name)?.value
  return typeof value === 'number' ? value : 0
}
