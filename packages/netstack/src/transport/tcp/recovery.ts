/**
 * Loss recovery of one connection: what an ACK says of the flight (RFC 9293 3.10.7.4 fifth, RFC 2018, 2883), which segments are lost (RFC 8985; RFC 6582 without SACK),
 * how fast they are sent again (RFC 6937), timeouts (RFC 6298), and when all that was unfounded (RFC 4015, 3708).
 */
import type { Connection } from './connection.ts'
import { reportsDuplicate } from './duplicate-sack.ts'
import { KnownBlocks } from './known-blocks.ts'
import { limitByUserTimeout } from './lifetime.ts'
import { paceByAck } from './pacer.ts'
import { ProportionalRateReduction } from './prr.ts'
import { Rack } from './rack.ts'
import { EVER_RETRANSMITTED, HAS_FIN, SACKED, Scoreboard } from './scoreboard.ts'
import { CWR, ECE, type Segment } from './segment.ts'
import { emitSegments } from './segment-writer.ts'
import { seqAfter, seqAtMost, seqBefore } from './sequence.ts'
import { TailLossProbe } from './tail-loss-probe.ts'
import type { CongestionState } from './tcp-info.ts'
import { TIMER_PROBE, TIMER_REORDER, TIMER_RTO } from './timers.ts'
import { ReductionUndo } from './undo.ts'

const DUPLICATE_THRESHOLD = 3

export class Recovery {
  readonly #connection: Connection
  readonly board: Scoreboard = new Scoreboard()
  readonly rack: Rack = new Rack()
  readonly probe: TailLossProbe
  readonly #prr: ProportionalRateReduction = new ProportionalRateReduction()
  state: CongestionState = 'open'
  /** Recovery point: SND.NXT when recovery began (RFC 6675 RecoveryPoint, RFC 6582 recover). */
  #point = 0
  /** Timeouts in a row of the oldest segment. */
  timeouts = 0
  /** Segments that left the network by duplicate ACKs, where there is no SACK (RFC 6582), in bytes. */
  #duplicateBytes = 0
  duplicateAcks = 0

  readonly #undo: ReductionUndo = new ReductionUndo()
  /** Bytes that arrived behind a hole and have not raised the window yet. */
  #uncounted = 0

  // Of the ACK being processed.
  #delivered = 0
  #duplicateSeen = false
  #firstSent = -1
  #lastSent = -1
  #ambiguous = false
  readonly #known: KnownBlocks = new KnownBlocks()

  /** Totals for tcp_info. */
  retransmittedSegments = 0
  retransmittedBytes = 0
  deliveredBytes = 0
  deliveredCe = 0
  duplicateSacks = 0

  constructor(connection: Connection) {
    this.#connection = connection
    this.probe = new TailLossProbe(connection)
  }

