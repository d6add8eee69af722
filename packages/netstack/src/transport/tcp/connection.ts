/** One connection: user calls of RFC 9293 3.10.1-3.10.6, the state and its one place of change, and what joins sender, receiver, recovery and timers. */

import { processSegment } from './arrival.ts'
import { type CongestionControl, createCongestionControl } from './congestion/control.ts'
import { DeliveryRate } from './delivery-rate.ts'
import { TcpError } from './errors.ts'
import { ConnectionEvents, EVENT_CLOSED, EVENT_CONNECTED, EVENT_DRAINED, EVENT_SOFT_ERROR } from './events.ts'
import type { FlowEntry } from './flow-table.ts'
import { sendSyn, windowShiftFor } from './handshake.ts'
import type { TcpHost } from './host.ts'
import { connectionInfo } from './info.ts'
import { armKeepAlive, onLifeTimer, onRetransmitTimer } from './lifetime.ts'
import type { ResolvedOptions } from './options.ts'
import { Pacer } from './pacer.ts'
import { readPath } from './path.ts'
import type { PathProbe } from './path-probe.ts'
import { Receiver } from './receiver.ts'
import { Recovery } from './recovery.ts'
import { RttEstimator } from './rtt.ts'
import { ACK, RST, type Segment } from './segment.ts'
import { emitAck, emitSegment, pseudoHeaderBase } from './segment-writer.ts'
import { Sender } from './sender.ts'
import { assertTransition, receivesText, sendsText } from './state.ts'
import type { TcpInfo } from './tcp-info.ts'
import { ConnectionTimers, TIMER_RTO } from './timers.ts'
import type { TcpCloseReason, TcpConnection, TcpFlow, TcpIcmpError, TcpObserver, TcpState } from './types.ts'
import { blockWriter, unblockWriter } from './writable.ts'

export class Connection implements TcpConnection, FlowEntry {
  readonly host: TcpHost
  readonly flow: TcpFlow
  readonly flowHash: number
  flowNext: FlowEntry | undefined = undefined
  readonly options: ResolvedOptions
  state: TcpState = 'CLOSED'
  observer: TcpObserver
  owner: unknown = undefined
  /** Largest segment that is believed to pass; lowered when a black hole is suspected. */
  mssCeiling: number = Number.POSITIVE_INFINITY
  /** Once it has been lowered. */
  pathProbe: PathProbe | undefined = undefined
  /** Opened by a listener: RST in SYN-RECEIVED is then no user's business (RFC9293:MUST-11). */
  readonly passive: boolean
  /** A passive connection is nobody's until accept() gives it away: its events wait. */
  accepted = false
  readonly isIpv6: boolean

  readonly sender: Sender
  readonly receiver: Receiver
  readonly recovery: Recovery
  readonly rtt: RttEstimator
  readonly congestion: CongestionControl
  /** Only where the congestion control, or an option, wants them. */
  readonly deliveryRate: DeliveryRate | undefined
  readonly pacer: Pacer | undefined
  readonly timers: ConnectionTimers

  /** What both ends agreed upon. */
  timestampsOn = false
  sackOn = false
  windowScalingOn = false
  ecnOn = false
  /** TS.Recent and when it was taken (RFC 7323 4.3, 5.5); Last.ACK.sent. */
  timestampRecent = 0
  timestampRecentAt = 0
  lastAckSent = 0
  readonly #timestampOffset: number
  #timestampSent: number
  /** MSS that the peer offered, that we offered, and of which we expect segments. */
  peerMss = 536
  advertisedMss = 536
  receiveMss = 536
  pathMtu = 576
  /** Most bytes of a super-segment, 0 for none: in one frame, and with its payload where it lies in the send buffer. */
  gsoBytes = 0
  gatheredBytes = 0
  checksumOffload = false
  readonly pseudoBase: number
  initialWindowBytes = 0

