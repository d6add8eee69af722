import { checksumUpdate } from '../wire/checksum.ts'
import { ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, ETHERTYPE_IPV6, readEthernetType } from '../wire/ethernet.ts'
import type { Frame } from './frame.ts'
import type { Medium } from './link.ts'

/**
 * Marks a packet Congestion Experienced (RFC 3168 5), as a router does in the place of dropping it.
 *
 * @returns false when the packet is not IP or its sender is not ECN-capable
 */
export function markCongestion(frame: Frame, medium: Medium): boolean {
  const bytes = frame.bytes
  let at = frame.start
  if (medium === 'ethernet') {
    if (frame.end - at < ETHERNET_HEADER_BYTES + 20) return false
    const type = readEthernetType(bytes, at)
    if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return false
    at += ETHERNET_HEADER_BYTES
  }
  const version = bytes[at] >> 4
  if (version === 4) {
    if ((bytes[at + 1] & 3) === 0) return false
    const before = (bytes[at] << 8) | bytes[at + 1]
    const checksum = checksumUpdate((bytes[at + 10] << 8) | bytes[at + 11], before, before | 3)
    bytes[at + 1] |= 3
    bytes[at + 10] = checksum >> 8
    bytes[at + 11] = checksum
    return true
  }
  if (version !== 6 || (bytes[at + 1] & 0x30) === 0) return false
  bytes[at + 1] |= 0x30
  return true
}
