/** From a connection's state to a segment in a frame. The header codec is wire/tcp.ts's. */
import { CHECKSUM_PARTIAL, CHECKSUM_VALID, type Frame } from '../../link/frame.ts'
import { checksumAdd, foldChecksum } from '../../wire/checksum.ts'
import { PROTOCOL_TCP } from '../../wire/protocols.ts'
import { TCP_HEADER_BYTES, writeTcpHeader } from '../../wire/tcp.ts'
import { TCP_TIMESTAMPS_BYTES, writeTcpSack, writeTcpTimestamps } from '../../wire/tcp-options.ts'
import type { Connection } from './connection.ts'
import { ACK, CWR, ECE, FIN, PSH, URG } from './segment.ts'
import type { AddressWords, TcpFlow, TcpOutput } from './types.ts'

const CHECKSUM_FIELD_OFFSET = 16
const MAX_OPTION_BYTES = 40
const ECT0 = 2

/** Sum of the pseudo-header without the length (RFC 9293 3.1). The ffff of a mapped IPv4 address is zero to a ones' complement sum. */
export function pseudoHeaderBase(local: AddressWords, remote: AddressWords): number {
  return foldChecksum(halves(local) + halves(remote) + PROTOCOL_TCP)
}

function halves(address: AddressWords): number {
  return (
    (address.w0 >>> 16) +
    (address.w0 & 0xffff) +
    (address.w1 >>> 16) +
    (address.w1 & 0xffff) +
    (address.w2 >>> 16) +
    (address.w2 & 0xffff) +
    (address.w3 >>> 16) +
    (address.w3 & 0xffff)
  )
}

/** Writes the checksum, or leaves it to the device, and hands the frame over. RFC9293:MUST-2 */
export function finishSegment(
  output: TcpOutput,
  frame: Frame,
  flow: TcpFlow,
  pseudoBase: number,
  offload: boolean,
): void {
  const start = frame.start
  const length = frame.length
  const pseudo = foldChecksum(pseudoBase + length)
  const bytes = frame.bytes
  let sum: number
  if (offload) {
    sum = pseudo
    frame.checksum = CHECKSUM_PARTIAL
    frame.checksumStart = start
    frame.checksumOffset = CHECKSUM_FIELD_OFFSET
  } else {
    sum = ~checksumAdd(bytes, start, frame.end, pseudo) & 0xffff
    frame.checksum = CHECKSUM_VALID
  }
  bytes[start + CHECKSUM_FIELD_OFFSET] = sum >>> 8
  bytes[start + CHECKSUM_FIELD_OFFSET + 1] = sum
  output.transmit(frame, flow)
}

/**
 * Sends one segment of an open connection (not a SYN): `length` bytes from the send buffer at `sequence`. Returns false when no frame was to be had:
 * to TCP that is a segment lost. Every segment carries the present acknowledgment and window.
 */