  synRetries = 0
  /** RFC 7413: the cookie that our SYN-ACK brings; where the data of our SYN ended; the peer's SYN brought data, and its ACK is not yet there. */
  fastOpenCookie: Uint8Array | undefined = undefined
  synDataEnd: number
  fastOpened = false
  synSentAt = 0
  keepAliveProbes = 0
  /** abandon() was called: nobody reads. */
  abandoned = false
  userTimeoutMs: number
  /** Since when there has been unacknowledged data without progress; -1: there is none. */
  oldestUnacknowledgedAt = -1
  /** When an ACK that answers an unacceptable segment was last sent (limit as Linux's tcp_invalid_ratelimit). */
  lastInvalidAckAt: number = Number.NEGATIVE_INFINITY

  segmentsIn = 0
  segmentsOut = 0
  dataSegmentsIn = 0
  dataSegmentsOut = 0
  bytesSent = 0
  bytesAcknowledged = 0
  bytesReceived = 0
  outOfOrderSegments = 0
  lastDataSentAt = 0
  lastDataReceivedAt = 0
  lastAckReceivedAt = 0
  lastHeardAt = 0
  readonly createdAt: number

  readonly #events: ConnectionEvents = new ConnectionEvents()
  /** The send buffer was full: the user waits for room. */
  writeBlocked = false
  /** The segment being processed calls for output or an ACK at the end. */
  finishDue = false

  constructor(
    host: TcpHost,
    flow: TcpFlow,
    hash: number,
    options: ResolvedOptions,
    observer: TcpObserver,
    passive: boolean,
    sequence: number,
    now: number,
  ) {
    this.host = host
    this.flow = flow
    this.flowHash = hash
    this.options = options
    this.observer = observer
    this.passive = passive
    this.accepted = !passive
    this.createdAt = this.lastHeardAt = now
    this.synDataEnd = (sequence + 1) | 0
    this.userTimeoutMs = options.userTimeoutMs
    const remote = flow.remote
    this.isIpv6 = ((remote.w0 | remote.w1) !== 0 || (remote.w2 | 0) !== 0xffff) as boolean
    this.pseudoBase = pseudoHeaderBase(flow.local, flow.remote)
    this.#timestampOffset = host.secrets.timestampOffset(flow.local, flow.localPort, flow.remote, flow.remotePort)
    this.#timestampSent = this.timestampNow(now)
    this.rtt = new RttEstimator(options.minRtoMs)
    this.congestion = createCongestionControl(options.congestionControl, options.hystart, sequence)
    this.deliveryRate = this.congestion.onRateSample === undefined ? undefined : new DeliveryRate()
    this.pacer = options.pacing || this.deliveryRate !== undefined ? new Pacer(this) : undefined
    this.timers = new ConnectionTimers(host.timers, (at) => this.onTimer(at))
    this.sender = new Sender(this, sequence)
    this.receiver = new Receiver(this, 0)
    this.recovery = new Recovery(this)
    if (options.windowScaling) this.receiver.windowShift = windowShiftFor(options.receiveBufferBytes)
    readPath(this)
  }

  // --- the state -------------------------------------------------------------------------------

  /** The one place where the state changes. */
  setState(to: TcpState, reason: string): void {
    const from = this.state
    assertTransition(from, to, reason)
    this.state = to
    this.observer.onStateChange?.(this, from, to, reason)
  }

  get receivesText(): boolean {
    return receivesText(this.state)
  }

  /** Synchronized states are all but CLOSED, LISTEN, SYN-SENT and SYN-RECEIVED (RFC 9293 3.5.1). */
  get synchronized(): boolean {
    return this.state !== 'CLOSED' && this.state !== 'SYN-SENT' && this.state !== 'SYN-RECEIVED'
  }

  /** RFC 7413 4.2.2: who was opened fast answers before the handshake is complete. */
  get maySend(): boolean {
    return sendsText(this.state) || (this.fastOpened && this.state === 'SYN-RECEIVED')
  }

  /** Both ends know of each other: to ESTABLISHED. Data queued before goes out with the next output. */
  establish(reason: string, now: number): void {
    this.setState('ESTABLISHED', reason)
    this.lastHeardAt = now
    this.timers.cancelRetransmit()
    armKeepAlive(this, now)
    if (!this.passive) this.raise(EVENT_CONNECTED)
    if (this.sender.buffer.length > 0 || this.sender.finQueued) this.receiver.ackNow = true
  }

