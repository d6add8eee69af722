import { FAULT_TRUNCATED, WireError } from './error.ts'
import { type AnyFormat, Format } from './format.ts'
import type { OptionSpace, UnknownOption } from './options.ts'
import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_NAMES,
  PROTOCOL_ROUTING,
} from './protocols.ts'

/** An option of a Hop-by-Hop or Destination Options header. Padding at the end is added where it is left out. */
export type Ipv6Option =
  | { name: 'pad1'; kind?: number }
  | { name: 'padn'; kind?: number; length?: number; padding: Uint8Array }
  | { name: 'router-alert'; kind?: number; length?: number; value: number }
  | { name: 'jumbo-payload'; kind?: number; length?: number; payloadLength: number }
  | UnknownOption

const kind = (initial?: number): { name: 'kind'; label: string; bits: number; kind: 'hex'; initial?: number } => ({
  name: 'kind',
  label: 'Option Type',
  bits: 8,
  kind: 'hex',
  initial,
})
const LENGTH = { name: 'length', label: 'Opt Data Len', bits: 8 } as const

/** RFC 8200 section 4.2. The two high bits of a kind say what a node does that does not know it. */
const IPV6_OPTIONS: OptionSpace = {
  name: 'ipv6-options',
  bare: [0],
  lengthUnit: 1,
  lengthExtra: 2,
  alignment: 8,
  precedingBytes: 2,
  longPadding: 1,
  formats: [
    new Format<{ kind: number }>({ name: 'pad1', label: 'Pad1', source: 'RFC 8200 section 4.2', fields: [kind(0)] }),
    new Format<{ kind: number; length: number; padding: Uint8Array }>({
      name: 'padn',
      label: 'PadN',
      source: 'RFC 8200 section 4.2',
      fields: [kind(1), LENGTH],
      tail: { shape: 'bytes', name: 'padding', label: 'Padding' },
    }),
    new Format<{ kind: number; length: number; value: number }>({
      name: 'router-alert',
      label: 'Router Alert',
      source: 'RFC 2711 section 2.1',
      fields: [kind(5), LENGTH, { name: 'value', label: 'Value', bits: 16 }],
    }),
    new Format<{ kind: number; length: number; payloadLength: number }>({
      name: 'jumbo-payload',
      label: 'Jumbo Payload',
      source: 'RFC 2675 section 2',
      fields: [kind(0xc2), LENGTH, { name: 'payloadLength', label: 'Jumbo Payload Length', bits: 32 }],
    }),
  ],
  unknown: new Format<UnknownOption>({
    name: 'unknown',
    label: 'Unknown option',
    source: 'RFC 8200 section 4.2',
    fields: [kind(), LENGTH],
    tail: { shape: 'bytes', name: 'data', label: 'Data' },
  }),
}

/** An extension header (RFC 8200 section 4); `nextHeader` and lengths are computed when a packet is built. */
export type Ipv6Extension =
  | {
      name: 'hop-by-hop-options' | 'destination-options'
      nextHeader?: number
      extensionLength?: number
      options: Ipv6Option[]
    }
  | {
      name: 'routing'
      nextHeader?: number
      extensionLength?: number
      routingType: number
      segmentsLeft: number
      data: Uint8Array
    }
  | {
      name: 'fragment'
      nextHeader?: number
      reserved?: number
      fragmentOffset: number
      reserved2?: number
      moreFragments: number
      identification: number
    }
  | {
      name: 'authentication'
      nextHeader?: number
      payloadLength?: number
      reserved?: number
      spi: number
      sequenceNumber: number
      icv: Uint8Array
    }

const NEXT_HEADER = { name: 'nextHeader', label: 'Next Header', bits: 8, names: PROTOCOL_NAMES } as const
const EXTENSION_LENGTH = { name: 'extensionLength', label: 'Hdr Ext Len', bits: 8 } as const

interface OptionsHeader {
  nextHeader: number
  extensionLength: number
  options: Ipv6Option[]
}

const optionsHeader = (name: string, label: string, section: string): Format<OptionsHeader> =>
  new Format<OptionsHeader>({
    name,
    label,
    source: `RFC 8200 section ${section}`,
    fields: [NEXT_HEADER, EXTENSION_LENGTH],
    tail: { shape: 'options', name: 'options', label: 'Options', options: IPV6_OPTIONS },
  })