export function emitSegment(
  connection: Connection,
  sequence: number,
  length: number,
  flags: number,
  now: number,
  reason: string | undefined,
  rule: string | undefined,
): boolean {
  const { host, sender, receiver } = connection
  const timestampBytes = connection.timestampsOn ? TCP_TIMESTAMPS_BYTES : 0
  let sackCount = 0
  if (connection.sackOn && receiver.sackWaiting && (flags & ACK) !== 0) {
    const room = Math.min(MAX_OPTION_BYTES - timestampBytes, length === 0 ? MAX_OPTION_BYTES : sender.mss - length)
    sackCount = receiver.collectSackBlocks(Math.max(0, (room - 4) >> 3))
  }
  const headerBytes = TCP_HEADER_BYTES + timestampBytes + (sackCount === 0 ? 0 : 4 + 8 * sackCount)
  const gathered = length > sender.mss && connection.gathers
  const frame = host.output.allocate(gathered ? headerBytes : headerBytes + length)
  if (frame === undefined) {
    host.counters.allocationFailures++
    return false
  }
  const start = frame.start
  const bytes = frame.bytes
  let urgentPointer = 0
  if (sender.urgentPending) {
    const distance = (sender.urgentEnd - sequence) | 0
    if (distance > 0 && length > 0) {
      flags |= URG
      urgentPointer = Math.min(distance, 0xffff) // RFC9293:MUST-62: behind the last urgent byte
    }
  }
  if (connection.ecnOn) flags |= ecnFlags(connection, frame, sequence, length)
  const window = receiver.advertise(now)
  writeTcpHeader(
    bytes,
    start,
    connection.flow.localPort,
    connection.flow.remotePort,
    sequence,
    receiver.next,
    headerBytes,
    flags,
    window,
    urgentPointer,
  )
  let at = start + TCP_HEADER_BYTES
  if (timestampBytes !== 0)
    at = writeTcpTimestamps(bytes, at, connection.timestampToSend(now), connection.timestampRecent)
  if (sackCount !== 0) at = writeTcpSack(bytes, at, receiver.sackLeft, receiver.sackRight, sackCount)
  if (length > 0) at = putPayload(connection, frame, sequence, length, at, gathered, now)
  frame.end = at
  host.counters.segmentsOut++
  connection.segmentsOut++
  if (host.trace?.onSent !== undefined) host.trace.onSent(connection, bytes, start, frame.end, reason, rule, now)
  finishSegment(host.output, frame, connection.flow, connection.pseudoBase, connection.checksumOffload)
  if ((flags & ACK) !== 0) receiver.onAckSent()
  return true
}

/** Sends `length` bytes from `sequence`, and a FIN behind them if there is one, in as many segments as the MSS wants. Returns how many. */
export function emitSegments(
  connection: Connection,
  sequence: number,
  length: number,
  withFin: boolean,
  now: number,
  reason: string,
  rule: string,
): number {
  const { mss, buffer } = connection.sender
  let segments = 0
  do {
    const part = Math.min(length, mss)
    length -= part
    const isLast = length === 0
    let flags = dataFlags(isLast && part > 0 && ((sequence + part) | 0) === buffer.end)
    if (isLast && withFin) flags |= FIN
    emitSegment(connection, sequence, part, flags, now, reason, rule)
    sequence = (sequence + part) | 0
    segments++
  } while (length > 0)
  return segments
}

/** Puts the payload behind the header, which ends at `at`, or names where it lies. Returns where the frame ends. */
function putPayload(
  connection: Connection,
  frame: Frame,
  sequence: number,
  length: number,
  at: number,
  gathered: boolean,
  now: number,
): number {
  const { sender } = connection
  if (gathered) {
    frame.tail = sender.buffer.views(sequence, length)
    frame.tailBytes = length
  } else sender.buffer.copyTo(sequence, length, frame.bytes, at)
  if (length > sender.mss && connection.gsoBytes > 0) {
    frame.gsoSize = sender.mss
    frame.gsoHeaderBytes = at - frame.start
  }
  connection.dataSegmentsOut++
  connection.bytesSent += length
  connection.lastDataSentAt = now
  connection.pacer?.onSent(length, now)
  return gathered ? at : at + length
}

/** RFC 3168 6.1: ECT on new data only (not on retransmissions, pure ACKs or probes), ECE until CWR arrives, CWR once after a reduction. */
function ecnFlags(connection: Connection, frame: Frame, sequence: number, length: number): number {
  let flags = connection.receiver.echoCongestion ? ECE : 0
  if (length > 0 && sequence === connection.sender.next && !connection.sender.probing) {
    frame.ecn = ECT0
    if (connection.sender.reducedPending) {
      flags |= CWR
      connection.sender.reducedPending = false
    }
  }
  return flags
}

/** A pure acknowledgment. */
export function emitAck(connection: Connection, now: number, reason?: string, rule?: string): void {
  emitSegment(connection, connection.sender.next, 0, ACK, now, reason, rule)
}

/** PSH belongs on the segment that empties the queue (RFC 9293 3.9.1.2; RFC9293:MUST-60, MUST-61, SHLD-27). */
export function dataFlags(isLast: boolean): number {
  return isLast ? ACK | PSH : ACK
}