  /** FIN has been sent with or behind the last byte (RFC 9293 3.10.4). */
  onFinSent(): void {
    if (this.state === 'ESTABLISHED') this.setState('FIN-WAIT-1', 'CLOSE: FIN sent')
    else if (this.state === 'CLOSE-WAIT') this.setState('LAST-ACK', 'CLOSE: FIN sent')
  }

  /** RFC9293:MUST-13: 2 MSL from now. */
  enterTimeWait(reason: string, now: number): void {
    if (this.state !== 'TIME-WAIT') {
      this.setState('TIME-WAIT', reason)
      this.host.enteredTimeWait(this)
      this.raiseClosed('finished')
    }
    this.sender.buffer.clear()
    this.recovery.clear()
    this.timers.clear()
    this.timers.setLife(now + this.options.timeWaitMs)
  }

  /** Ends the connection here and now: to CLOSED, nothing is sent. */
  terminate(reason: TcpCloseReason, why: string): void {
    if (this.state === 'CLOSED') return
    this.setState('CLOSED', why)
    this.timers.clear()
    this.recovery.clear()
    this.sender.buffer.clear()
    this.receiver.onTerminated()
    this.host.closed(this)
    this.raiseClosed(reason)
  }

  // --- user calls ------------------------------------------------------------------------------

  /** RFC 9293 3.10.1 OPEN, active. */
  open(now: number): void {
    this.setState('SYN-SENT', 'active OPEN')
    sendSyn(this, now)
    this.timers.setRetransmit(TIMER_RTO, now + this.rtt.rto)
  }

  /** Super-segments leave with their payload where it lies. A trace is shown whole segments. */
  get gathers(): boolean {
    return this.gatheredBytes > 0 && this.host.trace?.onSent === undefined
  }

  send(bytes: Uint8Array, now: number, start = 0, end: number = bytes.length, push = true, lent = false): number {
    this.#assertSendable()
    const { sender } = this
    if (this.deliveryRate !== undefined && sender.unsentBytes < sender.mss) sender.noteApplicationLimit()
    const { buffer } = sender
    const taken = lent && this.gathers ? buffer.borrow(bytes, start, end) : buffer.append(bytes, start, end)
    if (taken < end - start) blockWriter(this)
    sender.corked = !push
    if (taken > 0 && this.maySend) {
      sender.output(now)
      sender.measure(this.writeBlocked, now)
    }
    return taken
  }

  get hasLoans(): boolean {
    return this.sender.buffer.hasLoans
  }

  reclaim(): void {
    this.sender.buffer.reclaim()
  }

  sendUrgent(bytes: Uint8Array, now: number): number {
    this.#assertSendable()
    const { sender } = this
    const taken = sender.buffer.append(bytes, 0, bytes.length)
    if (taken < bytes.length) blockWriter(this)
    if (taken > 0) {
      sender.urgentEnd = sender.buffer.end // RFC9293:MUST-31: of any length
      sender.urgentPending = true
      sender.output(now)
    }
    return taken
  }

