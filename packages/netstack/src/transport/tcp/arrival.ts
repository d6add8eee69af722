/**
 * SEGMENT ARRIVES: RFC 9293 3.10.7, one function for each step and in its order. CLOSED (3.10.7.1) is in layer.ts, LISTEN (3.10.7.2) in listener.ts,
 * SYN-SENT (3.10.7.3) in arrival-syn-sent.ts; here are all other states (3.10.7.4). A step returns false when the segment has been dealt with.
 */
import { processSynSent } from './arrival-syn-sent.ts'
import type { Connection } from './connection.ts'
import { EVENT_END, EVENT_READABLE, EVENT_URGENT } from './events.ts'
import { learnFromHandshake, sendSyn } from './handshake.ts'
import { ACK, CWR, FIN, PSH, RST, type Segment, SYN, URG } from './segment.ts'
import { seqAfter, seqAtMost, seqBefore } from './sequence.ts'
import { receivesText } from './state.ts'

/** RFC 7323 5.5: a TS.Recent older than this is not believed. */
const TIMESTAMP_LIFETIME_MS = 24 * 24 * 3600 * 1000
/** As Linux's tcp_invalid_ratelimit: at most one ACK in this time for segments outside the window that carry nothing new. */
const INVALID_ACK_INTERVAL_MS = 500
const CE = 3

/** Processes a segment for a connection in any state but CLOSED and LISTEN. */
export function processSegment(connection: Connection, segment: Segment, now: number): void {
  if (connection.state === 'ESTABLISHED' && predicted(connection, segment, now)) return
  if (connection.state === 'SYN-SENT') {
    processSynSent(connection, segment, now)
    return
  }
  if (!firstCheckSequence(connection, segment, now)) return
  if (!secondCheckReset(connection, segment, now)) return
  // Third: security and compartment (RFC 9293 A.1): not used on today's Internet, no MUST asks for it.
  if (!fourthCheckSyn(connection, segment, now)) return
  if (!fifthCheckAcknowledgment(connection, segment, now)) return
  sixthCheckUrgent(connection, segment)
  seventhProcessText(connection, segment, now)
  eighthCheckFin(connection, segment, now)
  connection.finishDue = true
}

/**
 * Header prediction: in ESTABLISHED nearly every segment is the next data in order or a plain ACK. Steps one to eight come down to a few comparisons
 * then; whatever is unusual in the least goes the long way.
 */
function predicted(connection: Connection, segment: Segment, now: number): boolean {
  const { sender, receiver } = connection
  if (
    (segment.flags & ~PSH) !== ACK ||
    segment.sequence !== receiver.next ||
    segment.ecn === CE ||
    receiver.echoCongestion
  )
    return false
  const { timestampsOn, recovery } = connection
  if (timestampsOn !== segment.hasTimestamps || segment.sackCount !== 0) return false
  if (timestampsOn && ((segment.timestampValue - connection.timestampRecent) | 0) < 0) return false
  const acknowledged = (segment.acknowledgment - sender.unacknowledged) | 0
  const length = segment.payloadEnd - segment.payloadStart
  const window = segment.window << sender.windowShift
  if (acknowledged < 0 || ((segment.acknowledgment - sender.next) | 0) > 0 || sender.window === 0 || window === 0)
    return false
  if (acknowledged === 0) {
    if (length === 0) return false
  } else if (recovery.state !== 'open' || sender.finSent) return false
  if (
    length > 0 &&
    (connection.abandoned ||
      receiver.buffer.pieceCount !== 0 ||
      receiver.finSeen ||
      length > receiver.window ||
      length > receiver.memoryRoom)
  )
    return false
  if (timestampsOn && seqAtMost(segment.sequence, connection.lastAckSent))
    connection.takeTimestamp(segment.timestampValue, now)
  if (window !== sender.window || acknowledged > 0)
    sender.updateWindow(segment.sequence, segment.acknowledgment, window, now)
  sender.probes = 0
  if (acknowledged > 0) {
    connection.lastAckReceivedAt = now
    recovery.onAck(segment, false, now)
    connection.onAcknowledged(now)
  }
  if (length > 0) {
    receiver.buffer.append(segment.bytes, segment.payloadStart, segment.payloadEnd, segment.frame)
    acceptInOrder(connection, segment, length, now)
  }
  connection.finishDue = true
  return true
}

