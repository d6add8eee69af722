import { FAULT_TRUNCATED, FAULT_VERSION, WireError } from './error.ts'
import { Format } from './format.ts'
import { buildIpv6Extensions, type Ipv6Extension, parseIpv6Extensions } from './ipv6-extensions.ts'
import { ECN_NAMES, PROTOCOL_NAMES } from './protocols.ts'

export const IPV6_HEADER_BYTES = 40
/** Where the addresses stand in the header. */
export const IPV6_SOURCE_OFFSET = 8
export const IPV6_DESTINATION_OFFSET = 24

/** The IPv6 header (RFC 8200 section 3); addresses are 16 bytes each. */
export interface Ipv6Header {
  version: number
  dscp: number
  ecn: number
  flowLabel: number
  /** Extension headers and payload, in bytes. */
  payloadLength: number
  nextHeader: number
  hopLimit: number
  source: Uint8Array
  destination: Uint8Array
}

/** A whole IPv6 packet: `protocol` is what the last header names, `payload` what stands behind it. */
export interface Ipv6Packet extends Ipv6Header {
  extensions: Ipv6Extension[]
  protocol: number
  payload: Uint8Array
}

/** What {@link buildIpv6} needs at least. */
export type Ipv6Init = Partial<Ipv6Header> &
  Pick<Ipv6Packet, 'source' | 'destination' | 'protocol'> & { extensions?: Ipv6Extension[]; payload?: Uint8Array }

/** RFC 8200 section 3; the traffic class split as in RFC 2474 section 3 and RFC 3168 section 5. */
export const IPV6: Format<Ipv6Header> = new Format<Ipv6Header>({
  name: 'ipv6',
  label: 'Internet Protocol Version 6',
  source: 'RFC 8200 section 3',
  fields: [
    { name: 'version', label: 'Version', bits: 4, initial: 6, filter: 'ipv6.version' },
    { name: 'dscp', label: 'Differentiated Services Codepoint', bits: 6, initial: 0, filter: 'ipv6.tclass.dscp' },
    {
      name: 'ecn',
      label: 'Explicit Congestion Notification',
      bits: 2,
      initial: 0,
      names: ECN_NAMES,
      filter: 'ipv6.tclass.ecn',
    },
    { name: 'flowLabel', label: 'Flow Label', bits: 20, kind: 'hex', initial: 0, filter: 'ipv6.flow' },
    { name: 'payloadLength', label: 'Payload Length', bits: 16, filter: 'ipv6.plen' },
    { name: 'nextHeader', label: 'Next Header', bits: 8, names: PROTOCOL_NAMES, filter: 'ipv6.nxt' },
    { name: 'hopLimit', label: 'Hop Limit', bits: 8, initial: 64, filter: 'ipv6.hlim' },
    { name: 'source', label: 'Source Address', bits: 128, kind: 'ipv6', filter: 'ipv6.src' },
    { name: 'destination', label: 'Destination Address', bits: 128, kind: 'ipv6', filter: 'ipv6.dst' },
  ],
})

/** The header as numbers, for a record that is reused; the addresses stay in the bytes, at the two offsets above. */
export type Ipv6Numbers = Omit<Ipv6Header, 'source' | 'destination'>

/** A record to pass to {@link readIpv6Header} again and again. */
export function createIpv6Numbers(): Ipv6Numbers {
  return { version: 0, dscp: 0, ecn: 0, flowLabel: 0, payloadLength: 0, nextHeader: 0, hopLimit: 0 }
}

/** Reads the header at bytes[start..end) into `into` without allocating. Returns 40, or FAULT_TRUNCATED or FAULT_VERSION. */
export function readIpv6Header(bytes: Uint8Array, start: number, end: number, into: Ipv6Numbers): number {
  if (end - start < IPV6_HEADER_BYTES) return FAULT_TRUNCATED
  into.version = bytes[start] >>> 4
  into.dscp = ((bytes[start] & 15) << 2) | (bytes[start + 1] >>> 6)
  into.ecn = (bytes[start + 1] >>> 4) & 3
  into.flowLabel = ((bytes[start + 1] & 15) << 16) | (bytes[start + 2] << 8) | bytes[start + 3]
  into.payloadLength = (bytes[start + 4] << 8) | bytes[start + 5]
  into.nextHeader = bytes[start + 6]
  into.hopLimit = bytes[start + 7]
  if (into.version !== 6) return FAULT_VERSION
  return start + IPV6_HEADER_BYTES + into.payloadLength > end ? FAULT_TRUNCATED : IPV6_HEADER_BYTES
}

/**
 * Writes all of a header but its addresses (the caller puts 16 bytes each at the two offsets) without allocating, and returns
 * where the header ends. `trafficClass` is DSCP and ECN as one byte.
 */
export function writeIpv6Header(
  bytes: Uint8Array,
  start: number,
  payloadLength: number,
  trafficClass: number,
  flowLabel: number,
  nextHeader: number,
  hopLimit: number,
): number {
  bytes[start] = 0x60 | (trafficClass >>> 4)
  bytes[start + 1] = ((trafficClass & 15) << 4) | (flowLabel >>> 16)
  bytes[start + 2] = flowLabel >>> 8
  bytes[start + 3] = flowLabel
  bytes[start + 4] = payloadLength >>> 8
  bytes[start + 5] = payloadLength
  bytes[start + 6] = nextHeader
  bytes[start + 7] = hopLimit
  return start + IPV6_HEADER_BYTES
}

/** The packet in bytes[start..end); bytes behind its payload length are left out. Throws WireError (TRUNCATED, VERSION, OPTION). */
export function parseIpv6(bytes: Uint8Array, start = 0, end: number = bytes.length): Ipv6Packet {
  const header = IPV6.parse(bytes, start, end)
  if (header.version !== 6)
    throw new WireError('NETSTACK_ERR_WIRE_VERSION', 'ipv6', `version ${header.version} is not 6`, 0)
  const packetEnd = start + IPV6_HEADER_BYTES + header.payloadLength
  if (packetEnd > end) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_TRUNCATED',
      'ipv6',
      `payload length ${header.payloadLength} is more than the ${end - start - 40} bytes that are here`,
      4,
    )
  }
  const rest = parseIpv6Extensions(bytes, start + IPV6_HEADER_BYTES, packetEnd, header.nextHeader)
  return {
    ...header,
    extensions: rest.extensions,
    protocol: rest.protocol,
    payload: bytes.subarray(rest.start, packetEnd),
  }
}

/**
 * The packet as bytes; payload length and the chain of next headers are computed.
 * Throws WireError (VALUE, LENGTH, OPTION).
 */
export function buildIpv6(packet: Ipv6Init): Uint8Array {
  const payload = packet.payload ?? new Uint8Array(0)
  const extensions = buildIpv6Extensions(packet.extensions ?? [], packet.protocol)
  const payloadLength = extensions.bytes.length + payload.length
  if (
    (packet.payloadLength ?? payloadLength) !== payloadLength ||
    (packet.nextHeader ?? extensions.nextHeader) !== extensions.nextHeader
  ) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'ipv6',
      `payload length and next header are ${payloadLength} and ${extensions.nextHeader}, others are given; leave them out`,
      4,
    )
  }
  if (payloadLength > 65535)
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'ipv6', `${payloadLength} bytes are more than a payload's 65535`, 4)
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payloadLength)
  IPV6.write({ ...packet, payloadLength, nextHeader: extensions.nextHeader }, bytes)
  bytes.set(extensions.bytes, IPV6_HEADER_BYTES)
  bytes.set(payload, IPV6_HEADER_BYTES + extensions.bytes.length)
  return bytes
}
