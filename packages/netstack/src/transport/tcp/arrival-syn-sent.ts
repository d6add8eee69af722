/** SEGMENT ARRIVES in SYN-SENT: RFC 9293 3.10.7.3. */
import type { Connection } from './connection.ts'
import { EVENT_READABLE } from './events.ts'
import { learnFromHandshake, sendSyn, takeOffer } from './handshake.ts'
import { ACK, CWR, ECE, RST, type Segment, SYN } from './segment.ts'
import { seqAfter, seqAtMost } from './sequence.ts'
import { TIMER_RTO } from './timers.ts'

export function processSynSent(connection: Connection, segment: Segment, now: number): void {
  const acceptable = firstCheckAcknowledgment(connection, segment, now)
  if (acceptable === undefined) return
  if (!secondCheckReset(connection, segment, acceptable)) return
  // Third: security. Not used.
  if ((segment.flags & SYN) === 0) return // Fifth: neither SYN nor RST: dropped
  fourthCheckSyn(connection, segment, acceptable, now)
}

/** First: an ACK of anything but our SYN is answered by RST. True: it acknowledges our SYN; false: no ACK; undefined: dropped. */
function firstCheckAcknowledgment(connection: Connection, segment: Segment, now: number): boolean | undefined {
  if ((segment.flags & ACK) === 0) return false
  const { sender, host } = connection
  const ack = segment.acknowledgment
  if (seqAtMost(ack, sender.initial) || seqAfter(ack, connection.synDataEnd)) {
    if ((segment.flags & RST) === 0) host.sendResetFor(segment, now)
    return undefined
  }
  return true
}

/** Second: RST counts only together with an acceptable ACK (RFC 5961 does not change this). */
function secondCheckReset(connection: Connection, segment: Segment, acceptable: boolean): boolean {
  if ((segment.flags & RST) === 0) return true
  if (acceptable) {
    connection.host.counters.resetsReceived++
    connection.terminate('refused', 'RST answers SYN')
  }
  return false
}

/** Fourth: SYN with ACK makes the connection; SYN alone is a simultaneous open (RFC9293:MUST-10). */
function fourthCheckSyn(connection: Connection, segment: Segment, acceptable: boolean, now: number): void {
  const { sender, receiver } = connection
  receiver.begin(segment.sequence)
  connection.lastAckSent = receiver.next
  takeOffer(connection, segment, now)
  const ecn = segment.flags & (ECE | CWR)
  sender.window = segment.window // never scaled in a SYN (RFC 7323 2.2)
  sender.largestWindow = segment.window
  sender.windowSequence = segment.sequence
  if (!acceptable) {
    connection.ecnOn = connection.options.ecn && ecn === (ECE | CWR)
    connection.setState('SYN-RECEIVED', 'simultaneous open: SYN received')
    sendSyn(connection, now, 'simultaneous open', 'RFC 9293 3.5 figure 8')
    connection.timers.setRetransmit(TIMER_RTO, now + connection.rtt.rto)
    return
  }
  connection.ecnOn = connection.options.ecn && ecn === ECE
  const dataBytes = (segment.acknowledgment - sender.next) | 0
  if (dataBytes > 0) {
    // RFC 7413 4.2.1: the SYN's data has been taken; else it goes out like any other.
    sender.next = segment.acknowledgment
    sender.buffer.releaseTo(sender.next)
    connection.bytesAcknowledged += dataBytes
  }
  if (connection.options.fastOpen && segment.fastOpenBytes > 0)
    connection.host.fastOpen.remember(connection.flow.remote, segment)
  sender.unacknowledged = segment.acknowledgment
  sender.windowAcknowledgment = segment.acknowledgment
  learnFromHandshake(connection, now)
  receiver.advertiseScaled()
  connection.establish('SYN-ACK received', now)
  if (dataBytes > 0) connection.onAcknowledged(now)
  if (segment.payloadBytes > 0) {
    const room = Math.min(receiver.window, receiver.memoryRoom)
    const end = Math.min(segment.payloadEnd, segment.payloadStart + room)
    receiver.buffer.append(segment.bytes, segment.payloadStart, end)
    receiver.next = receiver.buffer.next
    connection.bytesReceived += end - segment.payloadStart
    connection.raise(EVENT_READABLE)
  }
  receiver.ackNow = true
  connection.finishDue = true
}
