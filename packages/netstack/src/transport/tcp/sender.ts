/** The sending half of a connection: SND.* of RFC 9293 3.3.1; what may be sent when (window, Nagle, silly window, PSH, urgent, FIN). */
import { BUFFER_LIMITED, BUSY, Chronograph, IDLE, RECEIVER_LIMITED } from './chronograph.ts'
import type { Connection } from './connection.ts'
import { giveUpProbing } from './lifetime.ts'
import type { PathProbe } from './path-probe.ts'
import { MAX_RTO_MS } from './rtt.ts'
import { HAS_FIN } from './scoreboard.ts'
import { ACK, FIN, PSH } from './segment.ts'
import { dataFlags, emitSegment } from './segment-writer.ts'
import { SendBuffer } from './send-buffer.ts'
import { seqAfter, seqBefore } from './sequence.ts'
import { TIMER_PERSIST } from './timers.ts'

/** Override of silly-window avoidance: 0.1-1 s (RFC 9293 3.8.6.2.1). */
const OVERRIDE_MS = 200

export class Sender {
  readonly #connection: Connection
  /** ISS, SND.UNA, SND.NXT; int32. */
  initial: number
  unacknowledged: number
  next: number
  /** SND.WND in bytes (scaled), SND.WL1, SND.WL2, and the largest window ever told. */
  window = 0
  windowSequence = 0
  windowAcknowledgment = 0
  largestWindow = 0
  /** Shift that the peer applies to its windows (RFC 7323 2.3). */
  windowShift = 0
  /** Most payload bytes of a segment with the options that all of ours have (Eff.snd.MSS). */
  mss = 536
  readonly buffer: SendBuffer
  readonly chronograph: Chronograph = new Chronograph()
  /** CLOSE was called: FIN follows the last byte. */
  finQueued = false
  finSent = false
  finAcknowledged = false
  /** SND.UP: sequence number behind the last urgent byte; valid while urgentPending. */
  urgentEnd = 0
  urgentPending = false
  /** CWR is to be set on the next new data (RFC 3168 6.1.2). */
  reducedPending = false
  /** More will be written at once: hold partial segments (send with push false). */
  corked = false
  /** Output stopped at the congestion window since the last full acknowledgment of a window. */
  windowLimited = false
  /** Largest flight of the present round (RFC 7661; as Linux's max_packets_out). */
  #largestFlight = 0
  #largestFlightBefore = 0
  #roundEnd = 0
  #lastSentAt = 0
  /** Window probes unanswered, and doublings of their interval. */
  probes = 0
  #probeBackoff = 0
  /** The one byte in flight is a window probe. */
  probing = false

  constructor(connection: Connection, initialSequence: number) {
    this.#connection = connection
    this.initial = initialSequence
    this.unacknowledged = initialSequence
    this.next = initialSequence
    this.buffer = new SendBuffer((initialSequence + 1) | 0, connection.options.sendBufferBytes, connection.host.memory)
  }

  /** Bytes queued and never sent. */
  get unsentBytes(): number {
    const unsent = (this.buffer.end - this.next) | 0
    return unsent > 0 ? unsent : 0
  }

  /** Usable window in bytes: SND.UNA + SND.WND - SND.NXT. */
  get usableWindow(): number {
    return (this.unacknowledged + this.window - this.next) | 0
  }

  /** Whether acknowledged bytes may raise the congestion window: it, and not the application, was the limit (RFC 7661 4.1; as Linux's is_cwnd_limited). */
  get limitedByCongestionWindow(): boolean {
    const { congestion } = this.#connection
    if (this.windowLimited) return true
    return congestion.window < congestion.threshold && congestion.window < 2 * this.#largestFlight
  }

