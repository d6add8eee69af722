/** SYN segments: what is offered, and what the two offers make (RFC 9293 3.7.1, RFC 7323 2, RFC 2018 2, RFC 3168 6.1.1). */

import { TCP_HEADER_BYTES, writeTcpHeader } from '../../wire/tcp.ts'
import {
  TCP_TIMESTAMPS_BYTES,
  tcpFastOpenBytes,
  writeTcpFastOpen,
  writeTcpMaximumSegmentSize,
  writeTcpSackPermitted,
  writeTcpTimestamps,
  writeTcpWindowScale,
} from '../../wire/tcp-options.ts'
import type { Connection } from './connection.ts'
import type { TcpHost } from './host.ts'
import { updateMss } from './path.ts'
import { ACK, CWR, ECE, type Segment, SYN } from './segment.ts'
import { finishSegment } from './segment-writer.ts'
import type { TcpFlow } from './types.ts'

/** RFC9293:MUST-15 (536 for IPv4), and 1220 for IPv6, when the peer names no MSS. */
const DEFAULT_SEND_MSS_4 = 536
const DEFAULT_SEND_MSS_6 = 1220
/** RFC 7323 2.3. */
const MAX_WINDOW_SHIFT = 14
const SMALLEST_MSS = 48
const MAX_OPTION_BYTES = 40

/** The send MSS that a peer's offer means before our own limits. */
export function peerMss(segment: Segment, isIpv6: boolean): number {
  if (segment.mss === 0) return isIpv6 ? DEFAULT_SEND_MSS_6 : DEFAULT_SEND_MSS_4
  return Math.max(segment.mss, SMALLEST_MSS)
}

/** The shift that lets a 16-bit field tell of a whole buffer of that size. */
export function windowShiftFor(bufferBytes: number): number {
  let shift = 0
  while (shift < MAX_WINDOW_SHIFT && 0xffff << shift < bufferBytes) shift++
  return shift
}

/** What stands in a SYN. */
export interface SynOffer {
  readonly mss: number
  /** -1: not offered. */
  readonly windowShift: number
  readonly sack: boolean
  readonly timestamps: boolean
  readonly timestampValue: number
  readonly timestampEcho: number
  /** RFC 7413: a cookie, empty to ask for one; and how many bytes of the send buffer go along. */
  readonly cookie?: Uint8Array | undefined
  readonly dataBytes?: number
}

/** Writes and sends a SYN or SYN-ACK. Returns false when there was no frame. */
export function emitSyn(
  host: TcpHost,
  connection: Connection | undefined,
  flow: TcpFlow,
  pseudoBase: number,
  offload: boolean,
  sequence: number,
  acknowledgment: number,
  flags: number,
  window: number,
  offer: SynOffer,
  now: number,
  reason: string | undefined,
  rule: string | undefined,
): boolean {
  const headerBytes =
    TCP_HEADER_BYTES +
    4 +
    (offer.timestamps ? TCP_TIMESTAMPS_BYTES : 0) +
    (offer.sack ? 4 : 0) +
    (offer.windowShift >= 0 ? 4 : 0) +
    (offer.cookie === undefined ? 0 : tcpFastOpenBytes(offer.cookie))
  const dataBytes = offer.dataBytes ?? 0
  const frame = host.output.allocate(headerBytes + dataBytes)
  if (frame === undefined) {
    host.counters.allocationFailures++
    return false
  }
  const { bytes, start } = frame
  writeTcpHeader(bytes, start, flow.localPort, flow.remotePort, sequence, acknowledgment, headerBytes, flags, window, 0)
  let at = writeTcpMaximumSegmentSize(bytes, start + TCP_HEADER_BYTES, offer.mss) // RFC9293:MUST-14, MUST-65, SHLD-5, MAY-3
  if (offer.sack) at = writeTcpSackPermitted(bytes, at)
  if (offer.timestamps) at = writeTcpTimestamps(bytes, at, offer.timestampValue, offer.timestampEcho)
  if (offer.windowShift >= 0) at = writeTcpWindowScale(bytes, at, offer.windowShift)
  if (offer.cookie !== undefined) at = writeTcpFastOpen(bytes, at, offer.cookie)
  if (dataBytes > 0) connection?.sender.buffer.copyTo((sequence + 1) | 0, dataBytes, bytes, at)
  at += dataBytes
  frame.end = at
  host.counters.segmentsOut++
  if (host.trace?.onSent !== undefined) host.trace.onSent(connection, bytes, start, at, reason, rule, now)
  finishSegment(host.output, frame, flow, pseudoBase, offload)
  return true
}

