import { crc32 } from './crc32.ts'
import { FAULT_TRUNCATED, WireError } from './error.ts'
import { Format } from './format.ts'

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_VLAN = 0x8100
export const ETHERTYPE_IPV6 = 0x86dd

export const ETHERNET_HEADER_BYTES = 14
export const ETHERNET_FCS_BYTES = 4
/** Shortest frame without its FCS: shorter payloads are padded (IEEE 802.3 section 3.2.8). */
export const ETHERNET_MINIMUM_BYTES = 60

/** The header of an Ethernet II frame. Addresses are six bytes each. */
export interface EthernetHeader {
  destination: Uint8Array
  source: Uint8Array
  /** EtherType; values up to 1500 are the length of an IEEE 802.3 frame instead. */
  type: number
}

/** An Ethernet II frame. `fcs` is there only where the link carries it. */
export interface EthernetFrame extends EthernetHeader {
  payload: Uint8Array
  fcs?: number
}

/** IEEE 802.3 section 3.1.1, with the type of Ethernet II in the place of the length. */
export const ETHERNET: Format<EthernetHeader> = new Format<EthernetHeader>({
  name: 'ethernet',
  label: 'Ethernet II',
  source: 'IEEE 802.3 section 3.1.1',
  fields: [
    { name: 'destination', label: 'Destination', bits: 48, kind: 'mac', filter: 'eth.dst' },
    { name: 'source', label: 'Source', bits: 48, kind: 'mac', filter: 'eth.src' },
    {
      name: 'type',
      label: 'Type',
      bits: 16,
      kind: 'hex',
      filter: 'eth.type',
      names: {
        [ETHERTYPE_IPV4]: 'IPv4',
        [ETHERTYPE_ARP]: 'ARP',
        [ETHERTYPE_VLAN]: '802.1Q VLAN',
        [ETHERTYPE_IPV6]: 'IPv6',
      },
    },
  ],
})

/** The four trailing bytes: CRC-32 of all before them, least significant byte first. */
export const ETHERNET_FCS: Format<{ fcs: number }> = new Format<{ fcs: number }>({
  name: 'ethernet-fcs',
  label: 'Frame check sequence',
  source: 'IEEE 802.3 section 3.2.9',
  fields: [{ name: 'fcs', label: 'Frame check sequence', bits: 32, kind: 'hex', filter: 'eth.fcs' }],
})

/** Type field of the frame at `start`; the 14 bytes must be there. */
export function readEthernetType(bytes: Uint8Array, start: number): number {
  return (bytes[start + 12] << 8) | bytes[start + 13]
}

/** A MAC address as one number below 2^48: a key that compares and hashes without text. */
export function readMac(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset] << 8) | bytes[offset + 1]
  const low =
    ((bytes[offset + 2] << 24) | (bytes[offset + 3] << 16) | (bytes[offset + 4] << 8) | bytes[offset + 5]) >>> 0
  return high * 0x100000000 + low
}

/** Writes a MAC address that {@link readMac} gave. */
export function writeMac(bytes: Uint8Array, offset: number, address: number): void {
  const high = Math.floor(address / 0x100000000)
  const low = address >>> 0
  bytes[offset] = high >>> 8
  bytes[offset + 1] = high
  bytes[offset + 2] = low >>> 24
  bytes[offset + 3] = low >>> 16
  bytes[offset + 4] = low >>> 8
  bytes[offset + 5] = low
}

/** The Ethernet header as numbers, for a record that is reused frame after frame. */
export interface EthernetNumbers {
  destination: number
  source: number
  type: number
}

/** Reads the header into `into` without allocating. Returns 14, or FAULT_TRUNCATED. */
export function readEthernet(bytes: Uint8Array, start: number, end: number, into: EthernetNumbers): number {
  if (end - start < ETHERNET_HEADER_BYTES) return FAULT_TRUNCATED
  into.destination = readMac(bytes, start)
  into.source = readMac(bytes, start + 6)
  into.type = readEthernetType(bytes, start)
  return ETHERNET_HEADER_BYTES
}

/** Writes the header at `start` without allocating and returns where it ends. */
export function writeEthernet(
  bytes: Uint8Array,
  start: number,
  destination: number,
  source: number,
  type: number,
): number {
  writeMac(bytes, start, destination)
  writeMac(bytes, start + 6, source)
  bytes[start + 12] = type >>> 8
  bytes[start + 13] = type
  return start + ETHERNET_HEADER_BYTES
}

/** Computes the FCS of bytes[start..end) and writes it at `end`, least significant byte first. */
export function writeFcs(bytes: Uint8Array, start: number, end: number): void {
  const fcs = crc32(bytes, start, end)
  bytes[end] = fcs
  bytes[end + 1] = fcs >>> 8
  bytes[end + 2] = fcs >>> 16
  bytes[end + 3] = fcs >>> 24
}

/** Whether the last four bytes of bytes[start..end) are the right FCS of those before them. */
export function verifyFcs(bytes: Uint8Array, start: number, end: number): boolean {
  const at = end - ETHERNET_FCS_BYTES
  if (at < start) return false
  const found = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  return found === crc32(bytes, start, at)
}

/**
 * The frame in bytes[start..end); `hasFcs` says whether its last four bytes are the FCS (no frame tells that by itself).
 * Padding is part of the payload: only the protocol within knows its own length. Throws WireError (TRUNCATED).
 */
export function parseEthernet(bytes: Uint8Array, hasFcs = false, start = 0, end: number = bytes.length): EthernetFrame {
  const trailer = hasFcs ? ETHERNET_FCS_BYTES : 0
  if (end - start < ETHERNET_HEADER_BYTES + trailer) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_TRUNCATED',
      'ethernet',
      `${end - start} bytes are less than header and FCS`,
      end - start,
    )
  }
  const header = ETHERNET.parse(bytes, start, end)
  const payloadEnd = end - trailer
  const frame: EthernetFrame = { ...header, payload: bytes.subarray(start + ETHERNET_HEADER_BYTES, payloadEnd) }
  if (hasFcs) frame.fcs = ETHERNET_FCS.parse(bytes, payloadEnd, end).fcs
  return frame
}

/**
 * The frame as bytes. `fcs: true` appends the computed FCS, after padding to 60 bytes; a number appends that one, right or wrong.
 * Throws WireError (VALUE).
 */
export function buildEthernet(frame: EthernetHeader & { payload: Uint8Array; fcs?: number | boolean }): Uint8Array {
  const hasFcs = frame.fcs !== undefined && frame.fcs !== false
  const length = ETHERNET_HEADER_BYTES + frame.payload.length
  const padded = frame.fcs === true ? Math.max(length, ETHERNET_MINIMUM_BYTES) : length
  const bytes = new Uint8Array(padded + (hasFcs ? ETHERNET_FCS_BYTES : 0))
  bytes.set(frame.payload, ETHERNET.write(frame, bytes))
  if (frame.fcs === true) writeFcs(bytes, 0, padded)
  else if (typeof frame.fcs === 'number') ETHERNET_FCS.write({ fcs: frame.fcs }, bytes, padded)
  return bytes
}
