import { checksumAdd } from './checksum.ts'
import { FAULT_LENGTH, FAULT_TRUNCATED, WireError } from './error.ts'
import { Format } from './format.ts'
import { TCP_OPTIONS, type TcpOption } from './tcp-options.ts'

export const TCP_HEADER_BYTES = 20
/** 15 words: 20 bytes of fields and up to 40 (320 bits) of options. */
const TCP_MAXIMUM_HEADER_BYTES = 60

/** The nine control bits as they stand in {@link TcpHeader.flags}. */
export const TCP_FIN = 0x001
export const TCP_SYN = 0x002
export const TCP_RST = 0x004
export const TCP_PSH = 0x008
export const TCP_ACK = 0x010
export const TCP_URG = 0x020
export const TCP_ECE = 0x040
export const TCP_CWR = 0x080
/** Accurate ECN (RFC 9768). The same bit was NS, the nonce sum of RFC 3540, which RFC 8311 made historic. */
export const TCP_AE = 0x100

/** The TCP header (RFC 9293 section 3.1). Sequence numbers are unsigned. */
export interface TcpHeader {
  sourcePort: number
  destinationPort: number
  sequenceNumber: number
  acknowledgmentNumber: number
  /** Header length in words of 4 bytes: 5 to 15. */
  dataOffset: number
  reserved: number
  /** Sum of TCP_ constants. */
  flags: number
  window: number
  checksum: number
  urgentPointer: number
  options: TcpOption[]
}

/** A TCP segment. */
export interface TcpSegment extends TcpHeader {
  payload: Uint8Array
}

/** What {@link buildTcp} needs at least; data offset and checksum are computed. */
export type TcpInit = Partial<TcpHeader> & Pick<TcpHeader, 'sourcePort' | 'destinationPort'> & { payload?: Uint8Array }

/** RFC 9293 section 3.1, with the ninth flag of RFC 9768 section 3.1 taken from the reserved bits. */
export const TCP: Format<TcpHeader> = new Format<TcpHeader>({
  name: 'tcp',
  label: 'Transmission Control Protocol',
  source: 'RFC 9293 section 3.1',
  fields: [
    { name: 'sourcePort', label: 'Source Port', bits: 16, filter: 'tcp.srcport' },
    { name: 'destinationPort', label: 'Destination Port', bits: 16, filter: 'tcp.dstport' },
    { name: 'sequenceNumber', label: 'Sequence Number', bits: 32, initial: 0, filter: 'tcp.seq_raw' },
    { name: 'acknowledgmentNumber', label: 'Acknowledgment Number', bits: 32, initial: 0, filter: 'tcp.ack_raw' },
    { name: 'dataOffset', label: 'Data Offset', bits: 4, unit: { size: 4, of: 'bytes' }, filter: 'tcp.hdr_len' },
    { name: 'reserved', label: 'Reserved', bits: 3, initial: 0, filter: 'tcp.flags.res' },
    {
      name: 'flags',
      label: 'Control Bits',
      bits: 9,
      initial: 0,
      filter: 'tcp.flags',
      parts: [
        { name: 'AE', label: 'AE', bits: 1, filter: 'tcp.flags.ae' },
        { name: 'CWR', label: 'CWR', bits: 1, filter: 'tcp.flags.cwr' },
        { name: 'ECE', label: 'ECE', bits: 1, filter: 'tcp.flags.ece' },
        { name: 'URG', label: 'URG', bits: 1, filter: 'tcp.flags.urg' },
        { name: 'ACK', label: 'ACK', bits: 1, filter: 'tcp.flags.ack' },
        { name: 'PSH', label: 'PSH', bits: 1, filter: 'tcp.flags.push' },
        { name: 'RST', label: 'RST', bits: 1, filter: 'tcp.flags.reset' },
        { name: 'SYN', label: 'SYN', bits: 1, filter: 'tcp.flags.syn' },
        { name: 'FIN', label: 'FIN', bits: 1, filter: 'tcp.flags.fin' },
      ],
    },
    { name: 'window', label: 'Window', bits: 16, initial: 0, filter: 'tcp.window_size_value' },
    { name: 'checksum', label: 'Checksum', bits: 16, kind: 'hex', initial: 0, filter: 'tcp.checksum' },
    { name: 'urgentPointer', label: 'Urgent Pointer', bits: 16, initial: 0, filter: 'tcp.urgent_pointer' },
  ],
  tail: { shape: 'options', name: 'options', label: 'Options', options: TCP_OPTIONS },
})

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE']

/** Names of the set flags in the customary order, `SYN, ACK`; empty text for none. */
export function formatTcpFlags(flags: number): string {
  return FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0).join(', ')
}

/** The fixed header as numbers, for a record that is filled again and again. Sequence numbers are int32: they stay unboxed in V8. */
export interface TcpNumbers {
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgment: number
  /** Header length in bytes, 20 to 60. */
  headerBytes: number
  flags: number
  window: number
  checksum: number
  urgentPointer: number
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
}

/**
 * Reads the fixed header at bytes[start..end) into `into` without allocating. Returns the header's length in bytes (options are
 * what stands between byte 20 and it, see readTcpOptions), or FAULT_TRUNCATED or FAULT_LENGTH (data offset below 5).
 */