/** RFC 8200 section 4.5. */
export interface FragmentHeader {
  nextHeader: number
  reserved: number
  /** In units of 8 bytes. */
  fragmentOffset: number
  reserved2: number
  moreFragments: number
  identification: number
}

export const IPV6_FRAGMENT_BYTES = 8

/** RFC 8200 section 4.5. */
export const IPV6_FRAGMENT: Format<FragmentHeader> = new Format<FragmentHeader>({
  name: 'fragment',
  label: 'Fragment Header for IPv6',
  source: 'RFC 8200 section 4.5',
  fields: [
    { ...NEXT_HEADER, filter: 'ipv6.fraghdr.nxt' },
    { name: 'reserved', label: 'Reserved', bits: 8, initial: 0, filter: 'ipv6.fraghdr.reserved_octet' },
    {
      name: 'fragmentOffset',
      label: 'Fragment Offset',
      bits: 13,
      unit: { size: 8, of: 'bytes' },
      filter: 'ipv6.fraghdr.offset',
    },
    { name: 'reserved2', label: 'Reserved', bits: 2, initial: 0, filter: 'ipv6.fraghdr.reserved_bits' },
    { name: 'moreFragments', label: 'More Fragments', bits: 1, kind: 'flag', filter: 'ipv6.fraghdr.more' },
    { name: 'identification', label: 'Identification', bits: 32, kind: 'hex', filter: 'ipv6.fraghdr.ident' },
  ],
})

interface RoutingHeader {
  nextHeader: number
  extensionLength: number
  routingType: number
  segmentsLeft: number
  data: Uint8Array
}

interface AuthenticationHeader {
  nextHeader: number
  payloadLength: number
  reserved: number
  spi: number
  sequenceNumber: number
  icv: Uint8Array
}

const FORMATS: Readonly<Record<number, AnyFormat>> = {
  [PROTOCOL_HOP_BY_HOP]: optionsHeader('hop-by-hop-options', 'Hop-by-Hop Options Header', '4.3'),
  [PROTOCOL_DESTINATION_OPTIONS]: optionsHeader('destination-options', 'Destination Options Header', '4.6'),
  [PROTOCOL_FRAGMENT]: IPV6_FRAGMENT,
  [PROTOCOL_ROUTING]: new Format<RoutingHeader>({
    name: 'routing',
    label: 'Routing Header',
    source: 'RFC 8200 section 4.4',
    fields: [
      NEXT_HEADER,
      EXTENSION_LENGTH,
      { name: 'routingType', label: 'Routing Type', bits: 8 },
      { name: 'segmentsLeft', label: 'Segments Left', bits: 8 },
    ],
    tail: { shape: 'bytes', name: 'data', label: 'Type-specific data' },
  }),
  [PROTOCOL_AUTHENTICATION]: new Format<AuthenticationHeader>({
    name: 'authentication',
    label: 'Authentication Header',
    source: 'RFC 4302 section 2',
    fields: [
      NEXT_HEADER,
      { name: 'payloadLength', label: 'Payload Len', bits: 8 },
      { name: 'reserved', label: 'Reserved', bits: 16, initial: 0 },
      { name: 'spi', label: 'Security Parameters Index', bits: 32, kind: 'hex' },
      { name: 'sequenceNumber', label: 'Sequence Number', bits: 32 },
    ],
    tail: { shape: 'bytes', name: 'icv', label: 'Integrity Check Value' },
  }),
}

/** The format of an extension header by its protocol number; undefined for an upper layer (and for ESP, which hides what follows). */
export function ipv6ExtensionFormat(protocol: number): AnyFormat | undefined {
  return FORMATS[protocol]
}

/** Length in bytes of the extension header of that kind at `start`, whose first 8 bytes must be there. */
export function ipv6ExtensionLength(protocol: number, bytes: Uint8Array, start: number): number {
  if (protocol === PROTOCOL_FRAGMENT) return IPV6_FRAGMENT_BYTES
  if (protocol === PROTOCOL_AUTHENTICATION) return (bytes[start + 1] + 2) * 4
  return (bytes[start + 1] + 1) * 8
}

