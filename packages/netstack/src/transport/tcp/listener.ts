/** A listening endpoint: SEGMENT ARRIVES in LISTEN (RFC 9293 3.10.7.2), backlog, SYN cookies (RFC 4987). */
import { Connection } from './connection.ts'
import { EVENT_READABLE } from './events.ts'
import { emitSyn, peerMss, sendSyn, takeOffer, windowShiftFor } from './handshake.ts'
import type { TcpHost } from './host.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { updateMss } from './path.ts'
import { ACK, CWR, ECE, RST, type Segment, SYN } from './segment.ts'
import { pseudoHeaderBase } from './segment-writer.ts'
import { cookieOptions, cookieTimestamp, type SynCookies } from './syn-cookie.ts'
import { TIMER_RTO } from './timers.ts'
import type { AddressWords, TcpConnection, TcpFlow, TcpListener, TcpListenOptions } from './types.ts'

const DEFAULT_BACKLOG = 511
const IP_AND_TCP_HEADER_4 = 40
const IP_AND_TCP_HEADER_6 = 60

/** What a listener has of its layer. */
export interface ListenerHost extends TcpHost {
  readonly cookies: SynCookies
  /** A flow from a received segment's point of view: its destination is our side. Allocates. */
  flowOf(segment: Segment, options: ResolvedOptions): TcpFlow
  hashOf(segment: Segment): number
  hasRoom(): boolean
  register(connection: Connection, listener: Listener): void
  stopListening(listener: Listener): void
  /** `onConnection` is to be called when the present segment has been processed. */
  announce(listener: Listener, connection: Connection): void
}

export class Listener implements TcpListener {
  readonly address: AddressWords | undefined
  readonly family: 4 | 6 | undefined
  readonly port: number
  readonly #host: ListenerHost
  readonly #options: ResolvedOptions
  readonly #backlog: number
  readonly #cookieMode: 'auto' | 'always' | 'never'
  readonly #onConnection: (listener: TcpListener) => void
  readonly #queue: Connection[] = []
  readonly #halfOpen: Set<Connection> = new Set()
  readonly #fastOpenBacklog: number
  #fastOpenPending = 0
  #closed = false

  constructor(host: ListenerHost, options: TcpListenOptions, port: number, defaults: TcpListenOptions['options']) {
    this.#host = host
    this.address = options.address
    this.family = options.family
    this.port = port
    this.#options = resolveOptions(defaults, options.options)
    this.#backlog = Math.max(1, options.backlog ?? DEFAULT_BACKLOG)
    this.#fastOpenBacklog = options.fastOpenBacklog ?? 0
    this.#cookieMode = options.synCookies ?? 'auto'
    this.#onConnection = options.onConnection
  }

  get acceptQueue(): number {
    return this.#queue.length
  }

  get halfOpen(): number {
    return this.#halfOpen.size
  }

  accept(): TcpConnection | undefined {
    const connection = this.#queue.shift()
    if (connection !== undefined) connection.accepted = true
    return connection
  }