  /** RFC 6675's pipe in bytes. */
  get pipe(): number {
    return Math.max(0, this.board.pipe - this.#duplicateBytes)
  }

  get recovering(): boolean {
    return this.state === 'recovery' || this.state === 'loss'
  }

  /** New data was sent. */
  onNewSent(bytes: number): void {
    if (this.state === 'recovery' || this.state === 'cwr') this.#prr.onSent(bytes)
  }

  /**
   * An ACK in SND.UNA =< SEG.ACK =< SND.NXT: takes the acknowledged off the scoreboard and does what follows from it. `pure`: it could be a duplicate ACK by
   * RFC 5681 2 (no data, no window change).
   */
  onAck(segment: Segment, pure: boolean, now: number): void {
    const connection = this.#connection
    const { sender } = connection
    const acknowledged = (segment.acknowledgment - sender.unacknowledged) | 0
    const flightBefore = this.pipe
    this.#delivered = 0
    this.#duplicateSeen = false
    this.#firstSent = this.#lastSent = -1
    this.#ambiguous = false
    if (acknowledged > 0) this.#acknowledge(segment, acknowledged, now)
    // RFC 6298 3: an ACK that covers anything sent twice may have been caused by any of it. After a timeout, ACKs may have been lost for long.
    if (this.#ambiguous || this.state === 'loss') this.#firstSent = -1
    const sampled = this.#firstSent >= 0
    if (segment.sackCount > 0 && connection.sackOn) this.#takeSackBlocks(segment, now)
    else this.#known.forget()
    this.#measure(segment, acknowledged, sampled, now)
    this.deliveredBytes += this.#delivered
    if (acknowledged > 0) this.timeouts = 0
    if (this.board.count > 0 && (this.board.flagsOf(this.board.head) & SACKED) !== 0) this.board.clearSacked() // RFC 2018 8: reneging
    if (connection.sackOn)
      this.probe.onAck(segment.acknowledgment, this.#duplicateSeen, acknowledged > 0 || this.#delivered > 0, now)
    const newlyLost = this.#advanceState(segment, acknowledged, pure, now)
    this.#adjustWindow(acknowledged, flightBefore, newlyLost, now)
    if (connection.pacer !== undefined) paceByAck(connection, this.#delivered, newlyLost, now)
    if (acknowledged > 0 || newlyLost > 0 || this.rack.wait > 0) this.armTimer(now)
  }

  /** RFC 6298 3 and RFC 7323 4: a round-trip time, if this ACK gives one. */
  #measure(segment: Segment, acknowledged: number, cumulative: boolean, now: number): void {
    const { rtt, timestampsOn } = this.#connection
    if (this.#firstSent >= 0 && (cumulative || this.state !== 'loss')) {
      rtt.sample(now - this.#firstSent, now)
      if (now - this.#lastSent < rtt.min) rtt.min = Math.max(now - this.#lastSent, 0.001)
    } else if (acknowledged > 0 && this.#duplicateSeen) {
      // An earlier copy had arrived and its ACK was lost: the echo is of that copy and would count the wait for our timer as travel. That the path works again is known, though.
      rtt.backoff = 0
    } else if (acknowledged > 0 && timestampsOn && segment.timestampEcho !== 0) {
      // The echo tells which copy it was, to a millisecond.
      const measured = (this.#connection.timestampNow(now) - segment.timestampEcho) | 0
      if (measured >= 0) rtt.sample(Math.max(measured, 1), now)
    }
  }

  /** SND.UNA moves: RFC 9293 3.10.7.4, fifth. Segments entirely acknowledged leave the scoreboard. */
  #acknowledge(segment: Segment, acknowledged: number, now: number): void {
    const connection = this.#connection
    const { sender } = connection
    const { board } = this
    const ack = segment.acknowledgment
    const wasHighest = board.sackedCount > 0 ? board.highestSacked : sender.unacknowledged
    sender.unacknowledged = ack
    sender.buffer.releaseTo(ack)
    connection.bytesAcknowledged += acknowledged
    if (board.isPlain && connection.deliveryRate === undefined) this.#deliverPlain(board.find(ack), now)
    while (board.count > 0) {
      const index = board.head
      const end = board.endOf(index)
      if (seqAfter(end, ack)) {
        if (seqBefore(board.startOf(index), ack)) {
          const sacked = (board.flagsOf(index) & SACKED) !== 0
          const cut = board.trimHead(ack)
          if (!sacked) this.#delivered += cut
        }
        break
      }
      const flags = board.flagsOf(index)
      if ((flags & HAS_FIN) !== 0) sender.finAcknowledged = true
      if ((flags & SACKED) === 0) this.#deliver(index, end, flags, seqBefore(end, wasHighest), now)
      board.shift()
    }
    if (this.#duplicateBytes > 0)
      this.#duplicateBytes = Math.max(0, this.#duplicateBytes - Math.max(0, acknowledged - sender.mss))
    if (sender.probing && board.count === 0) sender.probing = false
  }

  /** The segments before `index` have arrived, each of them sent once and in order: the same as one by one, at once. */
  #deliverPlain(index: number, now: number): void {
    const { board } = this
    const { head } = board
    if (index === head) return
    const last = index - 1
    this.#delivered += (board.endOf(last) - board.startOf(head)) | 0
    this.#firstSent = board.sentAt(head)
    this.#lastSent = board.sentAt(last)
    this.rack.delivered(this.#lastSent, board.orderOf(last), false, this.#connection.rtt.min, now)
    board.shiftTo(index)
  }

  /** One segment has arrived, as a cumulative or selective acknowledgment says. */
  #deliver(index: number, end: number, flags: number, outOfOrder: boolean, now: number): void {
    const connection = this.#connection
    const sent = this.board.sentAt(index)
    const retransmitted = (flags & EVER_RETRANSMITTED) !== 0
    this.#delivered += (end - this.board.startOf(index)) | 0
    connection.deliveryRate?.onDelivered(this.board, index)
    if (retransmitted) this.#ambiguous = true
    else {
      if (this.#firstSent < 0) this.#firstSent = sent
      this.#lastSent = sent
      if (outOfOrder) this.rack.sawReordering()
    }
    this.rack.delivered(sent, this.board.orderOf(index), retransmitted, connection.rtt.min, now)
  }

  /** RFC 2018 and RFC 2883. */
  #takeSackBlocks(segment: Segment, now: number): void {
    const { sender } = this.#connection
    const { board } = this
    const count = segment.sackCount
    const highest = board.sackedCount > 0 ? board.highestSacked : sender.unacknowledged
    let first = 0
    if (reportsDuplicate(segment, sender.largestWindow)) {
      this.#onDuplicateSack()
      first = 1
    }
    for (let i = first; i < count; i++) {
      const left = segment.sackLeft[i]!
      const right = segment.sackRight[i]!
      // RFC 2018 5, RFC 5961: blocks outside what was sent are nonsense.
      if (!seqBefore(left, right) || seqAfter(right, sender.next) || !seqAfter(left, sender.unacknowledged)) continue
      const from = this.#known.newFrom(left, right)
      if (from === right) continue
      let index = board.find(from)
      if (index < board.tail && seqBefore(board.startOf(index), left)) index++
      for (; index < board.tail && seqAtMost(board.endOf(index), right); index++) {
        const flags = board.flagsOf(index)
        if ((flags & SACKED) !== 0) continue
        const end = board.endOf(index)
        this.#deliver(index, end, flags, seqBefore(end, highest), now)
        board.markSacked(index)
      }
    }
    this.#known.forget()
    for (let i = first; i < count; i++) {
      // A block that ends inside a record is looked at again next time.
      const right = segment.sackRight[i]!
      const index = board.find(right)
      if (index < board.tail && seqBefore(board.startOf(index), right)) continue
      this.#known.add(segment.sackLeft[i]!, right)
    }
  }

  #onDuplicateSack(): void {
    const { sender } = this.#connection
    this.#duplicateSeen = true
    this.duplicateSacks++
    this.rack.onDuplicate(sender.unacknowledged, sender.next)
    this.#undo.onDuplicate()
  }

  /** Moves between open, disorder, cwr, recovery and loss. Returns bytes newly deemed lost. */
  #advanceState(segment: Segment, acknowledged: number, pure: boolean, now: number): number {
    const connection = this.#connection
    const { sender } = connection
    if (connection.ecnOn && (segment.flags & ECE) !== 0 && (segment.flags & CWR) === 0) {
      this.deliveredCe += this.#delivered
      this.#onCongestionEcho(now)
    }
    if (this.recovering && acknowledged > 0) {
      if (this.#tryUndo(segment)) return 0
      if (!seqBefore(sender.unacknowledged, this.#point)) this.#leaveRecovery()
    } else if (this.state === 'cwr' && !seqBefore(sender.unacknowledged, this.#point)) {
      this.#leaveRecovery()
    } else if (this.#duplicateSeen && this.#tryUndo(segment)) return 0
    const lost = connection.sackOn ? this.#detectByTime(now) : this.#detectByDuplicates(acknowledged, pure)
    if (lost > 0 && !this.recovering) this.#enterRecovery(now)
    else if (!this.recovering && this.state !== 'cwr') {
      this.state = this.board.sackedCount > 0 || this.duplicateAcks > 0 ? 'disorder' : 'open'
    }
    return lost
  }

  #detectByTime(now: number): number {
    const { board, rack } = this
    rack.wait = 0
    if (board.count === 0 || (board.sackedCount === 0 && !this.recovering && !rack.reorderingSeen)) return 0
    const connection = this.#connection
    return rack.detect(board, rack.reorderingWindow(board, this.recovering, connection.rtt, connection.sender.mss), now)
  }

  /** RFC 5681 3.2 and RFC 6582, for a peer without SACK. */
  #detectByDuplicates(acknowledged: number, pure: boolean): number {
    const { board } = this
    const { sender } = this.#connection
    const mss = sender.mss
    if (acknowledged > 0) {
      this.duplicateAcks = 0
      if (this.state === 'recovery' && board.count > 0) {
        board.markLost(board.head) // RFC 6582 3.2 (3): a partial ACK shows the next hole
        return mss
      }
      if (!this.recovering) this.#duplicateBytes = 0
      return 0
    }
    if (!pure || board.count === 0) return 0
    this.duplicateAcks++
    if (this.state === 'loss') return 0
    // RFC 6582, RFC 3042: each tells of a segment that has left the network, so that another may follow.
    this.#duplicateBytes = Math.min(this.#duplicateBytes + mss, Math.max(0, board.outBytes - mss))
    this.#delivered += mss
    if (this.state === 'recovery' || this.duplicateAcks < DUPLICATE_THRESHOLD) return 0
    board.markLost(board.head)
    return mss
  }

  /** RFC 3168 6.1.2: as for a loss, but nothing is sent again; once per window. */
  #onCongestionEcho(now: number): void {
    if (this.state !== 'open' && this.state !== 'disorder') return
    this.#beginReduction(now)
    this.#undo.end()
    this.state = 'cwr'
  }

  #beginReduction(now: number): void {
    const { sender, congestion } = this.#connection
    if (this.#connection.ecnOn) sender.reducedPending = true // RFC 3168 6.1.2: whatever the reason
    this.#undo.remember(congestion)
    this.#uncounted = 0
    this.#point = sender.next
    const flight = Math.max(this.pipe, this.board.outBytes - this.board.sackedBytes - this.#duplicateBytes)
    this.#prr.begin(this.board.outBytes)
    congestion.onCongestion(flight + this.board.sackedBytes, now, sender.recentFlight)
  }

  /** The loss that a tail loss probe repaired deserves its reduction (RFC 8985 7.4.2). */
  onProbeRepaired(now: number): void {
    if (this.state !== 'open' && this.state !== 'disorder') return
    this.#beginReduction(now)
    const { congestion } = this.#connection
    if (congestion.lossBased) congestion.window = Math.min(congestion.window, congestion.threshold)
  }

  #enterRecovery(now: number): void {
    if (this.state !== 'cwr') this.#beginReduction(now)
    this.state = 'recovery'
    this.#point = this.#connection.sender.next
    this.#undo.begin()
  }

  #leaveRecovery(): void {
    const { congestion } = this.#connection
    const was = this.state
    const reduced = was === 'recovery' || was === 'cwr'
    if (reduced && congestion.lossBased && congestion.threshold < congestion.window + 0x4000_0000) {
      congestion.window = Math.max(congestion.threshold, this.#connection.sender.mss) // RFC 6937 3: cwnd = ssthresh at the end
    }
    this.state = this.board.sackedCount > 0 ? 'disorder' : 'open'
    this.#undo.end()
    this.#duplicateBytes = this.duplicateAcks = 0
    if (was !== 'cwr') this.rack.onRecoveryEnd()
  }

  /** When the reduction was unfounded, all is as it was before. */
  #tryUndo(segment: Segment): boolean {
    const { timestampsOn, congestion, rtt } = this.#connection
    if (!this.#undo.unfounded(segment, this.#duplicateSeen, this.recovering && timestampsOn)) return false
    if (this.state === 'recovery') this.rack.sawReordering() // what arrived late was only late
    this.board.clearLost()
    this.#undo.restore(congestion)
    rtt.backoff = 0
    this.state = this.board.sackedCount > 0 ? 'disorder' : 'open'
    this.#duplicateBytes = 0
    return true
  }

  /** The congestion window after this ACK. */
  #adjustWindow(acknowledged: number, flightBefore: number, newlyLost: number, now: number): void {
    const { congestion, sender, rtt, sackOn } = this.#connection
    if (!congestion.lossBased) return
    if (this.state === 'recovery' || this.state === 'cwr') {
      if (this.#delivered > 0 || newlyLost > 0) {
        congestion.window = this.#prr.window(
          this.pipe,
          congestion.threshold,
          this.#delivered,
          acknowledged > 0 && newlyLost === 0,
          sender.mss,
        )
        if (congestion.window < sender.mss) congestion.window = sender.mss
      }
    } else if (this.#delivered > 0 && flightBefore > 0) {
      // RFC 5681 3.1 (2): N is what the ACK acknowledges cumulatively, though SACK has told of it before.
      const counted = this.#delivered + this.#uncounted
      this.#uncounted = acknowledged > 0 || this.state === 'loss' || !sackOn ? 0 : counted
      if (acknowledged === 0) return
      if (this.state === 'loss' || sender.limitedByCongestionWindow)
        congestion.onAck(counted, rtt.smoothed, rtt.latest, now)
      else congestion.onUnused?.(now)
    }
  }

  /** Sends again what is deemed lost, oldest first, as far as the window allows (RFC 6675 5 (C), RFC 8985 6.2). */
  retransmitLost(now: number): void {
    const { congestion, sender } = this.#connection
    for (;;) {
      const index = this.board.nextLost()
      if (index < 0) return
      const length = (this.board.endOf(index) - this.board.startOf(index)) | 0
      const pipe = this.pipe
      if (
        pipe > 0 &&
        pipe + Math.min(length, sender.mss) > congestion.window &&
        !(index === this.board.head && this.#isPartialAcknowledgment)
      ) {
        sender.windowLimited = true
        return
      }
      // RFC9293:MUST-34, SHLD-16: what lies beyond a window that shrank is not sent again, but for the first segment.
      if (index !== this.board.head && seqAfter(this.board.endOf(index), (sender.unacknowledged + sender.window) | 0))
        return
      const { sackOn, pacer } = this.#connection
      if (pacer?.blocks(now)) return
      if (this.state === 'loss') this.retransmit(index, now, 'after timeout', 'RFC 6298 5.4')
      else if (sackOn) this.retransmit(index, now, 'RACK: later ones have arrived', 'RFC 8985 6.2')
      else this.retransmit(index, now, 'duplicate or partial ACKs', 'RFC 6582 3.2')
      if (this.#connection.timers.retransmitAt === Number.POSITIVE_INFINITY) this.armTimer(now)
    }
  }

  /** RFC 6582 3.2 (3): without SACK, what a partial ACK shows to be missing goes at once. */
  get #isPartialAcknowledgment(): boolean {
    return this.state === 'recovery' && this.duplicateAcks === 0 && !this.#connection.sackOn
  }

  /** Sends a record again, in as many segments as the present MSS wants. */
  retransmit(index: number, now: number, reason: string, rule: string): void {
    const connection = this.#connection
    const { host } = connection
    const start = this.board.startOf(index)
    const end = this.board.endOf(index)
    const fin = (this.board.flagsOf(index) & HAS_FIN) !== 0
    const bytes = (end - start) | 0
    const segments = emitSegments(connection, start, fin ? bytes - 1 : bytes, fin, now, reason, rule)
    host.counters.retransmitted += segments
    this.retransmittedSegments += segments
    connection.pathProbe?.onRetransmitted(start, end, now)
    this.retransmittedBytes += bytes
    this.#undo.onRetransmitted(connection.timestampNow(now), segments)
    this.board.markRetransmitted(index, now)
    connection.deliveryRate?.onSent(this.board, index, now)
    if (this.state === 'recovery') this.#prr.onSent(bytes)
  }

  /** Sets the timer that the flight needs: reordering (RACK), probe (TLP) or timeout. RFC 6298 5.1-5.3: each ACK of new data starts the timeout anew. */
  armTimer(now: number): void {
    const { timers, rtt, sackOn } = this.#connection
    const { board } = this
    if (board.count === 0) {
      timers.cancelRetransmit()
      return
    }
    const rto = limitByUserTimeout(this.#connection, rtt.rto, now)
    if (this.rack.wait > 0 && sackOn && this.rack.wait < rto) {
      timers.setRetransmit(TIMER_REORDER, now + this.rack.wait)
      return
    }
    const timeout = this.#connection.synchronized ? this.probe.timeout(rto) : 0
    if (timeout > 0) timers.setRetransmit(TIMER_PROBE, now + timeout)
    else timers.setRetransmit(TIMER_RTO, now + rto)
  }

  /** RFC 8985 6.2.5: the reordering window of the oldest candidate is over. */
  onReorderTimer(now: number): void {
    const lost = this.#detectByTime(now)
    if (lost > 0 && !this.recovering) {
      this.#enterRecovery(now)
      const { congestion, sender } = this.#connection
      if (congestion.lossBased)
        congestion.window = this.#prr.window(this.pipe, congestion.threshold, 0, false, sender.mss)
    }
    this.armTimer(now)
  }

  /** RFC 6298 5.4-5.7. */
  onTimeout(now: number): void {
    const connection = this.#connection
    const { board } = this
    const { congestion, sender, rtt } = connection
    if ((board.flagsOf(board.head) & SACKED) !== 0) board.clearSacked()
    this.timeouts++
    // A further timeout of the same data does not reduce again (RFC 5681 3.1).
    if (this.state !== 'loss' || this.timeouts === 1) {
      if (this.state === 'open' || this.state === 'disorder') {
        this.#undo.remember(congestion)
      }
      const flight = board.outBytes
      if (this.state === 'recovery' || this.state === 'cwr') {
        if (congestion.name !== 'none') congestion.window = sender.mss
      } else congestion.onTimeout(flight, now)
      this.#undo.begin()
    }
    this.#duplicateBytes = this.duplicateAcks = this.#uncounted = 0
    if (connection.sackOn) this.rack.markOnTimeout(board, this.rack.reorderingWindow(board, true, rtt, sender.mss), now)
    else for (let index = board.head; index < board.tail; index++) board.markLost(index)
    this.state = 'loss'
    this.#point = sender.next
    if (congestion.name !== 'none') congestion.window = this.pipe + sender.mss
    this.rack.wait = 0
    this.probe.cancel()
    rtt.doubleRto() // RFC9293:MUST-18, RFC 6298 5.5
    const head = board.head
    this.retransmit(head, now, 'timeout', 'RFC 6298 5.4')
    this.armTimer(now)
  }

  /** The MSS has become smaller: what was sent in larger segments cannot have arrived (RFC 8201 5.4); not a sign of congestion (RFC 9293 3.7.2). */
  onMssReduced(now: number): void {
    this.board.markLostAbove(this.#connection.sender.mss)
    this.armTimer(now)
  }

  /** Nothing will be sent any more. */
  clear(): void {
    this.board.clear()
    this.#duplicateBytes = 0
  }
}