export function readTcpHeader(bytes: Uint8Array, start: number, end: number, into: TcpNumbers): number {
  if (end - start < TCP_HEADER_BYTES) return FAULT_TRUNCATED
  const offsetByte = bytes[start + 12]
  const headerBytes = (offsetByte >>> 4) << 2
  into.sourcePort = (bytes[start] << 8) | bytes[start + 1]
  into.destinationPort = (bytes[start + 2] << 8) | bytes[start + 3]
  into.sequence = readInt32(bytes, start + 4)
  into.acknowledgment = readInt32(bytes, start + 8)
  into.headerBytes = headerBytes
  into.flags = ((offsetByte & 1) << 8) | bytes[start + 13]
  into.window = (bytes[start + 14] << 8) | bytes[start + 15]
  into.checksum = (bytes[start + 16] << 8) | bytes[start + 17]
  into.urgentPointer = (bytes[start + 18] << 8) | bytes[start + 19]
  if (headerBytes < TCP_HEADER_BYTES) return FAULT_LENGTH
  return start + headerBytes > end ? FAULT_TRUNCATED : headerBytes
}

/**
 * Writes a fixed header with checksum 0 at `start` without allocating and returns where it ends. `headerBytes` counts the options
 * that follow; sequence numbers may be signed or unsigned.
 */
export function writeTcpHeader(
  bytes: Uint8Array,
  start: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgment: number,
  headerBytes: number,
  flags: number,
  window: number,
  urgentPointer: number,
): number {
  bytes[start] = sourcePort >>> 8
  bytes[start + 1] = sourcePort
  bytes[start + 2] = destinationPort >>> 8
  bytes[start + 3] = destinationPort
  bytes[start + 4] = sequence >>> 24
  bytes[start + 5] = sequence >>> 16
  bytes[start + 6] = sequence >>> 8
  bytes[start + 7] = sequence
  bytes[start + 8] = acknowledgment >>> 24
  bytes[start + 9] = acknowledgment >>> 16
  bytes[start + 10] = acknowledgment >>> 8
  bytes[start + 11] = acknowledgment
  bytes[start + 12] = (headerBytes << 2) | (flags >>> 8)
  bytes[start + 13] = flags
  bytes[start + 14] = window >>> 8
  bytes[start + 15] = window
  bytes[start + 16] = 0
  bytes[start + 17] = 0
  bytes[start + 18] = urgentPointer >>> 8
  bytes[start + 19] = urgentPointer
  return start + TCP_HEADER_BYTES
}

/** Computes the checksum of the segment bytes[start..end) over `pseudoSum` (RFC9293:MUST-2) and writes it into its place. */
function writeTcpChecksum(bytes: Uint8Array, start: number, end: number, pseudoSum: number): void {
  bytes[start + 16] = 0
  bytes[start + 17] = 0
  const check = ~checksumAdd(bytes, start, end, pseudoSum) & 0xffff
  bytes[start + 16] = check >>> 8
  bytes[start + 17] = check
}

/** The segment in bytes[start..end). Throws WireError (TRUNCATED, LENGTH, OPTION). The checksum is not judged. */
export function parseTcp(bytes: Uint8Array, start = 0, end: number = bytes.length): TcpSegment {
  if (end - start < TCP_HEADER_BYTES) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_TRUNCATED',
      'tcp',
      `${end - start} bytes are less than the header's 20`,
      end - start,
    )
  }
  const headerBytes = (bytes[start + 12] >>> 4) * 4
  if (headerBytes < TCP_HEADER_BYTES) {
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'tcp', `data offset ${headerBytes / 4} words is less than 5`, 12)
  }
  if (start + headerBytes > end) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_TRUNCATED',
      'tcp',
      `the header takes ${headerBytes} bytes, ${end - start} are here`,
      12,
    )
  }
  return { ...TCP.parse(bytes, start, start + headerBytes), payload: bytes.subarray(start + headerBytes, end) }
}

/**
 * The segment as bytes. The data offset is computed; one that is given must be right. The checksum is computed when `pseudoSum` is
 * given (see pseudoHeaderSum4 and pseudoHeaderSum6, with protocol 6 and the segment's length), unless the record has one.
 * Throws WireError (VALUE, LENGTH, OPTION).
 */
export function buildTcp(segment: TcpInit, pseudoSum?: number): Uint8Array {
  const headerBytes = TCP.lengthOf(segment)
  if (headerBytes > TCP_MAXIMUM_HEADER_BYTES) {
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'tcp', `${headerBytes - 20} bytes of options are more than 40`, 12)
  }
  const dataOffset = headerBytes / 4
  if ((segment.dataOffset ?? dataOffset) !== dataOffset) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'tcp',
      `data offset ${segment.dataOffset} is given, it is ${dataOffset}; leave it out`,
      12,
    )
  }
  const payload = segment.payload ?? new Uint8Array(0)
  const bytes = new Uint8Array(headerBytes + payload.length)
  TCP.write({ ...segment, dataOffset }, bytes)
  bytes.set(payload, headerBytes)
  if (pseudoSum !== undefined && segment.checksum === undefined) writeTcpChecksum(bytes, 0, bytes.length, pseudoSum)
  return bytes
}

/** Length in bytes of a segment that {@link buildTcp} would make: the pseudo-header needs it. */
export function lengthOfTcp(segment: TcpInit): number {
  return TCP.lengthOf(segment) + (segment.payload?.length ?? 0)
}
