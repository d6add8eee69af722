import { checksumAdd } from './checksum.ts'
import { FAULT_LENGTH, FAULT_TRUNCATED, WireError } from './error.ts'
import { Format } from './format.ts'

export const UDP_HEADER_BYTES = 8

/** The UDP header (RFC 768). */
export interface UdpHeader {
  sourcePort: number
  destinationPort: number
  /** Header and data, in bytes. */
  length: number
  /** 0: none was computed (allowed over IPv4 only). */
  checksum: number
}

/** A UDP datagram. */
export interface UdpDatagram extends UdpHeader {
  payload: Uint8Array
}

/** RFC 768, "Format". */
export const UDP: Format<UdpHeader> = new Format<UdpHeader>({
  name: 'udp',
  label: 'User Datagram Protocol',
  source: 'RFC 768',
  fields: [
    { name: 'sourcePort', label: 'Source Port', bits: 16, filter: 'udp.srcport' },
    { name: 'destinationPort', label: 'Destination Port', bits: 16, filter: 'udp.dstport' },
    { name: 'length', label: 'Length', bits: 16, filter: 'udp.length' },
    { name: 'checksum', label: 'Checksum', bits: 16, kind: 'hex', initial: 0, filter: 'udp.checksum' },
  ],
})

/** Reads the header at bytes[start..end) into `into` without allocating. Returns 8, or FAULT_TRUNCATED or FAULT_LENGTH. */
export function readUdpHeader(bytes: Uint8Array, start: number, end: number, into: UdpHeader): number {
  if (end - start < UDP_HEADER_BYTES) return FAULT_TRUNCATED
  into.sourcePort = (bytes[start] << 8) | bytes[start + 1]
  into.destinationPort = (bytes[start + 2] << 8) | bytes[start + 3]
  into.length = (bytes[start + 4] << 8) | bytes[start + 5]
  into.checksum = (bytes[start + 6] << 8) | bytes[start + 7]
  if (into.length < UDP_HEADER_BYTES) return FAULT_LENGTH
  if (start + into.length > end) return FAULT_TRUNCATED
  return UDP_HEADER_BYTES
}

/** Writes a header with checksum 0 at `start` without allocating and returns where it ends; `length` counts header and data. */
export function writeUdpHeader(
  bytes: Uint8Array,
  start: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
): number {
  bytes[start] = sourcePort >>> 8
  bytes[start + 1] = sourcePort
  bytes[start + 2] = destinationPort >>> 8
  bytes[start + 3] = destinationPort
  bytes[start + 4] = length >>> 8
  bytes[start + 5] = length
  bytes[start + 6] = 0
  bytes[start + 7] = 0
  return start + UDP_HEADER_BYTES
}

/** Computes the checksum of the datagram bytes[start..end) over `pseudoSum` and writes it; a result of 0 is sent as 0xffff (RFC 768). */
export function writeUdpChecksum(bytes: Uint8Array, start: number, end: number, pseudoSum: number): void {
  bytes[start + 6] = 0
  bytes[start + 7] = 0
  const check = ~checksumAdd(bytes, start, end, pseudoSum) & 0xffff || 0xffff
  bytes[start + 6] = check >>> 8
  bytes[start + 7] = check
}

/** Whether the checksum of the datagram bytes[start..end) is right. One that was not computed (0) counts as right only where `optional`. */
export function verifyUdpChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number,
  optional: boolean,
): boolean {
  if (bytes[start + 6] === 0 && bytes[start + 7] === 0) return optional
  return checksumAdd(bytes, start, end, pseudoSum) === 0xffff
}

/** The datagram in bytes[start..end); bytes behind its length are left out. Throws WireError (TRUNCATED, LENGTH). */
export function parseUdp(bytes: Uint8Array, start = 0, end: number = bytes.length): UdpDatagram {
  const header = UDP.parse(bytes, start, end)
  if (header.length < UDP_HEADER_BYTES)
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'udp', `length ${header.length} is less than the header's 8`, 4)
  if (start + header.length > end) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_TRUNCATED',
      'udp',
      `length ${header.length} is more than the ${end - start} bytes that are here`,
      4,
    )
  }
  return { ...header, payload: bytes.subarray(start + UDP_HEADER_BYTES, start + header.length) }
}

/**
 * The datagram as bytes. The checksum is computed when `pseudoSum` is given (see pseudoHeaderSum4 and pseudoHeaderSum6, with
 * protocol 17 and the datagram's length), else the one of the record is written. Throws WireError (VALUE, LENGTH).
 */
export function buildUdp(
  datagram: Pick<UdpHeader, 'sourcePort' | 'destinationPort'> & Partial<UdpHeader> & { payload?: Uint8Array },
  pseudoSum?: number,
): Uint8Array {
  const payload = datagram.payload ?? new Uint8Array(0)
  const length = UDP_HEADER_BYTES + payload.length
  if ((datagram.length ?? length) !== length)
    throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'udp', `length ${datagram.length} is given, it is ${length}`, 4)
  const bytes = new Uint8Array(length)
  bytes.set(payload, UDP.write({ ...datagram, length }, bytes))
  if (pseudoSum !== undefined && datagram.checksum === undefined) writeUdpChecksum(bytes, 0, length, pseudoSum)
  return bytes
}
