import { checksum } from './checksum.ts'
import { FAULT_LENGTH, FAULT_TRUNCATED, FAULT_VERSION, WireError } from './error.ts'
import { Format } from './format.ts'
import { IPV4_OPTIONS, type Ipv4Option } from './ipv4-options.ts'
import { ECN_NAMES, PROTOCOL_NAMES } from './protocols.ts'

export const IPV4_HEADER_BYTES = 20
const IPV4_MAXIMUM_BYTES = 65535
/** Bits of {@link Ipv4Header.flags}. */
export const IPV4_DONT_FRAGMENT = 2
export const IPV4_MORE_FRAGMENTS = 1

/** The IPv4 header (RFC 791 section 3.1); addresses are 32-bit numbers. */
export interface Ipv4Header {
  version: number
  /** In words of 4 bytes: 5 without options, 15 at the most. */
  headerLength: number
  dscp: number
  ecn: number
  /** Header and payload, in bytes. */
  totalLength: number
  identification: number
  /** Reserved, DF, MF: see IPV4_DONT_FRAGMENT and IPV4_MORE_FRAGMENTS. */
  flags: number
  /** In units of 8 bytes. */
  fragmentOffset: number
  timeToLive: number
  protocol: number
  headerChecksum: number
  source: number
  destination: number
  options: Ipv4Option[]
}

/** A whole IPv4 packet. */
export interface Ipv4Packet extends Ipv4Header {
  payload: Uint8Array
}

/** What {@link buildIpv4} needs at least; lengths and checksum are computed. */
export type Ipv4Init = Partial<Ipv4Header> &
  Pick<Ipv4Header, 'protocol' | 'source' | 'destination'> & { payload?: Uint8Array }

/** RFC 791 section 3.1; the type of service split as in RFC 2474 section 3 and RFC 3168 section 5. */
export const IPV4: Format<Ipv4Header> = new Format<Ipv4Header>({
  name: 'ipv4',
  label: 'Internet Protocol Version 4',
  source: 'RFC 791 section 3.1',
  fields: [
    { name: 'version', label: 'Version', bits: 4, initial: 4, filter: 'ip.version' },
    { name: 'headerLength', label: 'Header Length', bits: 4, unit: { size: 4, of: 'bytes' }, filter: 'ip.hdr_len' },
    { name: 'dscp', label: 'Differentiated Services Codepoint', bits: 6, initial: 0, filter: 'ip.dsfield.dscp' },
    {
      name: 'ecn',
      label: 'Explicit Congestion Notification',
      bits: 2,
      initial: 0,
      names: ECN_NAMES,
      filter: 'ip.dsfield.ecn',
    },
    { name: 'totalLength', label: 'Total Length', bits: 16, filter: 'ip.len' },
    { name: 'identification', label: 'Identification', bits: 16, kind: 'hex', initial: 0, filter: 'ip.id' },
    {
      name: 'flags',
      label: 'Flags',
      bits: 3,
      initial: 0,
      parts: [
        { name: 'reserved', label: 'Reserved', bits: 1, filter: 'ip.flags.rb' },
        { name: 'dontFragment', label: "Don't Fragment", bits: 1, filter: 'ip.flags.df' },
        { name: 'moreFragments', label: 'More Fragments', bits: 1, filter: 'ip.flags.mf' },
      ],
    },
    {
      name: 'fragmentOffset',
      label: 'Fragment Offset',
      bits: 13,
      initial: 0,
      unit: { size: 8, of: 'bytes' },
      filter: 'ip.frag_offset',
    },
    { name: 'timeToLive', label: 'Time to Live', bits: 8, initial: 64, filter: 'ip.ttl' },
    { name: 'protocol', label: 'Protocol', bits: 8, names: PROTOCOL_NAMES, filter: 'ip.proto' },
    { name: 'headerChecksum', label: 'Header Checksum', bits: 16, kind: 'hex', initial: 0, filter: 'ip.checksum' },
    { name: 'source', label: 'Source Address', bits: 32, kind: 'ipv4', filter: 'ip.src' },
    { name: 'destination', label: 'Destination Address', bits: 32, kind: 'ipv4', filter: 'ip.dst' },
  ],
  tail: { shape: 'options', name: 'options', label: 'Options', options: IPV4_OPTIONS },
})

