import type { Connection } from './connection.ts'
import type { TcpInfo } from './tcp-info.ts'

/** A snapshot of a connection in the terms of Linux's tcp_info. */
export function connectionInfo(connection: Connection, now: number): TcpInfo {
  const { sender, receiver, recovery, rtt, congestion } = connection
  const mss = sender.mss
  const segments = (bytes: number): number => Math.ceil(bytes / mss)
  const ago = (at: number): number => (at > 0 ? now - at : now - connection.createdAt)
  const elapsed = Math.max(now - connection.createdAt, 1)
  const [busyMs, receiveWindowLimitedMs, sendBufferLimitedMs] = sender.chronograph.totals(now)
  return {
    state: connection.state,
    congestionState: recovery.state,
    congestionControl: congestion.name,
    retransmits: recovery.timeouts,
    probes: sender.probes + connection.keepAliveProbes,
    backoff: rtt.backoff,
    timestamps: connection.timestampsOn,
    sack: connection.sackOn,
    windowScaling: connection.windowScalingOn,
    ecn: connection.ecnOn,
    sendWindowScale: sender.windowShift,
    receiveWindowScale: receiver.windowShift,
    rtoMs: rtt.rto,
    delayedAckMs: connection.options.delayedAckMs,
    sendMss: mss,
    receiveMss: receiver.largestSegment || connection.receiveMss,
    advertisedMss: connection.advertisedMss,
    pathMtu: connection.pathMtu,
    unackedSegments: recovery.board.count,
    sackedSegments: recovery.board.sackedCount,
    lostSegments: segments(recovery.board.lostBytes),
    retransmittedInFlightSegments: segments(recovery.board.retransmittingBytes),
    bytesInFlight: recovery.pipe,
    lastDataSentMs: ago(connection.lastDataSentAt),
    lastDataReceivedMs: ago(connection.lastDataReceivedAt),
    lastAckReceivedMs: ago(connection.lastAckReceivedAt),
    smoothedRttMs: rtt.smoothed,
    rttVarianceMs: rtt.variance,
    minRttMs: rtt.min,
    receiveRttMs: receiver.roundTripMs,
    congestionWindowBytes: congestion.window,
    slowStartThresholdBytes: congestion.threshold,
    sendWindowBytes: sender.window,
    receiveWindowBytes: receiver.window,
    receiveSpaceBytes: receiver.bufferBytes,
    reordering: recovery.rack.reorderingSeen ? Math.max(3, recovery.rack.reorderings) : 3,
    reorderingSeen: recovery.rack.reorderings,
    totalRetransmitted: recovery.retransmittedSegments,
    bytesRetransmitted: recovery.retransmittedBytes,
    bytesAcked: connection.bytesAcknowledged,
    bytesReceived: connection.bytesReceived,
    bytesSent: connection.bytesSent,
    segmentsOut: connection.segmentsOut,
    segmentsIn: connection.segmentsIn,
    dataSegmentsOut: connection.dataSegmentsOut,
    dataSegmentsIn: connection.dataSegmentsIn,
    notSentBytes: sender.unsentBytes,
    deliveryRate: (recovery.deliveredBytes * 1000) / elapsed,
    delivered: segments(recovery.deliveredBytes),
    deliveredCe: segments(recovery.deliveredCe),
    duplicateSacks: recovery.duplicateSacks,
    outOfOrderSegments: connection.outOfOrderSegments,
    busyMs,
    receiveWindowLimitedMs,
    sendBufferLimitedMs,
  }
}