/** RFC 7413 4.2.1: what the first SYN carries; later tries do without (4.1.3.1). */
function fastOpenOffer(connection: Connection, now: number): { cookie: Uint8Array | undefined; dataBytes: number } {
  const { host, flow, options, sender } = connection
  if (connection.state === 'SYN-RECEIVED') return { cookie: connection.fastOpenCookie, dataBytes: 0 }
  const known = options.fastOpen && connection.synRetries === 0 ? host.fastOpen.offerTo(flow.remote, now) : undefined
  if (known === undefined || known.cookie.length === 0) return { cookie: known?.cookie, dataBytes: 0 }
  const mss = Math.min(known.mss || DEFAULT_SEND_MSS_4, connection.advertisedMss) - MAX_OPTION_BYTES
  const dataBytes = Math.min(sender.buffer.length, mss)
  if (dataBytes > 0) {
    connection.synDataEnd = (sender.initial + 1 + dataBytes) | 0
    connection.dataSegmentsOut++
    connection.bytesSent += dataBytes
    connection.lastDataSentAt = now
  }
  return { cookie: known.cookie, dataBytes }
}

/** Sends our SYN (active, or simultaneous with ACK) or SYN-ACK, for the first or a later time. */
export function sendSyn(connection: Connection, now: number, reason?: string, rule?: string): void {
  const { sender, receiver, options } = connection
  const answering = connection.state === 'SYN-RECEIVED'
  let flags = answering ? SYN | ACK : SYN
  // RFC9293:SHLD-8, RFC 3168 6.1.1: a SYN asks with ECE and CWR, a SYN-ACK agrees with ECE alone; RFC 3168 6.1.1.1: later tries do without.
  if (!answering && options.ecn && connection.synRetries < 2) flags |= ECE | CWR
  if (answering && connection.ecnOn) flags |= ECE
  connection.segmentsOut++
  emitSyn(
    connection.host,
    connection,
    connection.flow,
    connection.pseudoBase,
    connection.checksumOffload,
    sender.initial,
    answering ? receiver.next : 0,
    flags,
    receiver.advertiseUnscaled(),
    {
      mss: connection.advertisedMss,
      windowShift: answering
        ? connection.windowScalingOn
          ? receiver.windowShift
          : -1
        : options.windowScaling
          ? receiver.windowShift
          : -1,
      sack: answering ? connection.sackOn : options.sack,
      timestamps: answering ? connection.timestampsOn : options.timestamps,
      timestampValue: connection.timestampToSend(now),
      timestampEcho: answering ? connection.timestampRecent : 0,
      ...fastOpenOffer(connection, now),
    },
    now,
    reason,
    rule,
  )
  if (connection.recovery.board.count === 0) sender.next = (sender.initial + 1) | 0
  connection.synSentAt = now
}

/** Takes what the peer's SYN offers, as far as we offer it too. RFC9293:MUST-4, MUST-5 (options in any segment, in any order) */
export function takeOffer(connection: Connection, segment: Segment, now: number): void {
  const { options, sender, receiver } = connection
  connection.timestampsOn = options.timestamps && segment.hasTimestamps
  if (connection.timestampsOn) connection.takeTimestamp(segment.timestampValue, now)
  connection.sackOn = options.sack && segment.sackPermitted
  connection.windowScalingOn = options.windowScaling && segment.windowScale >= 0
  if (connection.windowScalingOn) {
    sender.windowShift = Math.min(segment.windowScale, MAX_WINDOW_SHIFT) // RFC 7323 2.3
  } else {
    sender.windowShift = 0
    receiver.windowShift = 0
  }
  connection.peerMss = peerMss(segment, connection.isIpv6)
  updateMss(connection, true)
}

/** What the handshake has shown of the path: its round-trip time (RFC 6298 5.7), or that it loses segments: the first flight is then one (RFC 5681 3.1). */
export function learnFromHandshake(connection: Connection, now: number): void {
  const { rtt, synRetries, synSentAt, congestion, sender } = connection
  if (synRetries === 0 && synSentAt >= 0) {
    rtt.sample(now - synSentAt, now)
    return
  }
  rtt.afterSynTimeout()
  if (synRetries > 0 && congestion.lossBased) congestion.window = Math.min(congestion.window, sender.mss)
}
