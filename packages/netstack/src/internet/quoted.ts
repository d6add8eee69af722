import { IPV6_HEADER_BYTES } from '../wire/ipv6.ts'
import { findIpv6Transport, type Ipv6Transport } from '../wire/ipv6-extensions.ts'
import { type AddressFamily, IpAddress } from './address.ts'

/** What the beginning of a packet tells: ICMP errors quote packets cut short, so lengths are not judged. */
export interface QuotedPacket {
  readonly source: IpAddress
  readonly destination: IpAddress
  readonly protocol: number
  readonly transportStart: number
  readonly fragmentOffset: number
  readonly totalLength: number
}

/** Reads a packet or its beginning, or gives null when not even the network header is there. */
export function readQuoted(family: AddressFamily, bytes: Uint8Array, start: number, end: number): QuotedPacket | null {
  return family === 4 ? readV4(bytes, start, end) : readV6(bytes, start, end)
}

function readV4(bytes: Uint8Array, start: number, end: number): QuotedPacket | null {
  const headerBytes = (bytes[start] & 15) * 4
  if (end - start < 20 || bytes[start] >> 4 !== 4 || headerBytes < 20 || start + headerBytes > end) return null
  return {
    source: IpAddress.read(4, bytes, start + 12),
    destination: IpAddress.read(4, bytes, start + 16),
    protocol: bytes[start + 9],
    transportStart: start + headerBytes,
    fragmentOffset: ((bytes[start + 6] & 31) << 8) | bytes[start + 7],
    totalLength: (bytes[start + 2] << 8) | bytes[start + 3],
  }
}

function readV6(bytes: Uint8Array, start: number, end: number): QuotedPacket | null {
  if (end - start < IPV6_HEADER_BYTES || bytes[start] >> 4 !== 6) return null
  const found: Ipv6Transport = { protocol: 0, start: 0, nextHeaderAt: 0, fragmentStart: -1 }
  if (findIpv6Transport(bytes, start + IPV6_HEADER_BYTES, end, bytes[start + 6], start + 6, found) < 0) return null
  const fragment = found.fragmentStart
  return {
    source: IpAddress.read(6, bytes, start + 8),
    destination: IpAddress.read(6, bytes, start + 24),
    protocol: found.protocol,
    transportStart: found.start,
    fragmentOffset: fragment < 0 ? 0 : (bytes[fragment + 2] << 5) | (bytes[fragment + 3] >> 3),
    totalLength: IPV6_HEADER_BYTES + ((bytes[start + 4] << 8) | bytes[start + 5]),
  }
}
