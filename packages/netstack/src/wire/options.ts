import { WireError } from './error.ts'
import type { AnyFormat, Format } from './format.ts'

/**
 * A list of options, each a kind, a length and a value, as IPv4, TCP, IPv6, NDP and DHCP have them.
 * They differ in what the length counts and in which kinds are a single byte.
 */
export interface OptionSpace {
  /** Protocol that errors name. */
  readonly name: string
  /** Kinds that are one byte long and have no length; the first is the padding that fills a list up. */
  readonly bare: readonly number[]
  /** The kind after which nothing is read (End of Option List). What follows it is kept as its padding. */
  readonly last?: number
  /** The length byte counts units of this many bytes (1; NDP: 8). */
  readonly lengthUnit: number
  /** Bytes that the length byte does not count (IPv6 and DHCP: the two of kind and length). */
  readonly lengthExtra: number
  /** The list, with `precedingBytes` of the header it stands in, is filled up to a multiple of this. */
  readonly alignment: number
  /** Default 0. */
  readonly precedingBytes?: number
  /** Kind that pads by several bytes at once (IPv6 PadN, RFC 8200 section 4.2). */
  readonly longPadding?: number
  readonly formats: readonly AnyFormat[]
  /** For kinds that no format knows, and for known ones whose length is wrong: kept, byte for byte. */
  readonly unknown: Format<UnknownOption>
}

/** An option that is not known, or whose length is not the one of its kind. */
export interface UnknownOption {
  name: 'unknown'
  kind: number
  length: number
  data: Uint8Array
}

/** Kind number of an option's format: the initial value of its first field. */
function kindOf(format: AnyFormat): number {
  return format.fields[0].initial ?? -1
}

function formatOfKind(space: OptionSpace, kind: number): AnyFormat | undefined {
  return space.formats.find((format) => kindOf(format) === kind)
}

function fits(format: AnyFormat, length: number): boolean {
  const rest = length - format.byteLength
  if (rest < 0) return false
  const tail = format.tail
  if (tail === undefined) return rest === 0
  return tail.shape !== 'list' || rest % tail.item.byteLength === 0
}

/**
 * Calls `visit` with the format and the place of each option in bytes[start..end), and returns `end`, or the place where the
 * list breaks off because a length cannot be: below its minimum, or running past the end. Parser and dissector both walk by it.
 */
export function walkOptions(
  space: OptionSpace,
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (format: AnyFormat, from: number, to: number) => void,
): number {
  let position = start
  while (position < end) {
    const kind = bytes[position]
    const known = formatOfKind(space, kind)
    if (kind === space.last) {
      visit(known!, position, end)
      return end
    }
    if (space.bare.includes(kind)) {
      visit(known!, position, position + 1)
      position++
      continue
    }
    if (position + 2 > end) return position
    const length = bytes[position + 1] * space.lengthUnit + space.lengthExtra
    if (length < 2 || position + length > end) return position
    visit(known !== undefined && fits(known, length) ? known : space.unknown, position, position + length)
    position += length
  }
  return end
}

/** The options of bytes[start..end), in their order. Throws WireError (OPTION) where a length cannot be. */
export function parseOptions(space: OptionSpace, bytes: Uint8Array, start: number, end: number): object[] {
  const options: object[] = []
  const stop = walkOptions(space, bytes, start, end, (format, from, to) => {
    options.push({ name: format.name, ...format.parse(bytes, from, to) })
  })
  if (stop < end) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_OPTION',
      space.name,
      `option kind ${bytes[stop]} has a length that cannot be`,
      stop - start,
    )
  }
  return options
}

/** One option from its kind and data, which may be more than a length byte can tell (RFC 3396). Throws WireError (VALUE). */
export function readOption(space: OptionSpace, kind: number, data: Uint8Array): object {
  const bytes = new Uint8Array(2 + data.length)
  bytes[0] = kind
  bytes[1] = Math.min(255, data.length)
  bytes.set(data, 2)
  const known = formatOfKind(space, kind)
  const format = known !== undefined && fits(known, bytes.length) ? known : space.unknown
  return { name: format.name, ...format.parse(bytes, 0, bytes.length) }
}

function formatOfOption(space: OptionSpace, option: { name?: string; kind?: number }): AnyFormat {
  if (option.name === space.unknown.name) return space.unknown
  const format = space.formats.find((candidate) => candidate.name === option.name)
  if (format === undefined) {
    const names = space.formats.map((candidate) => candidate.name).join(', ')
    throw new WireError(
      'NETSTACK_ERR_WIRE_OPTION',
      space.name,
      `no option is named "${option.name}"; there are ${names}, unknown`,
    )
  }
  return format
}

/** The options as bytes, filled up with padding to the alignment. Lengths are computed; a length that is given must be right. */
export function writeOptions(space: OptionSpace, options: readonly object[]): Uint8Array {
  const pieces: Uint8Array[] = []
  let total = 0
  for (const option of options as readonly { name?: string; kind?: number; length?: number }[]) {
    const format = formatOfOption(space, option)
    const kind = option.kind ?? kindOf(format)
    const bare = space.bare.includes(kind) || kind === space.last
    const length = format.lengthOf(option)
    let record = option
    if (!bare) {
      const count = (length - space.lengthExtra) / space.lengthUnit
      if (!Number.isInteger(count)) {
        throw new WireError(
          'NETSTACK_ERR_WIRE_OPTION',
          space.name,
          `option ${format.name} takes ${length} bytes, which its length cannot count`,
        )
      }
      if (option.length !== undefined && option.length !== count) {
        throw new WireError(
          'NETSTACK_ERR_WIRE_OPTION',
          space.name,
          `option ${format.name} says length ${option.length}, it is ${count}`,
        )
      }
      record = { ...option, length: count }
    }
    const piece = format.build(record)
    pieces.push(piece)
    total += piece.length
  }
  const preceding = space.precedingBytes ?? 0
  const bytes = new Uint8Array(Math.ceil((total + preceding) / space.alignment) * space.alignment - preceding)
  let position = 0
  for (const piece of pieces) {
    bytes.set(piece, position)
    position += piece.length
  }
  pad(space, bytes, position)
  return bytes
}

/** Fills the list up to its alignment with the kind that ends it, or with padding. RFC9293:MUST-69: zeros behind the end. */
function pad(space: OptionSpace, bytes: Uint8Array, from: number): void {
  const missing = bytes.length - from
  if (missing === 0) return
  if (space.longPadding !== undefined && missing > 1) {
    bytes[from] = space.longPadding
    bytes[from + 1] = missing - 2
    return
  }
  bytes.fill(space.last ?? space.bare[0], from, bytes.length)
}