/** Whether the protocol number names an extension header that can be stepped over. */
export function isIpv6Extension(protocol: number): boolean {
  return FORMATS[protocol] !== undefined
}

/** What stands behind the extension headers. */
export interface Ipv6Transport {
  protocol: number
  start: number
  /** Where the byte stands that names `protocol`: Parameter Problem messages point at it. */
  nextHeaderAt: number
  /** Where the Fragment header stands, or -1. The search ends behind it: what follows may be the middle of a packet. */
  fragmentStart: number
}

/**
 * Steps over the extension headers from `start`, the first of kind `nextHeader` (named at `nextHeaderAt`), without allocating.
 * Returns 0, or FAULT_TRUNCATED when a header runs past `end`.
 */
export function findIpv6Transport(
  bytes: Uint8Array,
  start: number,
  end: number,
  nextHeader: number,
  nextHeaderAt: number,
  into: Ipv6Transport,
): number {
  into.protocol = nextHeader
  into.start = start
  into.nextHeaderAt = nextHeaderAt
  into.fragmentStart = -1
  while (isIpv6Extension(into.protocol)) {
    if (into.start + 8 > end) return FAULT_TRUNCATED
    const length = ipv6ExtensionLength(into.protocol, bytes, into.start)
    if (into.start + length > end) return FAULT_TRUNCATED
    const isFragment = into.protocol === PROTOCOL_FRAGMENT
    if (isFragment) into.fragmentStart = into.start
    into.protocol = bytes[into.start]
    into.nextHeaderAt = into.start
    into.start += length
    if (isFragment) return 0
  }
  return 0
}

function protocolOf(extension: Ipv6Extension): number {
  const entry = Object.entries(FORMATS).find(([, format]) => format.name === extension.name)
  if (entry === undefined)
    throw new WireError('NETSTACK_ERR_WIRE_VALUE', 'ipv6', `no extension header is named "${extension.name}"`)
  return Number(entry[0])
}

/** The chain of extension headers as bytes, ending in `protocol`; and the next header value with which it begins. */
export function buildIpv6Extensions(
  extensions: readonly Ipv6Extension[],
  protocol: number,
): { bytes: Uint8Array; nextHeader: number } {
  const pieces: Uint8Array[] = []
  let next = protocol
  for (const extension of [...extensions].reverse()) {
    const kindNumber = protocolOf(extension)
    const format = FORMATS[kindNumber]
    const length = format.lengthOf(extension)
    const unit = kindNumber === PROTOCOL_AUTHENTICATION ? 4 : 8
    if (length % unit !== 0) {
      throw new WireError(
        'NETSTACK_ERR_WIRE_LENGTH',
        'ipv6',
        `extension header ${extension.name} takes ${length} bytes, not a multiple of ${unit}`,
      )
    }
    pieces.unshift(
      format.build({ ...extension, nextHeader: next, extensionLength: length / 8 - 1, payloadLength: length / 4 - 2 }),
    )
    next = kindNumber
  }
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let position = 0
  for (const piece of pieces) {
    bytes.set(piece, position)
    position += piece.length
  }
  return { bytes, nextHeader: next }
}

/** The extension headers from `start`, and what follows them. Stops behind a Fragment header. Throws WireError (TRUNCATED, OPTION). */
export function parseIpv6Extensions(
  bytes: Uint8Array,
  start: number,
  end: number,
  nextHeader: number,
): { extensions: Ipv6Extension[]; protocol: number; start: number } {
  const extensions: Ipv6Extension[] = []
  let protocol = nextHeader
  let position = start
  while (isIpv6Extension(protocol)) {
    const length = position + 8 > end ? 8 : ipv6ExtensionLength(protocol, bytes, position)
    const format = FORMATS[protocol]
    if (position + length > end) {
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        'ipv6',
        `${format.label} runs past the end of the packet`,
        position,
      )
    }
    extensions.push({ name: format.name, ...format.parse(bytes, position, position + length) } as Ipv6Extension)
    const isFragment = protocol === PROTOCOL_FRAGMENT
    protocol = bytes[position]
    position += length
    if (isFragment) break
  }
  return { extensions, protocol, start: position }
}