/** The header as numbers, for a record that is reused packet after packet. Options stand between byte 20 and the header's end. */
export type Ipv4Numbers = Omit<Ipv4Header, 'options'>

/** A record to pass to {@link readIpv4Header} again and again. */
export function createIpv4Numbers(): Ipv4Numbers {
  return {
    version: 0,
    headerLength: 0,
    dscp: 0,
    ecn: 0,
    totalLength: 0,
    identification: 0,
    flags: 0,
    fragmentOffset: 0,
    timeToLive: 0,
    protocol: 0,
    headerChecksum: 0,
    source: 0,
    destination: 0,
  }
}

function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}

/**
 * Reads the header at bytes[start..end) into `into` without allocating. Returns the header's length in bytes, or a negative
 * FAULT_: TRUNCATED (fewer bytes than the header or the total length says), VERSION, LENGTH (header shorter than 20 bytes, or
 * longer than the packet). The checksum is not looked at: see {@link verifyIpv4Checksum}.
 */
export function readIpv4Header(bytes: Uint8Array, start: number, end: number, into: Ipv4Numbers): number {
  if (end - start < IPV4_HEADER_BYTES) return FAULT_TRUNCATED
  const first = bytes[start]
  const length = (first & 15) << 2
  into.version = first >>> 4
  into.headerLength = first & 15
  into.dscp = bytes[start + 1] >>> 2
  into.ecn = bytes[start + 1] & 3
  into.totalLength = (bytes[start + 2] << 8) | bytes[start + 3]
  into.identification = (bytes[start + 4] << 8) | bytes[start + 5]
  into.flags = bytes[start + 6] >>> 5
  into.fragmentOffset = ((bytes[start + 6] & 31) << 8) | bytes[start + 7]
  into.timeToLive = bytes[start + 8]
  into.protocol = bytes[start + 9]
  into.headerChecksum = (bytes[start + 10] << 8) | bytes[start + 11]
  into.source = read32(bytes, start + 12)
  into.destination = read32(bytes, start + 16)
  if (into.version !== 4) return FAULT_VERSION
  if (length < IPV4_HEADER_BYTES || into.totalLength < length) return FAULT_LENGTH
  if (start + into.totalLength > end) return FAULT_TRUNCATED
  return length
}

/** Whether the checksum of the header bytes[start..start+headerBytes) is right (RFC 791 section 3.1, RFC 1122 section 3.2.1.2). */
export function verifyIpv4Checksum(bytes: Uint8Array, start: number, headerBytes: number): boolean {
  return checksum(bytes, start, start + headerBytes) === 0
}

/**
 * Writes a header without options at `start`, its checksum computed, without allocating, and returns where it ends.
 * `trafficClass` is DSCP and ECN as one byte; `flagsAndOffset` the 16 bits of flags and fragment offset.
 */
