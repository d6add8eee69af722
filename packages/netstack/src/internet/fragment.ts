import type { Frame, FramePool } from '../link/frame.ts'
import { IPV4_MORE_FRAGMENTS, writeIpv4Checksum } from '../wire/ipv4.ts'
import { IPV6_FRAGMENT, IPV6_FRAGMENT_BYTES } from '../wire/ipv6-extensions.ts'
import { PROTOCOL_FRAGMENT } from '../wire/protocols.ts'

/**
 * Cuts an IPv4 packet (RFC 791 3.2). The frame stays with the caller; the pieces are new frames.
 *
 * @param headerBytes length of its header with options: those without the copied flag are in the first piece only
 */
export function splitIpv4(frame: Frame, headerBytes: number, mtu: number, pool: FramePool): Frame[] {
  const { bytes, start } = frame
  const flagsAndOffset = (bytes[start + 6] << 8) | bytes[start + 7]
  const firstOffset = flagsAndOffset & 0x1fff
  const moreFollow = (flagsAndOffset >> 13) & IPV4_MORE_FRAGMENTS
  const pieces: Frame[] = []
  const payloadStart = start + headerBytes
  let header: Uint8Array = bytes.subarray(start, payloadStart)
  for (let at = payloadStart; at < frame.end; ) {
    const room = Math.max(8, (mtu - header.length) & ~7)
    const take = Math.min(room, frame.end - at)
    const last = at + take === frame.end
    const piece = pool.allocate(header.length + take)
    piece.end = piece.start + header.length + take
    piece.bytes.set(header, piece.start)
    piece.bytes.set(bytes.subarray(at, at + take), piece.start + header.length)
    const length = header.length + take
    const offset = firstOffset + ((at - payloadStart) >> 3)
    const flags = last ? moreFollow : IPV4_MORE_FRAGMENTS
    piece.bytes[piece.start + 2] = length >> 8
    piece.bytes[piece.start + 3] = length
    piece.bytes[piece.start + 6] = (flags << 5) | (offset >> 8)
    piece.bytes[piece.start + 7] = offset
    writeIpv4Checksum(piece.bytes, piece.start, header.length)
    pieces.push(piece)
    at += take
    if (pieces.length === 1 && headerBytes > 20) header = copiedOptions(header)
  }
  return pieces
}

/** The header with those options that RFC 791 3.1 wants in every fragment, padded to a multiple of four. */
function copiedOptions(header: Uint8Array): Uint8Array {
  const kept: number[] = []
  for (let at = 20; at < header.length; ) {
    const kind = header[at]
    if (kind === 0) break
    const length = kind === 1 ? 1 : header[at + 1]
    if (length === undefined || (kind !== 1 && length < 2) || at + length > header.length) break
    if ((kind & 0x80) !== 0) kept.push(...header.subarray(at, at + length))
    at += length
  }
  while (kept.length % 4 !== 0) kept.push(0)
  const made = new Uint8Array(20 + kept.length)
  made.set(header.subarray(0, 20))
  made.set(kept, 20)
  made[0] = 0x40 | (made.length >> 2)
  return made
}

/**
 * Cuts an IPv6 packet at its source (RFC 8200 4.5). The frame stays with the caller; the pieces are new frames.
 *
 * @param headerBytes length of the headers that every fragment repeats
 * @param nextHeaderAt offset from the packet's start of the byte that names the first header of the fragmentable part
 */
export function splitIpv6(
  frame: Frame,
  headerBytes: number,
  nextHeaderAt: number,
  mtu: number,
  identification: number,
  pool: FramePool,
): Frame[] {
  const { bytes, start } = frame
  const room = Math.max(8, (mtu - headerBytes - IPV6_FRAGMENT_BYTES) & ~7)
  const pieces: Frame[] = []
  const first = start + headerBytes
  for (let at = first; at < frame.end; at += room) {
    const take = Math.min(room, frame.end - at)
    const piece = pool.allocate(headerBytes + IPV6_FRAGMENT_BYTES + take)
    const to = piece.bytes
    to.set(bytes.subarray(start, first), piece.start)
    const payloadLength = headerBytes - 40 + IPV6_FRAGMENT_BYTES + take
    to[piece.start + 4] = payloadLength >> 8
    to[piece.start + 5] = payloadLength
    to[piece.start + nextHeaderAt] = PROTOCOL_FRAGMENT
    const header = {
      nextHeader: bytes[start + nextHeaderAt],
      fragmentOffset: (at - first) >> 3,
      moreFragments: at + take < frame.end ? 1 : 0,
      identification,
    }
    const bodyAt = IPV6_FRAGMENT.write(header, to, piece.start + headerBytes)
    to.set(bytes.subarray(at, at + take), bodyAt)
    piece.end = bodyAt + take
    pieces.push(piece)
  }
  return pieces
}
