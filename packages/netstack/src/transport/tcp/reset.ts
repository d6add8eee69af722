import { TCP_HEADER_BYTES, writeTcpHeader } from '../../wire/tcp.ts'
import type { TcpHost } from './host.ts'
import { ACK, RST, type Segment } from './segment.ts'
import { finishSegment, pseudoHeaderBase } from './segment-writer.ts'
import type { TcpFlow } from './types.ts'

/**
 * RST for a segment that finds no connection, or one in a state that it cannot belong to: RFC 9293 3.10.7.1 and 3.5.2 group 1. The RST is made so that the sender accepts it.
 * The caller has seen to it that the segment is no RST itself.
 */
export function sendResetFor(host: TcpHost, flow: TcpFlow, segment: Segment, now: number): void {
  const frame = host.output.allocate(TCP_HEADER_BYTES)
  if (frame === undefined) {
    host.counters.allocationFailures++
    return
  }
  const acknowledges = (segment.flags & ACK) !== 0
  const sequence = acknowledges ? segment.acknowledgment : 0
  const acknowledgment = acknowledges ? 0 : (segment.sequence + segment.length) | 0
  const { bytes, start } = frame
  writeTcpHeader(
    bytes,
    start,
    flow.localPort,
    flow.remotePort,
    sequence,
    acknowledgment,
    TCP_HEADER_BYTES,
    acknowledges ? RST : RST | ACK,
    0,
    0,
  )
  frame.end = start + TCP_HEADER_BYTES
  host.counters.segmentsOut++
  host.trace?.onSent?.(undefined, bytes, start, frame.end, 'no connection', 'RFC 9293 3.10.7.1', now)
  finishSegment(
    host.output,
    frame,
    flow,
    pseudoHeaderBase(flow.local, flow.remote),
    host.output.offload(flow)?.checksum === true,
  )
}
