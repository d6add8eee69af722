/** The receiving half of a connection: RCV.* of RFC 9293 3.3.1, window, acknowledgment, SACK blocks to send, window tuning. */
import type { Connection } from './connection.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { MAX_SACK_BLOCKS, type Segment } from './segment.ts'
import { seqAfter, seqAtMost, seqBefore, seqMax } from './sequence.ts'

/** Segments acknowledged one by one at the beginning, so that the sender's slow start is not held up (as Linux's quick ACKs; RFC 5681 4.2 allows it). */
const QUICK_ACKS = 16
/** Initial measure of what is read in a round trip: an initial window (as Linux). */
const INITIAL_SPACE_BYTES = 14_600
const NO_FIN = -1

export class Receiver {
  readonly #connection: Connection
  buffer: ReceiveBuffer
  /** IRS. */
  initial = 0
  /** RCV.NXT, SYN and FIN counted. int32. */
  next = 0
  /** Right edge of the window last told to the peer: never moves left (RFC9293:SHLD-14). */
  advertisedRight = 0
  /** Shift that we apply to the windows we send (RFC 7323 2.3). */
  windowShift = 0
  /** Size of the buffer that is offered; auto-tuning raises it. */
  bufferBytes: number
  /** Largest segment seen: what "full-sized" means for delayed ACKs. */
  largestSegment = 0
  /** Bytes in order since the last ACK was sent. */
  unackedBytes = 0
  /** An ACK must leave at the end of this segment's processing. */
  ackNow = false
  quickAcks: number = QUICK_ACKS
  /** RFC 3168 6.1.3: ECE on every segment until CWR arrives. */
  echoCongestion = false
  /** Sequence number of the FIN, once it was seen; valid when finSeen. */
  finSequence: number = NO_FIN
  finSeen = false
  /** FIN received in order. */
  finReceived = false
  /** RCV.UP; valid when urgentValid. */
  urgentEnd = 0
  urgentValid = false
  consumedBytes = 0

  /** Duplicate to report first (RFC 2883); valid when duplicateWaiting. */
  #duplicateLeft = 0
  #duplicateRight = 0
  #duplicateWaiting = false
  readonly sackLeft: Int32Array = NO_BLOCKS
  readonly sackRight: Int32Array = NO_BLOCKS
  /** Last blocks reported, newest first (RFC 2018 4). */
  #recentLeft: Int32Array = NO_BLOCKS
  #recentCount = 0

  /** Dynamic right-sizing: bytes read since `#roundAt`, and the highest of a round. */
  #roundAt = 0
  #roundConsumed = 0
  #space: number
  roundTripMs = 0
  #rttSequence = 0
  #rttAt = -1

  constructor(connection: Connection, initialSequence: number) {
    this.#connection = connection
    const options = connection.options
    this.bufferBytes = options.initialReceiveBufferBytes
    this.#space = Math.min(options.initialReceiveBufferBytes, INITIAL_SPACE_BYTES)
    this.buffer = this.#makeBuffer(initialSequence)
    this.next = initialSequence
    this.advertisedRight = initialSequence
    if (connection.options.sack) {
      this.sackLeft = new Int32Array(MAX_SACK_BLOCKS)
      this.sackRight = new Int32Array(MAX_SACK_BLOCKS)
      this.#recentLeft = new Int32Array(MAX_SACK_BLOCKS)
    }
  }

