import { checksumAdd, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { writeIpv4Checksum } from '../wire/ipv4.ts'
import { IPV6_SOURCE_OFFSET } from '../wire/ipv6.ts'
import { PROTOCOL_TCP } from '../wire/protocols.ts'
import { CHECKSUM_PARTIAL, CHECKSUM_VALID, type Frame, type FramePool } from './frame.ts'

const FIN_PSH = 0x09
const CWR = 0x80

/** Completes a checksum of which only the pseudo-header's sum is there. */
export function completeChecksum(frame: Frame): void {
  if (frame.checksum !== CHECKSUM_PARTIAL) return
  const at = frame.checksumStart + frame.checksumOffset
  const sum = ~checksumAdd(frame.bytes, frame.checksumStart, frame.end) & 0xffff
  frame.bytes[at] = sum >> 8
  frame.bytes[at + 1] = sum
  frame.checksum = CHECKSUM_VALID
}

/**
 * Cuts a TCP super-segment into packets of `gsoSize` payload bytes, each with its own headers and checksums, for a device
 * that does not do so itself. The frame, whose start is the IP header, stays with the caller; the pieces are new frames.
 */
export function splitSuperSegment(frame: Frame, pool: FramePool): Frame[] {
  const { bytes, start, end, gsoSize } = frame
  const isV4 = bytes[start] >> 4 === 4
  const ipBytes = isV4 ? (bytes[start] & 15) * 4 : 40
  const headerBytes = ipBytes + (bytes[start + ipBytes + 12] >> 4) * 4
  const pieces: Frame[] = []
  const first = start + headerBytes
  for (let at = first, index = 0; at < end; at += gsoSize, index++) {
    const take = Math.min(gsoSize, end - at)
    const piece = pool.allocate(headerBytes + take, frame.start)
    const to = piece.bytes
    const from = piece.start
    piece.end = from + headerBytes + take
    piece.ecn = frame.ecn
    to.set(bytes.subarray(start, first), from)
    to.set(bytes.subarray(at, at + take), from + headerBytes)
    writeLengths(to, from, isV4, ipBytes, headerBytes + take, index)
    const tcp = from + ipBytes
    const sequence = readWord(bytes, start + ipBytes + 4) + (at - first)
    for (let byte = 0; byte < 4; byte++) to[tcp + 4 + byte] = sequence >>> (24 - byte * 8)
    // The end is at the end, and the congestion window was reduced once (RFC 3168 6.1.2).
    if (at + take < end) to[tcp + 13] &= ~FIN_PSH
    if (index > 0) to[tcp + 13] &= ~CWR
    writeTcpChecksum(to, from, tcp, piece.end, isV4)
    piece.checksum = CHECKSUM_VALID
    pieces.push(piece)
  }
  return pieces
}

function writeLengths(
  to: Uint8Array,
  from: number,
  isV4: boolean,
  ipBytes: number,
  length: number,
  index: number,
): void {
  const told = isV4 ? length : length - 40
  const lengthAt = from + (isV4 ? 2 : 4)
  to[lengthAt] = told >> 8
  to[lengthAt + 1] = told
  if (!isV4) return
  const identification = ((to[from + 4] << 8) | to[from + 5]) + index
  to[from + 4] = identification >> 8
  to[from + 5] = identification
  writeIpv4Checksum(to, from, ipBytes)
}

function writeTcpChecksum(to: Uint8Array, from: number, tcp: number, end: number, isV4: boolean): void {
  const pseudo = isV4
    ? pseudoHeaderSum4(readWord(to, from + 12), readWord(to, from + 16), PROTOCOL_TCP, end - tcp)
    : pseudoHeaderSum6(to, from + IPV6_SOURCE_OFFSET, PROTOCOL_TCP, end - tcp)
  to[tcp + 16] = 0
  to[tcp + 17] = 0
  const sum = ~checksumAdd(to, tcp, end, pseudo) & 0xffff
  to[tcp + 16] = sum >> 8
  to[tcp + 17] = sum
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}