/** First, check sequence number: PAWS (RFC 7323 5.3) and the four cases of RFC 9293 3.4; what is not acceptable is answered by an ACK and dropped. */
function firstCheckSequence(connection: Connection, segment: Segment, now: number): boolean {
  const { receiver, host } = connection
  const reset = (segment.flags & RST) !== 0
  if (connection.timestampsOn && !reset) {
    if (!segment.hasTimestamps) {
      host.trace?.onDropped?.(connection, segment, 'no timestamp', 'RFC 7323 3.2', now)
      return false
    }
    const fresh = now - connection.timestampRecentAt < TIMESTAMP_LIFETIME_MS
    if (fresh && seqBefore(segment.timestampValue, connection.timestampRecent)) {
      host.counters.pawsDropped++
      host.trace?.onDropped?.(connection, segment, 'old timestamp', 'RFC 7323 5.3 R1', now)
      answerUnacceptable(connection, segment, now)
      return false
    }
  }
  if (connection.state === 'SYN-RECEIVED' && !connection.passive && (segment.flags & (SYN | ACK)) === (SYN | ACK)) {
    // RFC 9293 3.5 figure 8: in a simultaneous open the peer's SYN comes once more, now with the ACK of ours.
    if (((segment.sequence + 1) | 0) === receiver.next) {
      passSyn(segment)
      segment.window >>>= connection.sender.windowShift // RFC 7323 2.2: the window of a SYN is not scaled, and will be
    }
  }
  const length = segment.length
  const right = (segment.sequence + length) | 0
  const window = receiver.window
  const acceptable =
    length === 0
      ? window === 0
        ? segment.sequence === receiver.next
        : !seqBefore(segment.sequence, receiver.next) && !seqAfter(segment.sequence, receiver.advertisedRight)
      : !seqBefore(segment.sequence, receiver.advertisedRight) || window === 0
        ? false
        : seqAfter(right, receiver.next)
  if (!acceptable) {
    // RFC9293:MUST-66: with a zero window valid ACKs, URGs and RSTs are taken all the same.
    if (window === 0 && segment.sequence === receiver.next && (segment.flags & SYN) === 0) {
      segment.payloadEnd = segment.payloadStart
      segment.flags &= ~FIN
      receiver.ackNow = true
      return true
    }
    if (!reset) {
      host.counters.outsideWindow++
      host.trace?.onDropped?.(connection, segment, 'outside the window', 'RFC 9293 3.10.7.4', now)
      answerUnacceptable(connection, segment, now)
    }
    return false
  }
  // RFC 7323 4.3 (2): TS.Recent follows segments that reach back to what was last acknowledged.
  if (connection.timestampsOn && !reset && seqAtMost(segment.sequence, connection.lastAckSent))
    connection.takeTimestamp(segment.timestampValue, now)
  trimToWindow(connection, segment)
  return true
}

/** Moves the beginning of a segment forward; the urgent pointer counts from there (RFC 9293 3.8.5). */
function advance(segment: Segment, count: number): void {
  segment.sequence = (segment.sequence + count) | 0
  if ((segment.flags & URG) === 0) return
  segment.urgentPointer -= count
  if (segment.urgentPointer <= 0) segment.flags &= ~URG
}

function passSyn(segment: Segment): void {
  segment.flags &= ~SYN
  advance(segment, 1)
}