  #makeBuffer(initialSequence: number): ReceiveBuffer {
    const { options, host } = this.#connection
    return new ReceiveBuffer((initialSequence + 1) | 0, host.memory, options.maxOutOfOrderPieces, host.counters)
  }

  /** The peer's SYN gave its initial sequence number. */
  begin(initialSequence: number): void {
    this.initial = initialSequence
    this.buffer = this.#makeBuffer(initialSequence)
    this.next = (initialSequence + 1) | 0
    this.advertisedRight = this.next
  }

  /** RCV.WND as the peer knows it. */
  get window(): number {
    return (this.advertisedRight - this.next) | 0
  }

  /** The window that is kept however much all connections hold: two segments, so that who reads gets on and acknowledges as ever. */
  get #guaranteedBytes(): number {
    return 2 * this.#connection.receiveMss
  }

  /** Bytes in order that there is memory for. */
  get memoryRoom(): number {
    return Math.max(this.#connection.host.memory.room, this.#guaranteedBytes - this.buffer.readable)
  }

  /** The same for bytes from `sequence` on. */
  memoryRoomAt(sequence: number): number {
    const ahead = (sequence - this.next) | 0
    if (ahead === 0) return this.memoryRoom
    return Math.max(this.#connection.host.memory.outOfOrderRoom, this.#guaranteedBytes - this.buffer.readable - ahead)
  }

  /** The buffer that windows tell of. When the memory of all is full they do not promise what would be refused. */
  get #offeredBytes(): number {
    if (this.#connection.host.memory.room > 0) return this.bufferBytes
    return Math.min(this.bufferBytes, this.#guaranteedBytes)
  }

  /** Sequence number behind the last byte that the buffer has room for. */
  #limit(): number {
    return (this.next - this.buffer.readable + this.#offeredBytes) | 0
  }

  /** The window field to send, scaled, and the promise that goes with it. As long as nobody reads it stays 0 (RFC9293:MAY-8). */
  advertise(_now: number): number {
    const shift = this.windowShift
    let right = this.#limit()
    const gain = (right - this.advertisedRight) | 0
    // RFC9293:MUST-39, RFC 9293 3.8.6.2.2: the edge moves only by min(RCV.BUFF / 2, MSS) or more.
    const mss = this.#connection.receiveMss
    if (gain < 0 || (gain < mss && gain < this.#offeredBytes >> 1)) right = this.advertisedRight
    let window = (right - this.next) | 0
    if (window < 0) window = 0
    let field = window >> shift
    // Rounding down must not take back what was promised (RFC 7323 2.4; RFC9293:SHLD-14).
    if (seqBefore((this.next + (field << shift)) | 0, this.advertisedRight))
      field = (((this.advertisedRight - this.next) | 0) + (1 << shift) - 1) >> shift
    if (field > 0xffff) field = 0xffff
    this.advertisedRight = seqMax(this.advertisedRight, (this.next + (field << shift)) | 0)
    return field
  }

  /** The window of a SYN is never scaled (RFC 7323 2.2). */
  advertiseUnscaled(): number {
    const field = Math.min(this.bufferBytes, 0xffff)
    this.advertisedRight = (this.next + field) | 0
    return field
  }

  /** The window that our SYN offered, now that the peer's sequence numbers are known. */
  advertiseScaled(): void {
    this.advertisedRight = (this.next + Math.min(this.bufferBytes, 0xffff)) | 0
  }

  /** Any segment with ACK takes along what was waiting to be acknowledged. */
  onAckSent(): void {
    this.unackedBytes = 0
    this.ackNow = false
    this.#duplicateWaiting = false
    if (this.quickAcks > 0) this.quickAcks--
    this.#connection.timers.cancelDelayedAck()
    this.#connection.lastAckSent = this.next
  }

  /** The user has read `count` bytes: tunes, and tells the peer of a window that has opened enough. */
  onConsumed(count: number, now: number): void {
    this.buffer.consume(count)
    this.onTaken(count, now)
  }

  /** The same for bytes that have left the buffer. */
  onTaken(count: number, now: number): void {
    this.consumedBytes += count
    this.#roundConsumed += count
    if (now - this.#roundAt >= this.roundTripMs && this.roundTripMs > 0) this.#tune(now)
    const connection = this.#connection
    if (this.finReceived || !connection.receivesText) return
    const known = this.window
    const offered = (this.#limit() - this.next) | 0
    const gain = (this.#limit() - this.advertisedRight) | 0
    // RFC 9293 3.8.6.2.2; told only when it at least doubles what the peer knows: ACKs of data carry the rest.
    if (gain >= Math.min(this.#offeredBytes >> 1, 2 * connection.receiveMss) && offered >= 2 * known) {
      connection.sendAck(now, 'window update', 'RFC 9293 3.8.6.2.2')
    }
  }

  /** The connection has ended: what is unread stays for who reads. */
  onTerminated(): void {
    const { accepted, abandoned } = this.#connection
    if (accepted && !abandoned) this.buffer.dropPieces()
    else this.buffer.clear()
  }

  /**
   * Dynamic right-sizing, as Linux: twice what was read within a round trip must fit, and more while the sender still grows; not
   * while all connections together hold much.
   */
  #tune(now: number): void {
    const isHeld = this.#connection.host.memory.isUnderPressure
    const copied = isHeld ? 0 : this.#roundConsumed
    const max = this.#connection.options.receiveBufferBytes
    if (copied > this.#space && this.bufferBytes < max) {
      const wanted = 2 * copied + 16 * this.#connection.receiveMss
      const growth = Math.floor((wanted * (copied - this.#space)) / this.#space)
      this.bufferBytes = Math.max(this.bufferBytes, Math.min(wanted + 2 * growth, max))
    }
    if (copied > this.#space) this.#space = copied
    this.#roundConsumed = 0
    this.#roundAt = now
  }

  /** Round-trip time as the receiver sees it: from the timestamp echoed on data, or one window's time. */
  sampleRoundTrip(segment: Segment, now: number): void {
    const connection = this.#connection
    if (connection.timestampsOn && segment.timestampEcho !== 0) {
      const rtt = (connection.timestampNow(now) - segment.timestampEcho) | 0
      if (rtt >= 0) this.#takeRoundTrip(Math.max(rtt, 1))
    } else if (this.#rttAt < 0) {
      this.#rttAt = now
      this.#rttSequence = this.advertisedRight
    } else if (!seqBefore(this.next, this.#rttSequence)) {
      this.#takeRoundTrip(Math.max(now - this.#rttAt, 1))
      this.#rttAt = -1
    }
  }

  #takeRoundTrip(rtt: number): void {
    if (this.roundTripMs === 0) this.roundTripMs = rtt
    else this.roundTripMs = rtt < this.roundTripMs ? rtt : this.roundTripMs + (rtt - this.roundTripMs) / 8
  }

  /** Called for text that lay in order: when to acknowledge. RFC9293:SHLD-18, SHLD-19 */
  scheduleAck(bytes: number, now: number): void {
    this.unackedBytes += bytes
    if (bytes > this.largestSegment) this.largestSegment = Math.min(bytes, this.#connection.receiveMss)
    const delay = this.#connection.options.delayedAckMs
    if (
      this.unackedBytes >= 2 * this.largestSegment ||
      this.quickAcks > 0 ||
      delay === 0 ||
      this.buffer.pieceCount > 0
    ) {
      this.ackNow = true
    } else if (this.#connection.timers.delayedAckAt === Number.POSITIVE_INFINITY) {
      this.#connection.timers.setDelayedAck(now + delay)
    }
  }

  /** RFC 2883 4: this was received before. */
  reportDuplicate(left: number, right: number): void {
    this.#duplicateLeft = left
    this.#duplicateRight = right
    this.#duplicateWaiting = true
  }

  /** True when the next ACK has a SACK option. */
  get sackWaiting(): boolean {
    return this.buffer.pieceCount > 0 || this.#duplicateWaiting
  }

  /** Puts at most `max` blocks into sackLeft and sackRight: the duplicate, the newest piece, then those reported before (RFC 2018 4, RFC 2883 4). */
  collectSackBlocks(max: number): number {
    let count = 0
    if (max <= 0) return 0
    if (this.#duplicateWaiting) {
      this.sackLeft[0] = this.#duplicateLeft
      this.sackRight[0] = this.#duplicateRight
      count = 1
    }
    const buffer = this.buffer
    if (buffer.pieceCount === 0) return count
    const firstPiece = count
    count = this.#addBlock(buffer.latestLeft, count, max)
    for (let i = 0; i < this.#recentCount && count < max; i++) count = this.#addBlock(this.#recentLeft[i]!, count, max)
    for (let i = 0; i < buffer.pieceCount && count < max; i++) count = this.#addBlock(buffer.leftOf(i), count, max)
    this.#recentCount = count - firstPiece
    for (let i = firstPiece; i < count; i++) this.#recentLeft[i - firstPiece] = this.sackLeft[i]!
    return count
  }

  /** Adds the piece that now holds `sequence`, unless it is there already or was delivered meanwhile. */
  #addBlock(sequence: number, count: number, max: number): number {
    if (count >= max) return count
    const buffer = this.buffer
    for (let i = 0; i < buffer.pieceCount; i++) {
      const left = buffer.leftOf(i)
      if (seqAfter(left, sequence)) return count
      if (!seqBefore(sequence, buffer.rightOf(i))) continue
      for (let j = this.#duplicateWaiting ? 1 : 0; j < count; j++) if (this.sackLeft[j] === left) return count
      this.sackLeft[count] = left
      this.sackRight[count] = buffer.rightOf(i)
      return count + 1
    }
    return count
  }

  /** True when the urgent pointer lies behind what the user has read. */
  get urgentPosition(): number {
    if (!this.urgentValid) return -1
    const ahead = (this.urgentEnd - ((this.next - this.buffer.readable - (this.finReceived ? 1 : 0)) | 0)) | 0
    return ahead > 0 ? this.consumedBytes + ahead : -1
  }

  /** True when the FIN is in order now. */
  finInOrder(): boolean {
    return this.finSeen && !this.finReceived && seqAtMost(this.finSequence, this.next)
  }
}

const NO_BLOCKS = new Int32Array(0)
