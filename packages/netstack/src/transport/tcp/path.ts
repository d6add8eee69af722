/** What the way to the peer allows, and what ICMP tells of it. */
import { initialWindow } from './congestion/reno.ts'
import type { Connection } from './connection.ts'
import { PathProbe } from './path-probe.ts'
import type { TcpCloseReason, TcpIcmpError } from './types.ts'

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const TCP_HEADER_BYTES = 20
const TIMESTAMPS_BYTES = 12
const SMALLEST_MSS = 48

/** Asks the stack what the way out can do. */
export function readPath(connection: Connection): void {
  const { output } = connection.host
  const mtu = output.mtu(connection.flow)
  if (mtu > 0) connection.pathMtu = mtu
  const offload = output.offload(connection.flow)
  connection.checksumOffload = offload?.checksum === true
  connection.gsoBytes = offload?.gsoBytes ?? 0
  const bigTcpBytes = connection.isIpv6 ? 0 : (offload?.bigTcpBytes ?? 0)
  connection.gatheredBytes = offload?.gathers === true ? bigTcpBytes || connection.gsoBytes : 0
  // RFC9293:MUST-67, MUST-14: what we can take, whatever options we or IP use.
  connection.advertisedMss = Math.max(
    SMALLEST_MSS,
    Math.min(segmentRoom(connection), connection.options.maxSegmentBytes, 0xffff),
  )
  connection.receiveMss = connection.advertisedMss
}

/** Bytes of a TCP segment behind its fixed header that the path takes. */
function segmentRoom(connection: Connection): number {
  return connection.pathMtu - (connection.isIpv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES) - TCP_HEADER_BYTES
}

/** What a segment may carry where nothing above `ceiling` passes. */
export function effectiveMss(connection: Connection, ceiling: number): number {
  return (
    Math.max(SMALLEST_MSS, Math.min(largestMss(connection), ceiling)) - (connection.timestampsOn ? TIMESTAMPS_BYTES : 0)
  )
}

function largestMss(connection: Connection): number {
  return Math.min(connection.peerMss, segmentRoom(connection), connection.options.maxSegmentBytes)
}

/** RFC9293:MUST-16, RFC 9293 3.7.1: Eff.snd.MSS = min(SendMSS + 20, MMS_S) - TCP header - options. */
export function updateMss(connection: Connection, initial: boolean): void {
  const { options } = connection
  const mss = effectiveMss(connection, connection.mssCeiling)
  connection.sender.mss = mss
  connection.receiveMss = connection.advertisedMss - (connection.timestampsOn ? TIMESTAMPS_BYTES : 0)
  connection.initialWindowBytes = initialWindow(mss, options.initialWindowSegments)
  connection.congestion.setMss(mss, initial ? options.initialWindowSegments : 0)
}

/** RFC9293:SHLD-6, RFC 8201, RFC 1191: the path's MTU has changed. What was too big is sent again at once. */
export function onPathMtu(connection: Connection, now: number): void {
  const before = connection.sender.mss
  readPath(connection)
  updateMss(connection, false)
  if (connection.sender.mss >= before || !connection.synchronized) return
  connection.recovery.onMssReduced(now)
  connection.sender.output(now)
}

/** Sizes that are tried one after the other: what IPv6 promises on every link, and what IPv4 hosts must take. */
const SAFE_MSS = [1220, 536]

/** The next of those sizes above the present one, or what the known path takes. */
export function largerCeiling(connection: Connection): number {
  const largest = largestMss(connection)
  return SAFE_MSS.findLast((mss) => mss > connection.mssCeiling && mss < largest) ?? largest
}

/**
 * Timeouts in a row for segments of full size, and no ICMP: the way may have a hole for what is large (RFC 2923 2.1). Called before
 * the segment is sent again; at every second timeout it then goes in smaller ones.
 */
export function suspectBlackHole(connection: Connection, now: number): void {
  const { sender, recovery, options } = connection
  const { board, timeouts } = recovery
  if (!options.blackHoleDetection || timeouts === 0 || timeouts % 2 !== 0) return
  const head = (board.endOf(board.head) - board.startOf(board.head)) | 0
  const smaller = SAFE_MSS.find((mss) => mss < Math.min(connection.mssCeiling, segmentRoom(connection)))
  if (head < sender.mss || smaller === undefined || (connection.isIpv6 && smaller < 1220)) return
  connection.mssCeiling = smaller
  if (connection.pathProbe === undefined) connection.pathProbe = new PathProbe(now)
  else connection.pathProbe.onLowered(now)
  updateMss(connection, false)
  recovery.onMssReduced(now)
}

/** RFC 5927 4.1: who was not on the way of a segment does not know its number. */
export function isInFlight({ sender }: Connection, error: TcpIcmpError): boolean {
  return ((error.sequence - sender.unacknowledged) | 0) >= 0 && ((error.sequence - sender.next) | 0) < 0
}

/** RFC9293:MUST-54, MUST-56, SHLD-25, SHLD-26: hard errors end a connection only before it is established (RFC 5461 4). */
export function onIcmpError(connection: Connection, error: TcpIcmpError, now: number): void {
  const { state } = connection
  if (!isInFlight(connection, error)) return
  if (error.kind === 'source-quench') return // RFC9293:MUST-55
  if (error.kind === 'fragmentation-needed') {
    onPathMtu(connection, now)
    return
  }
  const opening = state === 'SYN-SENT' || (state === 'SYN-RECEIVED' && !connection.passive)
  const reason = opening ? hardReason(error) : undefined
  if (reason !== undefined) connection.terminate(reason, `ICMP ${error.kind}`)
  else connection.raiseSoftError(error)
  connection.dispatch()
}

function hardReason(error: TcpIcmpError): TcpCloseReason | undefined {
  switch (error.kind) {
    case 'protocol-unreachable':
    case 'port-unreachable':
      return 'protocol-unreachable'
    case 'host-unreachable':
    case 'administratively-prohibited':
      return 'host-unreachable'
    case 'network-unreachable':
      return 'network-unreachable'
    default:
      return undefined
  }
}