/** Cuts off what lies before RCV.NXT or behind the window; a retransmitted SYN in front goes with it. */
function trimToWindow(connection: Connection, segment: Segment): void {
  const { receiver } = connection
  let before = (receiver.next - segment.sequence) | 0
  if (before > 0) {
    if ((segment.flags & SYN) !== 0) {
      passSyn(segment)
      before--
    }
    const length = segment.payloadBytes
    if (before > 0 && length > 0) {
      const cut = Math.min(before, length)
      if (connection.sackOn) receiver.reportDuplicate(segment.sequence, (segment.sequence + cut) | 0) // RFC 2883 4
      segment.payloadStart += cut
      advance(segment, cut)
      receiver.ackNow = true
    }
  }
  const beyond = (segment.sequence + segment.payloadBytes - receiver.advertisedRight) | 0
  if (beyond > 0) {
    segment.payloadEnd = Math.max(segment.payloadStart, segment.payloadEnd - beyond)
    segment.flags &= ~FIN
    receiver.ackNow = true
  }
}

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>: the peer learns where we are. In some states it is a repeated SYN or FIN that is answered. */
function answerUnacceptable(connection: Connection, segment: Segment, now: number): void {
  const { receiver, state } = connection
  if (state === 'SYN-RECEIVED' && (segment.flags & (SYN | ACK)) === SYN && segment.sequence === receiver.initial) {
    sendSyn(connection, now, 'SYN received again', 'RFC 9293 3.10.7.4')
    return
  }
  const right = (segment.sequence + segment.payloadBytes) | 0
  const repeated = segment.payloadBytes > 0 && seqAtMost(right, receiver.next)
  if (repeated && connection.sackOn) receiver.reportDuplicate(segment.sequence, right)
  if (state === 'TIME-WAIT' && (segment.flags & FIN) !== 0) connection.enterTimeWait('FIN received again', now)
  else if (!repeated && segment.length === 0 && now - connection.lastInvalidAckAt < INVALID_ACK_INTERVAL_MS) return
  connection.lastInvalidAckAt = now
  connection.sendAck(now, repeated ? 'duplicate' : 'not acceptable', 'RFC 9293 3.10.7.4')
}

/** Second, check the RST bit: RFC 9293 3.5.3 with RFC 5961 3.2; what data it has does not matter (RFC9293:SHLD-2). */
function secondCheckReset(connection: Connection, segment: Segment, now: number): boolean {
  if ((segment.flags & RST) === 0) return true
  if (segment.sequence !== connection.receiver.next) {
    connection.challenge(now, 'RFC 5961 3.2')
    return false
  }
  connection.host.counters.resetsReceived++
  const { state } = connection
  // SYN-RECEIVED: back to LISTEN for a passive OPEN; an active one (simultaneous) was refused.
  if (state === 'SYN-RECEIVED') connection.terminate(connection.passive ? 'reset' : 'refused', 'RST received')
  else
    connection.terminate(
      state === 'CLOSING' || state === 'LAST-ACK' || state === 'TIME-WAIT' ? 'finished' : 'reset',
      'RST received',
    )
  return false
}

/** Fourth, check the SYN bit: RFC 5961 4.2. */
function fourthCheckSyn(connection: Connection, segment: Segment, now: number): boolean {
  if ((segment.flags & SYN) === 0) return true
  if (connection.state === 'SYN-RECEIVED' && connection.passive) {
    connection.terminate('reset', 'SYN received in SYN-RECEIVED')
    return false
  }
  if (connection.state === 'SYN-RECEIVED' && seqBefore(segment.sequence, connection.receiver.next)) return true
  connection.challenge(now, 'RFC 5961 4.2')
  return false
}