export function writeIpv4Header(
  bytes: Uint8Array,
  start: number,
  totalLength: number,
  trafficClass: number,
  identification: number,
  flagsAndOffset: number,
  timeToLive: number,
  protocol: number,
  source: number,
  destination: number,
): number {
  bytes[start] = 0x45
  bytes[start + 1] = trafficClass
  bytes[start + 2] = totalLength >>> 8
  bytes[start + 3] = totalLength
  bytes[start + 4] = identification >>> 8
  bytes[start + 5] = identification
  bytes[start + 6] = flagsAndOffset >>> 8
  bytes[start + 7] = flagsAndOffset
  bytes[start + 8] = timeToLive
  bytes[start + 9] = protocol
  bytes[start + 12] = source >>> 24
  bytes[start + 13] = source >>> 16
  bytes[start + 14] = source >>> 8
  bytes[start + 15] = source
  bytes[start + 16] = destination >>> 24
  bytes[start + 17] = destination >>> 16
  bytes[start + 18] = destination >>> 8
  bytes[start + 19] = destination
  // The ten words are known as numbers: adding them is cheaper than reading them back.
  let sum =
    0x4500 + (trafficClass & 255) + (totalLength & 0xffff) + (identification & 0xffff) + (flagsAndOffset & 0xffff)
  sum += ((timeToLive & 255) << 8) + protocol
  sum += (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff)
  sum = (sum & 0xffff) + (sum >>> 16)
  sum = (sum & 0xffff) + (sum >>> 16)
  const check = ~sum & 0xffff
  bytes[start + 10] = check >>> 8
  bytes[start + 11] = check
  return start + IPV4_HEADER_BYTES
}

/** Computes the checksum of the header bytes[start..start+headerBytes) and writes it into its place. */
export function writeIpv4Checksum(bytes: Uint8Array, start: number, headerBytes: number): void {
  bytes[start + 10] = 0
  bytes[start + 11] = 0
  const check = checksum(bytes, start, start + headerBytes)
  bytes[start + 10] = check >>> 8
  bytes[start + 11] = check
}

/**
 * The packet in bytes[start..end); bytes behind its total length (Ethernet padding) are left out.
 * Throws WireError (TRUNCATED, VERSION, LENGTH, OPTION). The checksum is not judged: see {@link verifyIpv4Checksum}.
 */
export function parseIpv4(bytes: Uint8Array, start = 0, end: number = bytes.length): Ipv4Packet {
  const length = readIpv4Header(bytes, start, end, createIpv4Numbers())
  if (length < 0) throw ipv4Error(length, bytes, start, end)
  const header = IPV4.parse(bytes, start, start + length)
  return { ...header, payload: bytes.subarray(start + length, start + header.totalLength) }
}

function ipv4Error(fault: number, bytes: Uint8Array, start: number, end: number): WireError {
  if (fault === FAULT_VERSION)
    return new WireError('NETSTACK_ERR_WIRE_VERSION', 'ipv4', `version ${bytes[start] >>> 4} is not 4`, 0)
  if (fault === FAULT_LENGTH) {
    return new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'ipv4',
      `header length ${bytes[start] & 15} words does not fit between 20 bytes and the total length`,
      0,
    )
  }
  return new WireError(
    'NETSTACK_ERR_WIRE_TRUNCATED',
    'ipv4',
    `${end - start} bytes are less than header and total length say`,
    end - start,
  )
}

/**
 * The packet as bytes. Header length, total length and checksum are computed; lengths that are given must be right, a checksum
 * that is given is written as it is. Throws WireError (VALUE, LENGTH, OPTION).
 */
export function buildIpv4(packet: Ipv4Init): Uint8Array {
  const payload = packet.payload ?? new Uint8Array(0)
  const headerBytes = IPV4.lengthOf(packet)
  const headerLength = headerBytes / 4
  const totalLength = headerBytes + payload.length
  if (headerLength > 15)
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'ipv4', `${headerBytes - 20} bytes of options are more than 40`, 0)
  if ((packet.headerLength ?? headerLength) !== headerLength || (packet.totalLength ?? totalLength) !== totalLength) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'ipv4',
      `the lengths given are not ${headerLength} words and ${totalLength} bytes; leave them out`,
      0,
    )
  }
  if (totalLength > IPV4_MAXIMUM_BYTES) {
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'ipv4', `${totalLength} bytes are more than a packet's 65535`, 2)
  }
  const bytes = new Uint8Array(totalLength)
  IPV4.write({ ...packet, headerLength, totalLength }, bytes)
  bytes.set(payload, headerBytes)
  if (packet.headerChecksum === undefined) writeIpv4Checksum(bytes, 0, headerBytes)
  return bytes
}