  /** What was in flight at most in the present round and the one before: pipeACK of RFC 7661 4.2. */
  get recentFlight(): number {
    return Math.max(this.#largestFlight, this.#largestFlightBefore)
  }

  /** RFC 9293 3.10.7.4, fifth: the window of an acceptable segment is taken unless it is older than the one known. RFC9293:MUST-1, REC-1: unsigned, of 32 bits */
  updateWindow(sequence: number, acknowledgment: number, window: number, now: number): boolean {
    // SND.WL1 < SEG.SEQ, or the same and SND.WL2 =< SEG.ACK
    if (
      !seqBefore(this.windowSequence, sequence) &&
      (this.windowSequence !== sequence || seqAfter(this.windowAcknowledgment, acknowledgment))
    )
      return false
    this.windowSequence = sequence
    this.windowAcknowledgment = acknowledgment
    if (window === this.window) return false
    const was = this.window
    this.window = window // RFC9293:MUST-34, SHLD-15, SHLD-17: a window that shrinks is obeyed
    if (window > this.largestWindow) this.largestWindow = window
    if (was < this.mss && window > was) this.#windowOpened(acknowledgment, now)
    return true
  }

  /** The peer has room again: what a probe carried is sent as ordinary data. */
  #windowOpened(acknowledgment: number, now: number): void {
    const connection = this.#connection
    this.probes = 0
    this.#probeBackoff = 0
    const board = connection.recovery.board
    if (this.probing && board.count === 1 && acknowledgment === this.unacknowledged) {
      this.next = board.startOf(board.head)
      board.popLast()
    }
    this.probing = false
    if (connection.timers.mode === TIMER_PERSIST) connection.recovery.armTimer(now) // what is in flight is retransmitted again, not probed
  }

  /** Sends all that may be sent now: first what was lost, then new data, then the FIN. */
  output(now: number): void {
    const connection = this.#connection
    if (!connection.maySend) return
    const { recovery } = connection
    if (recovery.board.lostBytes > recovery.board.retransmittingBytes) recovery.retransmitLost(now)
    if (this.finSent || (this.next === this.buffer.end && !this.finQueued)) return
    if (recovery.board.count === 0) this.#restartAfterIdle(now)
    let sent = false
    while (this.#sendNext(now)) sent = true
    if (connection.pacer !== undefined && connection.timers.pacingAt === Number.POSITIVE_INFINITY) this.#rest()
    if (sent) {
      if (!this.probing) recovery.armTimer(now)
    } else if (recovery.board.count === 0 && connection.timers.idleForSending) this.#armPersist(now)
  }

  /** It is not the pace that holds back what is left. What the congestion window would take and is not there is the application's limit (or Nagle's). */
  #rest(): void {
    this.#connection.pacer?.rest()
    if (this.usableWindow >= this.mss) this.noteApplicationLimit()
  }

  /** Where there is too little to fill the window, rates measured now are the application's (draft-cheng-iccrg-delivery-rate-estimation-00 3.4). */
  noteApplicationLimit(): void {
    const { deliveryRate, congestion, recovery, writeBlocked } = this.#connection
    if (deliveryRate === undefined || congestion.window - recovery.pipe < this.mss) return
    // A send buffer that is full behind a hole holds back an application that has more; and what is lost and waits is work enough.
    if (writeBlocked || this.buffer.length > this.buffer.limit >> 1) return
    const { lostBytes, retransmittingBytes } = recovery.board
    if (lostBytes <= retransmittingBytes) deliveryRate.markLimited(recovery.pipe)
  }

  /** Notes what holds us back now. `blocked`: the user has been told to wait. */
  measure(blocked: boolean, now: number): void {
    const unsent = this.unsentBytes
    let kind = BUSY
    if (unsent > 0 && this.usableWindow < this.mss && this.usableWindow < unsent) kind = RECEIVER_LIMITED
    else if (unsent === 0) kind = this.#connection.recovery.board.count === 0 ? IDLE : blocked ? BUFFER_LIMITED : BUSY
    this.chronograph.mark(kind, now)
  }