/** Fifth, check the ACK field. */
function fifthCheckAcknowledgment(connection: Connection, segment: Segment, now: number): boolean {
  if ((segment.flags & ACK) === 0) return false
  const { sender } = connection
  const ack = segment.acknowledgment
  if (connection.state === 'SYN-RECEIVED') return acknowledgeSyn(connection, segment, now)
  // RFC9293:MAY-12, RFC 5961 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT
  if (
    seqAfter(ack, sender.next) ||
    seqBefore(ack, (sender.unacknowledged - Math.max(sender.largestWindow, 0xffff)) | 0)
  ) {
    connection.host.trace?.onDropped?.(connection, segment, 'acknowledges what was not sent', 'RFC 5961 5.2', now)
    connection.challenge(now, 'RFC 5961 5.2')
    return false
  }
  sender.probes = 0
  connection.lastAckReceivedAt = now
  if (!seqBefore(ack, sender.unacknowledged)) {
    const window = segment.window << sender.windowShift
    const before = sender.unacknowledged
    const changed = sender.updateWindow(segment.sequence, ack, window, now)
    const pure = ack === before && segment.payloadBytes === 0 && (segment.flags & FIN) === 0 && !changed // RFC 5681 2
    connection.recovery.onAck(segment, pure, now)
    if (ack !== before) connection.onAcknowledged(now)
  }
  return afterAcknowledgment(connection, now)
}

/** SYN-RECEIVED: the ACK of our SYN makes the connection, anything else is reset. */
function acknowledgeSyn(connection: Connection, segment: Segment, now: number): boolean {
  const { sender, host, recovery } = connection
  const first = (sender.initial + 1) | 0
  const known = connection.fastOpened
    ? !seqBefore(segment.acknowledgment, first) && !seqAfter(segment.acknowledgment, sender.next)
    : segment.acknowledgment === sender.next
  if (!known) {
    host.sendResetFor(segment, now)
    return false
  }
  if (connection.passive && !host.completed(connection)) return false
  sender.unacknowledged = first
  sender.window = segment.window << sender.windowShift
  sender.largestWindow = sender.window
  sender.windowSequence = segment.sequence
  sender.windowAcknowledgment = segment.acknowledgment
  learnFromHandshake(connection, now)
  connection.establish('ACK of SYN received', now)
  if (connection.fastOpened) {
    // What was answered before the handshake was complete (RFC 7413 4.2.2).
    connection.fastOpened = false
    if (segment.acknowledgment !== first) {
      recovery.onAck(segment, false, now)
      connection.onAcknowledged(now)
    }
    recovery.armTimer(now)
  }
  return true
}

/** What the acknowledgment of our FIN changes: FIN-WAIT-1, CLOSING, LAST-ACK. */
function afterAcknowledgment(connection: Connection, now: number): boolean {
  if (!connection.sender.finAcknowledged) return true
  switch (connection.state) {
    case 'FIN-WAIT-1':
      connection.setState('FIN-WAIT-2', 'ACK of FIN received')
      connection.onFinWait2(now)
      return true
    case 'CLOSING':
      connection.enterTimeWait('ACK of FIN received', now)
      return false
    case 'LAST-ACK':
      connection.terminate('finished', 'ACK of FIN received')
      return false
    default:
      return true
  }
}

/** Sixth, check the URG bit: RCV.UP <- max(RCV.UP, SEG.UP). RFC9293:MUST-32 */
function sixthCheckUrgent(connection: Connection, segment: Segment): void {
  if ((segment.flags & URG) === 0 || segment.urgentPointer === 0 || !receivesText(connection.state)) return
  const { receiver } = connection
  const end = (segment.sequence + segment.urgentPointer) | 0
  const known = receiver.urgentValid && !seqAfter(end, receiver.urgentEnd)
  if (known || !seqAfter(end, (receiver.next - receiver.buffer.readable) | 0)) return
  receiver.urgentEnd = end
  receiver.urgentValid = true
  connection.raise(EVENT_URGENT)
}

