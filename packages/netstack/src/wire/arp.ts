import { FAULT_TRUNCATED, WireError } from './error.ts'
import { Format } from './format.ts'

export const ARP_REQUEST = 1
export const ARP_REPLY = 2
const ARP_BYTES = 28

/** ARP for IPv4 over Ethernet (RFC 826). Hardware addresses are six bytes, protocol addresses 32-bit numbers. */
export interface ArpPacket {
  hardwareType: number
  protocolType: number
  hardwareLength: number
  protocolLength: number
  operation: number
  senderHardwareAddress: Uint8Array
  senderProtocolAddress: number
  targetHardwareAddress: Uint8Array
  targetProtocolAddress: number
}

/** RFC 826, "Packet format", with the lengths of Ethernet and IPv4. */
export const ARP: Format<ArpPacket> = new Format<ArpPacket>({
  name: 'arp',
  label: 'Address Resolution Protocol',
  source: 'RFC 826',
  fields: [
    {
      name: 'hardwareType',
      label: 'Hardware type',
      bits: 16,
      initial: 1,
      names: { 1: 'Ethernet' },
      filter: 'arp.hw.type',
    },
    {
      name: 'protocolType',
      label: 'Protocol type',
      bits: 16,
      initial: 0x0800,
      kind: 'hex',
      names: { 2048: 'IPv4' },
      filter: 'arp.proto.type',
    },
    { name: 'hardwareLength', label: 'Hardware size', bits: 8, initial: 6, filter: 'arp.hw.size' },
    { name: 'protocolLength', label: 'Protocol size', bits: 8, initial: 4, filter: 'arp.proto.size' },
    { name: 'operation', label: 'Opcode', bits: 16, names: { 1: 'request', 2: 'reply' }, filter: 'arp.opcode' },
    { name: 'senderHardwareAddress', label: 'Sender MAC address', bits: 48, kind: 'mac', filter: 'arp.src.hw_mac' },
    { name: 'senderProtocolAddress', label: 'Sender IP address', bits: 32, kind: 'ipv4', filter: 'arp.src.proto_ipv4' },
    { name: 'targetHardwareAddress', label: 'Target MAC address', bits: 48, kind: 'mac', filter: 'arp.dst.hw_mac' },
    { name: 'targetProtocolAddress', label: 'Target IP address', bits: 32, kind: 'ipv4', filter: 'arp.dst.proto_ipv4' },
  ],
})

/** The ARP packet at bytes[start..end). Throws WireError (TRUNCATED; LENGTH when it is not for Ethernet and IPv4). */
export function parseArp(bytes: Uint8Array, start = 0, end: number = bytes.length): ArpPacket {
  const packet = ARP.parse(bytes, start, end)
  if (
    packet.hardwareType !== 1 ||
    packet.protocolType !== 0x0800 ||
    packet.hardwareLength !== 6 ||
    packet.protocolLength !== 4
  ) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'arp',
      'only IPv4 over Ethernet is known: hardware type 1, size 6, protocol 0x0800, size 4',
      0,
    )
  }
  return packet
}

/** The packet as 28 bytes. The four first fields are those of IPv4 over Ethernet unless given. Throws WireError (VALUE). */
export function buildArp(
  packet: Pick<
    ArpPacket,
    'operation' | 'senderHardwareAddress' | 'senderProtocolAddress' | 'targetHardwareAddress' | 'targetProtocolAddress'
  > &
    Partial<ArpPacket>,
): Uint8Array {
  return ARP.build(packet)
}

/** Operation of the ARP packet at `start`, or FAULT_TRUNCATED when it is too short or not for Ethernet and IPv4. */
export function readArpOperation(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < ARP_BYTES) return FAULT_TRUNCATED
  const rightKind =
    bytes[start] === 0 &&
    bytes[start + 1] === 1 &&
    bytes[start + 2] === 8 &&
    bytes[start + 3] === 0 &&
    bytes[start + 4] === 6 &&
    bytes[start + 5] === 4
  return rightKind ? (bytes[start + 6] << 8) | bytes[start + 7] : FAULT_TRUNCATED
}