  /** One step of output. Returns false when nothing more may go. */
  #sendNext(now: number): boolean {
    if (this.finSent) return false
    const connection = this.#connection
    const { recovery, congestion, pacer } = connection
    const unsent = (this.buffer.end - this.next) | 0
    if (unsent <= 0 && !this.finQueued) return false
    const usable = this.usableWindow
    const mss = this.mss
    const room = congestion.window - recovery.pipe
    let length = unsent < usable ? unsent : usable
    if (length < 0 || (usable <= 0 && unsent > 0)) return false
    if (connection.pathProbe !== undefined && this.#sendPathProbe(connection.pathProbe, Math.min(length, room), now))
      return true
    const largest = connection.gathers ? connection.gatheredBytes : connection.gsoBytes
    let ceiling = largest > mss ? largest : mss
    if (pacer !== undefined && ceiling > mss) ceiling = Math.min(ceiling, pacer.quantum(mss))
    if (length > ceiling) length = ceiling
    if (length > room && unsent > 0) {
      // At least one segment may always be in flight; otherwise whole segments only.
      if (recovery.board.count > 0 || length > mss) {
        const whole = room >= mss ? room - (room % mss) : 0
        if (whole < length) {
          this.windowLimited = true
          if (whole === 0 && recovery.board.count > 0) return false
          length = whole === 0 ? (length < mss ? length : mss) : whole
        }
      }
    }
    if (length > mss && length < unsent) length -= length % mss
    const last = length === unsent
    if (length < mss && !this.#smallAllowed(length, last, usable)) return false
    const withFin = last && this.finQueued && usable >= length + 1 && connection.synchronized
    if (length === 0 && !withFin) return false
    if (pacer?.blocks(now)) return false
    return this.#sendNew(length, withFin, last, now)
  }

  /** One segment larger than the others, when it is time to try it and `allowed` bytes may go. */
  #sendPathProbe(probe: PathProbe, allowed: number, now: number): boolean {
    const { mss, next } = this
    if (allowed <= mss || this.#connection.pacer?.blocks(now)) return false
    const size = probe.due(this.#connection, now)
    if (size <= mss || size > allowed) return false
    this.mss = size // for this segment alone: it is not to be cut
    const sent = this.#sendNew(size, false, size === this.unsentBytes, now)
    this.mss = mss
    probe.onSent(next, this.next)
    return sent
  }

  /** Silly-window avoidance and Nagle's algorithm. RFC9293:MUST-38, SHLD-7, SHLD-28, MAY-16; RFC 9293 3.7.4, 3.8.6.2.1 */
  #smallAllowed(length: number, last: boolean, usable: number): boolean {
    const connection = this.#connection
    if (last && this.finQueued) return true
    if (last && this.corked) return false
    const idle = connection.recovery.board.count === 0
    if (last && (idle || connection.options.noDelay)) return true // (2): all that is queued; RFC9293:MUST-17
    if (this.urgentPending && last) return true
    return idle && usable >= this.largestWindow >> 1 && length > 0 && !last // (3): half of the largest window
  }

  /** Sends `length` new bytes, and FIN behind them, and enters them in the scoreboard. */
  #sendNew(length: number, withFin: boolean, last: boolean, now: number): boolean {
    const connection = this.#connection
    const { recovery } = connection
    const start = this.next
    let flags = withFin ? ACK | FIN : dataFlags(last && !this.corked)
    if (withFin && length > 0) flags |= PSH
    const mss = this.mss
    const board = recovery.board
    emitSegment(
      connection,
      start,
      length,
      flags,
      now,
      withFin ? 'FIN' : undefined,
      withFin ? 'RFC 9293 3.10.4' : undefined,
    )
    const end = (start + length + (withFin ? 1 : 0)) | 0
    const first = board.tail
    board.pushRun(start, end, mss, now, withFin ? HAS_FIN : 0)
    if (connection.deliveryRate !== undefined) {
      for (let index = first; index < board.tail; index++) connection.deliveryRate.onSent(board, index, now)
    }
    this.next = end
    if (withFin) {
      this.finSent = true
      connection.onFinSent()
    }
    recovery.onNewSent(length)
    this.#lastSentAt = now
    const flight = recovery.pipe
    const isNewRound = !seqBefore(this.unacknowledged, this.#roundEnd)
    if (isNewRound) this.#largestFlightBefore = this.#largestFlight
    if (flight > this.#largestFlight || isNewRound) {
      this.#largestFlight = flight
      this.#roundEnd = this.next
      this.windowLimited = false
    }
    return true
  }

  /** One new segment beyond the congestion window, as a tail loss probe (RFC 8985 7.3). */
  sendProbe(now: number): void {
    const length = Math.min(this.unsentBytes, this.usableWindow, this.mss)
    if (length > 0) this.#sendNew(length, false, length === this.unsentBytes, now)
  }

  /** RFC 5681 4.1: a window that was not used for an RTO says nothing of the network as it is. */
  #restartAfterIdle(now: number): void {
    const connection = this.#connection
    const idle = now - this.#lastSentAt
    if (this.#lastSentAt > 0 && idle > connection.rtt.rto) {
      connection.congestion.onIdle(idle, connection.rtt.rto, connection.initialWindowBytes)
    }
  }