/** Seventh, process the segment text. */
function seventhProcessText(connection: Connection, segment: Segment, now: number): void {
  const { receiver } = connection
  noteCongestion(connection, segment)
  const length = segment.payloadBytes
  if (length === 0 || !receivesText(connection.state)) return
  if (connection.abandoned) {
    // RFC9293:SHLD-3, MAY-1: data for which there is no reader any more is lost, and the peer must know.
    connection.sendReset(now, 'nobody reads', 'RFC 9293 3.6.1')
    connection.terminate('aborted', 'data after the reader has gone')
    return
  }
  limitToMemory(connection, segment, now)
  const { sequence, bytes, payloadStart, payloadEnd, frame } = segment
  if (payloadEnd === payloadStart) return
  const moved = receiver.buffer.insert(sequence, bytes, payloadStart, payloadEnd, frame)
  if (moved) {
    const gained = (receiver.buffer.next - receiver.next) | 0
    if (gained > payloadEnd - payloadStart) receiver.ackNow = true // RFC 5681 4.2: a gap was filled
    acceptInOrder(connection, segment, gained, now)
  } else {
    connection.dataSegmentsIn++
    connection.outOfOrderSegments++
    receiver.ackNow = true // RFC 5681 4.2, RFC9293:MAY-13, SHLD-31: kept, and told at once, so that the sender sees the hole
  }
}

/**
 * Cuts off what all connections together leave no memory for, out of order first. It is neither acknowledged nor reported by SACK, so the peer
 * sends it again: RFC 9293 3.10.7.4 asks to acknowledge what responsibility is taken for, and to hold what is out of order as a SHOULD.
 */
function limitToMemory(connection: Connection, segment: Segment, now: number): void {
  const { receiver, host } = connection
  const room = receiver.memoryRoomAt(segment.sequence)
  if (segment.payloadBytes <= room) return
  host.counters.memoryRefused++
  host.trace?.onDropped?.(connection, segment, 'no memory', 'RFC 9293 3.10.7.4', now)
  segment.payloadEnd = segment.payloadStart + Math.max(0, room)
  segment.flags &= ~FIN
  receiver.ackNow = true
}

/** `gained` bytes have come in order: RCV.NXT is moved, the user told, the ACK scheduled. */
function acceptInOrder(connection: Connection, segment: Segment, gained: number, now: number): void {
  const { receiver } = connection
  receiver.next = receiver.buffer.next
  connection.dataSegmentsIn++
  connection.bytesReceived += gained
  connection.lastDataReceivedAt = now
  receiver.sampleRoundTrip(segment, now)
  receiver.scheduleAck(gained, now)
  connection.raise(EVENT_READABLE)
}

/** RFC 3168 6.1.3: CE is echoed until CWR comes. */
function noteCongestion(connection: Connection, segment: Segment): void {
  if (!connection.ecnOn) return
  const { receiver } = connection
  if ((segment.flags & CWR) !== 0) receiver.echoCongestion = false
  if (segment.ecn === CE && segment.payloadBytes > 0) {
    if (!receiver.echoCongestion) receiver.ackNow = true
    receiver.echoCongestion = true
  }
}

/** Eighth, check the FIN bit: it counts when everything before it is there. */
function eighthCheckFin(connection: Connection, segment: Segment, now: number): void {
  const { receiver, state } = connection
  if (state === 'CLOSED' || state === 'SYN-RECEIVED') return
  if ((segment.flags & FIN) !== 0) {
    if (!receiver.finSeen) {
      receiver.finSeen = true
      receiver.finSequence = (segment.sequence + segment.payloadBytes) | 0
    }
    receiver.ackNow = true
  }
  if (!receiver.finInOrder()) return
  receiver.finReceived = true
  receiver.buffer.dropPieces() // nothing comes behind a FIN
  receiver.next = (receiver.finSequence + 1) | 0
  receiver.ackNow = true
  connection.raise(EVENT_END)
  switch (connection.state) {
    case 'ESTABLISHED':
      connection.setState('CLOSE-WAIT', 'FIN received')
      return
    case 'FIN-WAIT-1':
      // Our FIN is not acknowledged, or step five had made it FIN-WAIT-2.
      connection.setState('CLOSING', 'FIN received')
      return
    case 'FIN-WAIT-2':
      connection.enterTimeWait('FIN received', now)
      return
    default:
      return
  }
}
