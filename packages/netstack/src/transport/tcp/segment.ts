/**
 * One parsed TCP segment (RFC 9293 3.1) in a record that is filled again and again: a layer owns one, so that receiving allocates nothing.
 * Nobody may keep a Segment, or the `bytes` it points into, after the call that showed it has returned; its frame may be retained.
 *
 * Sequence numbers are held as signed 32-bit integers (`| 0`), because those stay unboxed in V8; their differences are taken modulo 2^32 by
 * `(a - b) | 0` (RFC 9293 3.4). Show them to people with `>>> 0`. The same holds for timestamps and for address words.
 */

import type { Frame } from '../../link/frame.ts'
import { TCP_FIN, TCP_SYN } from '../../wire/tcp.ts'

export {
  TCP_ACK as ACK,
  TCP_CWR as CWR,
  TCP_ECE as ECE,
  TCP_FIN as FIN,
  TCP_PSH as PSH,
  TCP_RST as RST,
  TCP_SYN as SYN,
  TCP_URG as URG,
} from '../../wire/tcp.ts'

/** The most SACK blocks that fit into 40 bytes of options (RFC 2018 3). */
export const MAX_SACK_BLOCKS = 4

/** See the head of this file. */
export class Segment {
  /** Addresses as four big-endian words; IPv4 as ::ffff:a.b.c.d, so word2 is 0xffff and word3 the address. Set by the internet layer. */
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  /** ECN codepoint of the IP header: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. Set by the internet layer. */
  ecn = 0
  /** True when the destination was a broadcast or multicast address: such a segment is ignored (RFC9293:MUST-57, MUST-63). */
  toGroup = false

  sourcePort = 0
  destinationPort = 0
  /** int32. */
  sequence = 0
  /** int32; meaningful when ACK is set. */
  acknowledgment = 0
  /** Header length in bytes, 20-60. */
  headerBytes = 20
  /** The nine flags, AE at bit 8, FIN at bit 0. */
  flags = 0
  /** As on the wire, not scaled. */
  window = 0
  checksum = 0
  urgentPointer = 0

  /** MSS option in bytes, 0 when absent (RFC 9293 3.2). */
  mss = 0
  /** Window scale shift as sent, -1 when absent (RFC 7323 2.2). */
  windowScale = -1
  sackPermitted = false
  hasTimestamps = false
  /** int32. */
  timestampValue = 0
  /** int32. */
  timestampEcho = 0
  /** User timeout in milliseconds, 0 when absent (RFC 5482). */
  userTimeoutMs = 0
  /** Fast-open cookie: -1 no option, 0 a request, else its length; the bytes are at `fastOpenStart` in `bytes` (RFC 7413). */
  fastOpenBytes = -1
  fastOpenStart = 0
  sackCount = 0
  /** Left edges, int32; the first `sackCount` are valid. */
  readonly sackLeft: Int32Array = new Int32Array(MAX_SACK_BLOCKS)
  /** Right edges (the byte behind), int32. */
  readonly sackRight: Int32Array = new Int32Array(MAX_SACK_BLOCKS)

  /** The memory that the payload lies in: belongs to the frame, not to the segment. */
  bytes: Uint8Array = EMPTY
  /** The frame itself, when whoever processes the segment may retain it. */
  frame: Frame | undefined = undefined
  payloadStart = 0
  payloadEnd = 0

  /** Payload bytes. */
  get payloadBytes(): number {
    return this.payloadEnd - this.payloadStart
  }

  /** SEG.LEN of RFC 9293 3.4: payload, SYN and FIN counted. */
  get length(): number {
    return this.payloadEnd - this.payloadStart + (this.flags & TCP_FIN) + ((this.flags & TCP_SYN) >> 1)
  }

  /** Sets IPv4 addresses, given as 32-bit numbers in either signedness. */
  setAddresses4(source: number, destination: number): void {
    this.source0 = 0
    this.source1 = 0
    this.source2 = 0xffff
    this.source3 = source | 0
    this.destination0 = 0
    this.destination1 = 0
    this.destination2 = 0xffff
    this.destination3 = destination | 0
  }

  /** Sets IPv6 addresses from 16 bytes each at the given offsets (an IPv6 header has them at 8 and 24). */
  setAddresses6(bytes: Uint8Array, sourceAt: number, destinationAt: number): void {
    this.source0 = readWord(bytes, sourceAt)
    this.source1 = readWord(bytes, sourceAt + 4)
    this.source2 = readWord(bytes, sourceAt + 8)
    this.source3 = readWord(bytes, sourceAt + 12)
    this.destination0 = readWord(bytes, destinationAt)
    this.destination1 = readWord(bytes, destinationAt + 4)
    this.destination2 = readWord(bytes, destinationAt + 8)
    this.destination3 = readWord(bytes, destinationAt + 12)
  }
}

const EMPTY = new Uint8Array(0)

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
