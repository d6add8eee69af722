import { checksumAdd, foldChecksum, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { writeIpv4Checksum } from '../wire/ipv4.ts'
import { IPV6_SOURCE_OFFSET } from '../wire/ipv6.ts'
import { PROTOCOL_TCP } from '../wire/protocols.ts'
import { CHECKSUM_PARTIAL, CHECKSUM_VALID, type Frame, type FramePool } from './frame.ts'

const FIN_PSH = 0x09
const CWR = 0x80
const CHECKSUM_OFFSET = 16

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
 * Cuts a TCP super-segment into packets in one piece, each with its own headers, for a device that does not do so itself or takes
 * less at once. The frame, whose start is the IP header, stays with the caller; the pieces are new frames.
 *
 * @param gsoBytes payload of a super-segment that the device still cuts; 0: each packet is one segment, its checksum complete
 */
export function splitSuperSegment(frame: Frame, pool: FramePool, gsoBytes = 0): Frame[] {
  const { bytes, start, gsoSize } = frame
  const isV4 = bytes[start] >> 4 === 4
  const ipBytes = isV4 ? (bytes[start] & 15) * 4 : 40
  const headerBytes = ipBytes + (bytes[start + ipBytes + 12] >> 4) * 4
  const payloadBytes = frame.length - headerBytes
  const pieceBytes = Math.max(gsoSize, gsoBytes - (gsoBytes % gsoSize))
  const payload = new PayloadReader([bytes.subarray(start + headerBytes, frame.end), ...frame.tail])
  const pieces: Frame[] = []
  for (let at = 0; at < payloadBytes; at += pieceBytes) {
    const take = Math.min(pieceBytes, payloadBytes - at)
    const piece = pool.allocate(headerBytes + take, start)
    const to = piece.bytes
    const from = piece.start
    piece.end = from + headerBytes + take
    piece.ecn = frame.ecn
    to.set(bytes.subarray(start, start + headerBytes), from)
    payload.read(to, from + headerBytes, take)
    writeLengths(to, from, isV4, ipBytes, headerBytes + take, at / gsoSize)
    const tcp = from + ipBytes
    const sequence = readWord(bytes, start + ipBytes + 4) + at
    for (let byte = 0; byte < 4; byte++) to[tcp + 4 + byte] = sequence >>> (24 - byte * 8)
    // The end is at the end, and the congestion window was reduced once (RFC 3168 6.1.2).
    if (at + take < payloadBytes) to[tcp + 13] &= ~FIN_PSH
    if (at > 0) to[tcp + 13] &= ~CWR
    if (take > gsoSize) {
      piece.gsoSize = gsoSize
      piece.gsoHeaderBytes = headerBytes - ipBytes
    }
    writeTcpChecksum(piece, tcp, isV4, gsoBytes > 0)
    pieces.push(piece)
  }
  return pieces
}

/** Payload in several parts, read from its beginning to its end. */
class PayloadReader {
  readonly #parts: readonly Uint8Array[]
  #part = 0
  #at = 0

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts
  }

  /** The next `length` bytes, of which there must be so many. */
  read(into: Uint8Array, at: number, length: number): void {
    while (length > 0) {
      const part = this.#parts[this.#part]!
      const run = Math.min(length, part.length - this.#at)
      into.set(part.subarray(this.#at, this.#at + run), at)
      this.#at += run
      if (this.#at === part.length) {
        this.#part++
        this.#at = 0
      }
      at += run
      length -= run
    }
  }
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

/** Of the whole segment, or with `isPartial` of the pseudo-header only. */
function writeTcpChecksum(piece: Frame, tcp: number, isV4: boolean, isPartial: boolean): void {
  const { bytes, start, end } = piece
  const pseudo = isV4
    ? pseudoHeaderSum4(readWord(bytes, start + 12), readWord(bytes, start + 16), PROTOCOL_TCP, end - tcp)
    : pseudoHeaderSum6(bytes, start + IPV6_SOURCE_OFFSET, PROTOCOL_TCP, end - tcp)
  const at = tcp + CHECKSUM_OFFSET
  bytes[at] = 0
  bytes[at + 1] = 0
  const sum = isPartial ? foldChecksum(pseudo) : ~checksumAdd(bytes, tcp, end, pseudo) & 0xffff
  bytes[at] = sum >> 8
  bytes[at + 1] = sum
  piece.checksum = isPartial ? CHECKSUM_PARTIAL : CHECKSUM_VALID
  if (!isPartial) return
  piece.checksumStart = tcp
  piece.checksumOffset = CHECKSUM_OFFSET
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}