  close(now: number): void {
    if (this.#closed) return
    this.#closed = true
    this.#host.stopListening(this)
    for (const connection of [...this.#halfOpen, ...this.#queue]) connection.abort(now)
    this.#halfOpen.clear()
    this.#queue.length = 0
  }

  /** Tells the owner that accept() has something. */
  notify(): void {
    if (!this.#closed) this.#onConnection(this)
  }

  /** A half-open connection is complete. False leaves it half open: the peer's next ACK or our SYN-ACK's repetition tries again (as Linux). */
  complete(connection: Connection): boolean {
    if (connection.fastOpened) {
      this.#fastOpenPending-- // it has been in the queue since its SYN
      return true
    }
    if (this.#queue.length >= this.#backlog) {
      this.#host.counters.listenOverflow++
      return false
    }
    this.#halfOpen.delete(connection)
    this.#queue.push(connection)
    this.#host.announce(this, connection)
    return true
  }

  /** The connection has gone before anybody took it. */
  forget(connection: Connection): void {
    if (connection.fastOpened) this.#fastOpenPending--
    this.#halfOpen.delete(connection)
    const index = this.#queue.indexOf(connection)
    if (index >= 0) this.#queue.splice(index, 1)
  }

  /** RFC 9293 3.10.7.2, in its order. */
  onSegment(segment: Segment, now: number): void {
    if ((segment.flags & RST) !== 0) return // First: RST is ignored
    if ((segment.flags & ACK) !== 0) {
      // Second: an ACK belongs to nothing here, unless it brings a cookie back.
      if ((segment.flags & SYN) === 0 && this.#acceptCookie(segment, now)) return
      this.#host.sendResetFor(segment, now)
      return
    }
    if ((segment.flags & SYN) !== 0) this.#onSyn(segment, now) // Third
    // Fourth: anything else is dropped.
  }

  #onSyn(segment: Segment, now: number): void {
    const { counters, trace } = this.#host
    if (this.#queue.length >= this.#backlog) {
      counters.listenOverflow++
      trace?.onDropped?.(undefined, segment, 'accept queue full', 'RFC 4987 2', now)
      return
    }
    const full = this.#halfOpen.size >= 2 * this.#backlog || !this.#host.hasRoom()
    if (this.#cookieMode === 'always' || (full && this.#cookieMode === 'auto')) {
      this.#answerWithCookie(segment, now)
      return
    }
    if (full) {
      counters.listenOverflow++
      trace?.onDropped?.(undefined, segment, 'too many half-open connections', 'RFC 4987 3.2', now)
      return
    }
    const host = this.#host
    const flow = host.flowOf(segment, this.#options)
    const sequence = host.secrets.initialSequence(flow.local, flow.localPort, flow.remote, flow.remotePort, now)
    const connection = new Connection(host, flow, host.hashOf(segment), { ...this.#options }, {}, true, sequence, now)
    connection.receiver.begin(segment.sequence)
    connection.lastAckSent = connection.receiver.next
    takeOffer(connection, segment, now)
    connection.ecnOn = this.#options.ecn && (segment.flags & (ECE | CWR)) === (ECE | CWR)
    connection.sender.window = segment.window
    connection.sender.windowSequence = segment.sequence
    this.#halfOpen.add(connection)
    host.register(connection, this)
    connection.setState('SYN-RECEIVED', 'SYN received')
    if (segment.fastOpenBytes >= 0 && this.#fastOpenBacklog > 0) this.#openFast(connection, segment, now)
    sendSyn(connection, now)
    connection.timers.setRetransmit(TIMER_RTO, now + connection.rtt.rto)
  }

  /** RFC 7413 4.2.2: with a good cookie the data is the user's at once, without one the SYN-ACK brings it. */
  #openFast(connection: Connection, segment: Segment, now: number): void {
    const host = this.#host
    const { receiver, sender } = connection
    const valid = host.fastOpen.isValid(segment, now)
    if (!valid) connection.fastOpenCookie = host.fastOpen.cookieFor(segment, now)
    const { payloadBytes } = segment
    if (payloadBytes === 0) return
    const room = Math.min(receiver.bufferBytes, receiver.memoryRoom)
    if (!valid || this.#fastOpenPending >= this.#fastOpenBacklog || payloadBytes > room) {
      host.counters.fastOpenRefused++ // what it brought is sent again after the handshake
      return
    }
    host.counters.fastOpenAccepted++
    this.#fastOpenPending++
    connection.fastOpened = true
    receiver.buffer.append(segment.bytes, segment.payloadStart, segment.payloadEnd)
    receiver.next = receiver.buffer.next
    connection.lastAckSent = receiver.next
    connection.bytesReceived += payloadBytes
    sender.largestWindow = sender.window
    sender.next = (sender.initial + 1) | 0
    sender.unacknowledged = sender.next
    connection.raise(EVENT_READABLE)
    this.#halfOpen.delete(connection)
    this.#queue.push(connection)
    host.announce(this, connection)
  }

  #answerWithCookie(segment: Segment, now: number): void {
    const host = this.#host
    const options = this.#options
    const flow = host.flowOf(segment, options)
    const isIpv6 = (flow.remote.w0 | flow.remote.w1) !== 0 || (flow.remote.w2 | 0) !== 0xffff
    const sequence = host.cookies.make(
      flow.local,
      flow.localPort,
      flow.remote,
      flow.remotePort,
      segment.sequence,
      peerMss(segment, isIpv6),
      isIpv6,
      now,
    )
    const timestamps = options.timestamps && segment.hasTimestamps
    const windowShift =
      timestamps && options.windowScaling && segment.windowScale >= 0 ? Math.min(segment.windowScale, 14) : -1
    const sack = timestamps && options.sack && segment.sackPermitted
    const ecn = timestamps && options.ecn && (segment.flags & (ECE | CWR)) === (ECE | CWR)
    const clock =
      (Math.floor(now) + host.secrets.timestampOffset(flow.local, flow.localPort, flow.remote, flow.remotePort)) | 0
    const offer = {
      mss: Math.min(
        host.output.mtu(flow) - (isIpv6 ? IP_AND_TCP_HEADER_6 : IP_AND_TCP_HEADER_4),
        options.maxSegmentBytes,
      ),
      windowShift: windowShift < 0 ? -1 : windowShiftFor(options.receiveBufferBytes),
      sack,
      timestamps,
      timestampValue: cookieTimestamp(clock, { windowShift, sack, ecn }),
      timestampEcho: segment.timestampValue,
    }
    const flags = SYN | ACK | (ecn ? ECE : 0)
    const window = Math.min(options.initialReceiveBufferBytes, 0xffff)
    host.counters.synCookiesSent++
    emitSyn(
      host,
      undefined,
      flow,
      pseudoHeaderBase(flow.local, flow.remote),
      host.output.offload(flow)?.checksum === true,
      sequence,
      (segment.sequence + 1) | 0,
      flags,
      window,
      offer,
      now,
      'SYN cookie',
      'RFC 4987 3.6',
    )
  }

  /** The ACK of a SYN-ACK of which we kept nothing. */
  #acceptCookie(segment: Segment, now: number): boolean {
    const host = this.#host
    if (this.#cookieMode === 'never' || host.counters.synCookiesSent === 0) return false
    const flow = host.flowOf(segment, this.#options)
    const isIpv6 = (flow.remote.w0 | flow.remote.w1) !== 0 || (flow.remote.w2 | 0) !== 0xffff
    const cookie = (segment.acknowledgment - 1) | 0
    const peerSequence = (segment.sequence - 1) | 0
    const mss = host.cookies.check(
      cookie,
      flow.local,
      flow.localPort,
      flow.remote,
      flow.remotePort,
      peerSequence,
      isIpv6,
      now,
    )
    if (mss === 0) {
      host.counters.synCookiesFailed++
      return false
    }
    if (this.#queue.length >= this.#backlog || !host.hasRoom()) {
      host.counters.listenOverflow++
      return true // dropped: the peer sends again
    }
    host.counters.synCookiesAccepted++
    const connection = new Connection(host, flow, host.hashOf(segment), { ...this.#options }, {}, true, cookie, now)
    this.#restore(connection, segment, mss, peerSequence, now)
    host.register(connection, this)
    connection.setState('SYN-RECEIVED', 'SYN cookie returned')
    this.#halfOpen.add(connection)
    connection.onSegment(segment, now)
    return true
  }

  /** Puts back what the cookie and its timestamp remember. */
  #restore(connection: Connection, segment: Segment, mss: number, peerSequence: number, now: number): void {
    const { sender, receiver } = connection
    const options = segment.hasTimestamps
      ? cookieOptions(segment.timestampEcho)
      : { windowShift: -1, sack: false, ecn: false }
    connection.timestampsOn = this.#options.timestamps && segment.hasTimestamps
    if (connection.timestampsOn) connection.takeTimestamp(segment.timestampValue, now)
    connection.sackOn = options.sack
    connection.ecnOn = options.ecn
    connection.windowScalingOn = options.windowShift >= 0
    sender.windowShift = Math.max(0, options.windowShift)
    if (options.windowShift < 0) receiver.windowShift = 0
    connection.peerMss = mss
    updateMss(connection, true)
    receiver.begin(peerSequence)
    receiver.advertiseUnscaled()
    connection.lastAckSent = receiver.next
    sender.next = (sender.initial + 1) | 0
    connection.synSentAt = -1 // no round-trip sample from a handshake that was not kept
  }
}
