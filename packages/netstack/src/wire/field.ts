import { formatIpv4, formatIpv6, formatMac } from './address.ts'
import { WireError } from './error.ts'

/** How a field's value is written for people. `ipv6`, `mac` and `bytes` have bytes as their value, all others an unsigned number. */
export type FieldKind = 'decimal' | 'hex' | 'flag' | 'ipv4' | 'ipv6' | 'mac' | 'bytes' | 'text'

/** A number up to 2^32-1, or a view of the packet's own bytes. */
export type FieldValue = number | Uint8Array

/** One bit or group of bits inside a field that has a name of its own, such as SYN in the TCP flags. */
export interface FieldPart {
  readonly name: string
  readonly label: string
  /** Bits, in the order of the wire: the parts of a field fill it from its most significant bit. */
  readonly bits: number
  /** Wireshark's display filter name of the same thing. */
  readonly filter?: string
}

/** One row of a field table, in the order of the wire. */
export interface Field<Name extends string = string> {
  readonly name: Name
  /** The name that the RFC prints in its diagram. */
  readonly label: string
  readonly bits: number
  readonly kind?: FieldKind
  /** Meanings of well-known values. */
  readonly names?: Readonly<Record<number, string>>
  /** What one unit of the number stands for, where it is not one: the data offset counts words of 4 bytes. */
  readonly unit?: { readonly size: number; readonly of: string }
  readonly parts?: readonly FieldPart[]
  /** Wireshark's display filter name of the same field. */
  readonly filter?: string
  /** Value that a record gets which does not name this field; without it the field must be given (or is computed). */
  readonly initial?: number
}

/** A field and where it stands: `bit` counts from the first bit of its header. */
export interface PlacedField<Name extends string = string> extends Field<Name> {
  readonly bit: number
}

function isBytes(field: Field): boolean {
  return field.kind === 'ipv6' || field.kind === 'mac' || field.kind === 'bytes' || field.kind === 'text'
}

/** The value of `bits` bits that begin at `bit`, counted from byte `start`; most significant bit first, at most 32 bits. */
function readBits(bytes: Uint8Array, start: number, bit: number, bits: number): number {
  let value = 0
  const last = bit + bits - 1
  for (let byte = bit >>> 3; byte <= last >>> 3; byte++) value = value * 256 + bytes[start + byte]
  value = Math.floor(value / 2 ** (7 - (last & 7)))
  return value % 2 ** bits
}

/** Writes what {@link readBits} reads, and leaves the neighbouring bits as they are. */
function writeBits(bytes: Uint8Array, start: number, bit: number, bits: number, value: number): void {
  let rest = value
  let position = bit + bits
  while (position > bit) {
    const byte = (position - 1) >>> 3
    const low = 7 - ((position - 1) & 7)
    const width = Math.min(8 - low, position - bit)
    const mask = ((1 << width) - 1) << low
    bytes[start + byte] = (bytes[start + byte] & ~mask) | (((rest % 2 ** width) << low) & mask)
    rest = Math.floor(rest / 2 ** width)
    position -= width
  }
}

/** The value of a field whose header begins at byte `start`; the bytes must be there. Byte-valued fields give a view, not a copy. */
export function readField(field: PlacedField, bytes: Uint8Array, start: number): FieldValue {
  if (isBytes(field)) return bytes.subarray(start + (field.bit >>> 3), start + ((field.bit + field.bits) >>> 3))
  return readBits(bytes, start, field.bit, field.bits)
}

/** Writes a field. Throws WireError (VALUE) when the value does not fit it. */
export function writeField(
  field: PlacedField,
  bytes: Uint8Array,
  start: number,
  value: FieldValue,
  protocol: string,
): void {
  const at = field.bit >>> 3
  if (isBytes(field)) {
    if (!(value instanceof Uint8Array) || value.length * 8 !== field.bits) {
      throw new WireError('NETSTACK_ERR_WIRE_VALUE', protocol, `${field.label} takes ${field.bits / 8} bytes`, at)
    }
    bytes.set(value, start + at)
    return
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** field.bits) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_VALUE',
      protocol,
      `${field.label} takes 0 to ${2 ** field.bits - 1}, not ${String(value)}`,
      at,
    )
  }
  writeBits(bytes, start, field.bit, field.bits, value)
}

/** Bytes in hexadecimal, at most `limit` of them. */
export function formatBytes(bytes: Uint8Array, limit = 32): string {
  let text = ''
  for (let i = 0; i < bytes.length && i < limit; i++) text += bytes[i].toString(16).padStart(2, '0')
  return bytes.length > limit ? `${text}… (${bytes.length} bytes)` : text
}

/** The names of the parts of a number that are set; a part wider than one bit is named with its value. */
function formatParts(field: Field, value: number): string {
  const set: string[] = []
  let shift = field.bits
  for (const part of field.parts!) {
    shift -= part.bits
    const own = Math.floor(value / 2 ** shift) % 2 ** part.bits
    if (own !== 0) set.push(part.bits === 1 ? part.label : `${part.label} ${own}`)
  }
  return set.length === 0 ? 'none' : set.join(', ')
}

const printable = new TextDecoder('latin1')

/** A value as people read it: `443`, `0x1c46`, `192.0.2.1`, `SYN, ACK`, `5 (20 bytes)`, `6 (TCP)`. */
export function formatField(field: Field, value: FieldValue): string {
  if (value instanceof Uint8Array) {
    if (field.kind === 'ipv6') return formatIpv6(value)
    if (field.kind === 'mac') return formatMac(value)
    if (field.kind === 'text') return JSON.stringify(printable.decode(value))
    return formatBytes(value)
  }
  if (field.kind === 'ipv4') return formatIpv4(value)
  if (field.parts !== undefined)
    return `0x${value.toString(16).padStart(Math.ceil(field.bits / 4), '0')} (${formatParts(field, value)})`
  const hex = field.kind === 'hex' ? `0x${value.toString(16).padStart(Math.ceil(field.bits / 4), '0')}` : undefined
  const text = hex ?? String(value)
  const name = field.names?.[value]
  if (name !== undefined) return `${text} (${name})`
  if (field.unit !== undefined) return `${text} (${value * field.unit.size} ${field.unit.of})`
  if (field.kind === 'flag') return value === 0 ? '0 (no)' : '1 (yes)'
  return text
}