  /** Nothing is in flight and something is held back: by a closed window, silly-window avoidance or the cork. */
  #armPersist(now: number): void {
    const connection = this.#connection
    if (this.unsentBytes === 0 && !this.finQueued) return
    const held = this.usableWindow > 0
    connection.timers.setRetransmit(TIMER_PERSIST, now + (held ? OVERRIDE_MS : this.#probeIntervalMs))
  }

  /** RFC9293:SHLD-29: first probe after one RTO; SHLD-30: then exponentially. */
  get #probeIntervalMs(): number {
    return Math.min(this.#connection.rtt.rto * 2 ** this.#probeBackoff, MAX_RTO_MS)
  }

  /** RFC 9293 3.8.6.1: the persist timer has run out. RFC9293:MUST-35, MUST-37: as long as the peer acknowledges, for ever. */
  onPersistTimer(now: number): void {
    const connection = this.#connection
    const board = connection.recovery.board
    if (this.usableWindow > 0 && board.count === 0) {
      this.#overrideSillyWindow(now)
      return
    }
    if (giveUpProbing(connection, this.#probeIntervalMs, now)) return
    this.probes++
    this.#probeBackoff++
    if (board.count === 0) {
      if (this.unsentBytes > 0) {
        // RFC9293:MUST-36: one byte of new data.
        this.probing = true
        emitSegment(connection, this.next, 1, dataFlags(false), now, 'window probe', 'RFC 9293 3.8.6.1')
        board.push(this.next, (this.next + 1) | 0, now, 0)
        this.next = (this.next + 1) | 0
      } else emitSegment(connection, (this.next - 1) | 0, 0, ACK, now, 'window probe', 'RFC 9293 3.8.6.1')
    } else {
      const start = board.startOf(board.head)
      const isFin = (board.flagsOf(board.head) & HAS_FIN) !== 0 && start === this.buffer.end
      emitSegment(connection, start, isFin ? 0 : 1, isFin ? ACK | FIN : ACK, now, 'window probe', 'RFC 9293 3.8.6.1')
    }
    connection.timers.setRetransmit(TIMER_PERSIST, now + this.#probeIntervalMs)
  }

  /** RFC 9293 3.8.6.2.1 (4): what silly-window avoidance or the cork held back goes now. */
  #overrideSillyWindow(now: number): void {
    const unsent = this.unsentBytes
    const length = Math.min(unsent, this.usableWindow, this.mss)
    this.#connection.timers.cancelRetransmit()
    if (length > 0) {
      this.corked = false
      this.#sendNew(length, false, length === unsent, now)
      this.#connection.recovery.armTimer(now)
    }
    this.output(now)
  }
}