  #assertSendable(): void {
    if (this.state === 'CLOSED' || this.sender.finQueued)
      throw new TcpError('EPIPE', 'the sending side of this connection is closed')
  }

  get writableBytes(): number {
    return this.sender.finQueued || this.state === 'CLOSED' ? 0 : this.sender.buffer.room
  }

  get pendingBytes(): number {
    return this.sender.buffer.length
  }

  get readableBytes(): number {
    return this.receiver.buffer.readable
  }

  get consumedBytes(): number {
    return this.receiver.consumedBytes
  }

  get urgentPosition(): number {
    return this.receiver.urgentPosition
  }

  get ended(): boolean {
    return this.receiver.finReceived && this.receiver.buffer.readable === 0
  }

  read(target: Uint8Array, now: number): number {
    const count = this.receiver.buffer.copyOut(target)
    if (count > 0) this.receiver.onConsumed(count, now)
    return count
  }

  take<Memory extends Uint8Array>(
    most: number,
    memory: (bytes: number) => Memory,
    now: number,
  ): Memory | Uint8Array<ArrayBuffer> {
    const bytes = this.receiver.buffer.take(most, memory)
    this.receiver.onTaken(bytes.length, now)
    return bytes
  }

  peek(): Uint8Array {
    return this.receiver.buffer.view()
  }

  consume(count: number, now: number): void {
    if (count < 0 || count > this.receiver.buffer.readable)
      throw new TcpError('EINVAL', `cannot consume ${count} bytes of ${this.receiver.buffer.readable}`)
    if (count > 0) this.receiver.onConsumed(count, now)
  }

  shutdown(now: number): void {
    if (this.sender.finQueued || this.state === 'CLOSED' || this.state === 'TIME-WAIT') return
    this.sender.finQueued = true // SYN-SENT, SYN-RECEIVED: queued until ESTABLISHED (RFC 9293 3.10.4)
    this.sender.corked = false
    this.sender.output(now)
  }

  abandon(now: number): void {
    if (this.state === 'CLOSED') this.receiver.buffer.clear()
    if (this.abandoned || this.state === 'CLOSED') return
    this.abandoned = true
    // RFC 2525 2.17, RFC 9293 3.10.4 (as Linux): what was received and never read tells the peer by RST that it was lost.
    if (this.receiver.buffer.readable > 0) {
      this.abort(now)
      return
    }
    this.receiver.buffer.dropPieces()
    this.shutdown(now)
    if (this.state === 'FIN-WAIT-2') this.timers.setLife(now + this.options.finWait2TimeoutMs)
    if (this.state !== 'TIME-WAIT') this.host.orphaned(this, now)
  }

  abort(now: number): void {
    if (this.state === 'CLOSED') return
    // RFC 9293 3.10.5: SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT.
    if (this.state === 'SYN-RECEIVED' || receivesText(this.state) || this.state === 'CLOSE-WAIT')
      this.sendReset(now, 'ABORT', 'RFC 9293 3.10.5')
    this.receiver.buffer.clear()
    this.terminate('aborted', 'ABORT')
    this.dispatch()
  }

  setNoDelay(on: boolean, now: number): void {
    this.options.noDelay = on
    if (on) this.sender.output(now)
  }

  setKeepAlive(on: boolean, idleMs: number, now: number, intervalMs = 0, probes = 0): void {
    this.options.keepAlive = on
    if (idleMs > 0) this.options.keepAliveIdleMs = idleMs // RFC9293:MUST-27
    if (intervalMs > 0) this.options.keepAliveIntervalMs = intervalMs
    if (probes > 0) this.options.keepAliveProbes = probes
    this.keepAliveProbes = 0
    armKeepAlive(this, now)
  }

  setUserTimeout(timeoutMs: number): void {
    this.userTimeoutMs = timeoutMs
  }

  info(now: number): TcpInfo {
    return connectionInfo(this, now)
  }

  // --- segments --------------------------------------------------------------------------------

  /** A segment of this connection has arrived; the layer has verified and parsed it. */
  onSegment(segment: Segment, now: number, more = false): void {
    this.segmentsIn++
    this.lastHeardAt = now
    this.keepAliveProbes = 0 // the deadline is looked at when it comes: see lifetime.ts
    processSegment(this, segment, now)
    // The user first: what it reads opens the window, and what it answers takes the ACK along.
    if (this.#events.pending !== 0) this.dispatch()
    // Without SACK the sender counts duplicate ACKs: each out-of-order segment then has its own.
    if (more && (this.sackOn || this.receiver.buffer.pieceCount === 0)) this.host.postpone(this)
    else this.finish(now)
  }

  /** Output and ACK that received segments call for. */
  finish(now: number): void {
    if (!this.finishDue) return
    this.finishDue = false
    if (this.state !== 'CLOSED') this.#finishProcessing(now)
  }

  /** At the end of a segment's processing: data first, for it carries the ACK; then the ACK that is still due. RFC9293:MUST-58, MUST-59 */
  #finishProcessing(now: number): void {
    const { sender } = this
    if (sender.next !== sender.buffer.end || sender.finQueued || this.recovery.board.lostBytes !== 0) {
      sender.output(now)
      sender.measure(this.writeBlocked, now)
    }
    if (this.receiver.ackNow) emitAck(this, now)
    if (this.host.trace?.onSample !== undefined) this.host.trace.onSample(this, now)
  }

  sendAck(now: number, reason?: string, rule?: string): void {
    emitAck(this, now, reason, rule)
  }

  sendReset(now: number, reason: string, rule: string): void {
    this.host.counters.resetsSent++
    emitSegment(this, this.sender.next, 0, RST | ACK, now, reason, rule)
  }

  /** RFC 5961 3.2, 4.2, 5.2, limited by 7. RFC 9293 3.10.7.4 */
  challenge(now: number, rule: string): void {
    if (this.host.allowChallenge(now)) emitAck(this, now, 'challenge ACK', rule)
  }

  /** Acknowledged bytes have left the send buffer. */
  onAcknowledged(now: number): void {
    const { sender } = this
    if (sender.urgentPending && ((sender.urgentEnd - sender.unacknowledged) | 0) <= 0) sender.urgentPending = false
    this.oldestUnacknowledgedAt = this.recovery.board.count > 0 ? now : -1
    if (this.pathProbe !== undefined) this.pathProbe.onAcknowledged(this, now)
    if (this.writeBlocked) unblockWriter(this)
    if (sender.buffer.length === 0) {
      this.raise(EVENT_DRAINED)
      sender.measure(false, now)
    }
  }

  raiseSoftError(error: TcpIcmpError): void {
    this.#events.softError = error
    this.raise(EVENT_SOFT_ERROR)
  }

  raiseClosed(reason: TcpCloseReason): void {
    this.#events.closeReason = reason
    this.raise(EVENT_CLOSED)
  }

  raise(event: number): void {
    this.#events.pending |= event
  }

  /** Tells the owner what has happened. A connection that nobody has accepted yet keeps it. */
  dispatch(): void {
    if (this.accepted) this.#events.dispatch(this)
  }

  // --- time ------------------------------------------------------------------------------------

  /** TSval at `now`: a millisecond clock with an offset that an outsider does not know (RFC 7323 4.1, 5.4). */
  timestampNow(now: number): number {
    return (Math.floor(now) + this.#timestampOffset) | 0
  }

  /** TSval of a segment that leaves now: never earlier than one sent before, even if a caller's clock stood a little behind (PAWS would drop it). */
  timestampToSend(now: number): number {
    const value = this.timestampNow(now)
    if (((value - this.#timestampSent) | 0) > 0) this.#timestampSent = value
    return this.#timestampSent
  }

  /** RFC 7323 4.3: TS.Recent. */
  takeTimestamp(value: number, now: number): void {
    this.timestampRecent = value
    this.timestampRecentAt = now
  }

  onTimer(now: number): void {
    const { timers } = this
    if (timers.delayedAckAt <= now) {
      timers.cancelDelayedAck()
      emitAck(this, now, 'delayed ACK', 'RFC 9293 3.8.6.3')
    }
    if (timers.pacingAt <= now) {
      timers.pacingAt = Number.POSITIVE_INFINITY
      this.sender.output(now)
    }
    if (timers.retransmitAt <= now) onRetransmitTimer(this, now)
    if (timers.lifeAt <= now && this.state !== 'CLOSED') onLifeTimer(this, now)
    if (this.state !== 'CLOSED') timers.resume()
    if (this.#events.pending !== 0) this.dispatch()
    if (this.host.trace?.onSample !== undefined) this.host.trace.onSample(this, now)
  }

  /** FIN-WAIT-2 was reached: limited in time when nobody reads. */
  onFinWait2(now: number): void {
    if (this.abandoned) this.timers.setLife(now + this.options.finWait2TimeoutMs)
  }
}
