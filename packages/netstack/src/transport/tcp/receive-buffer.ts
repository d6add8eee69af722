import type { Frame } from '../../link/frame.ts'
import type { BufferMemory } from './buffer-memory.ts'
import { ByteBlocks } from './byte-blocks.ts'
import { KeptFrames } from './kept-frames.ts'
import { seqAfter, seqAtMost, seqBefore } from './sequence.ts'
import type { TcpCounters } from './types.ts'

/** Payloads from this size on stay in their frames: half of a frame, so that what is kept takes at most twice its size of memory. */
const KEPT_PAYLOAD_BYTES = 32_768

/**
 * Bytes received and not yet read. What arrives out of order is put in its final place at once; a sorted list of pieces says which places are filled.
 * Large payloads in order stay in their frames; all else is in blocks, and each frame knows behind which byte of those it comes.
 */
export class ReceiveBuffer {
  readonly #blocks: ByteBlocks = new ByteBlocks()
  /** Made when it is needed. */
  #kept: KeptFrames | undefined
  /** Offset in the blocks of the byte that follows those in order; what is out of order lies behind it at its distance from `next`. int32. */
  #blocksNext = 0
  /** Readable bytes in the blocks. */
  #inBlocks = 0
  /** RCV.NXT without FIN: sequence number behind the last byte in order. */
  next: number
  /** Bytes readable. */
  readable = 0
  /** Pieces behind `next`, sorted, none touching another. */
  pieceCount = 0
  #left: Int32Array = NONE
  #right: Int32Array = NONE
  /** Index into the pieces of the one that arrived last, for SACK's first block (RFC 2018 4); -1 unknown. */
  latestLeft = 0
  latestRight = 0

  readonly #memory: BufferMemory
  readonly #maxPieces: number
  readonly #counters: Pick<TcpCounters, 'outOfOrderDropped'>

  /**
   * @param first sequence number of the first byte of the stream
   * @param memory where what is kept counts
   * @param maxPieces most separate pieces kept out of order
   */
  constructor(
    first: number,
    memory: BufferMemory,
    maxPieces: number,
    counters: Pick<TcpCounters, 'outOfOrderDropped'>,
  ) {
    this.next = first
    this.#memory = memory
    this.#maxPieces = maxPieces
    this.#counters = counters
  }

  leftOf(piece: number): number {
    return this.#left[piece]!
  }

  rightOf(piece: number): number {
    return this.#right[piece]!
  }

  /**
   * In order and nothing waits: the fast way. `bytes[start..end)` begins at `next`.
   * @param frame the one that they lie in, when it may be kept
   */
  append(bytes: Uint8Array, start: number, end: number, frame?: Frame): void {
    const count = end - start
    if (count >= KEPT_PAYLOAD_BYTES && frame !== undefined) {
      this.#kept ??= new KeptFrames()
      this.#kept.push(frame, start, end, this.#blocksNext)
    } else {
      this.#blocks.write(this.#first, this.#blocksNext, bytes, start, end)
      this.#blocksNext = (this.#blocksNext + count) | 0
      this.#inBlocks += count
    }
    this.next = (this.next + count) | 0
    this.readable += count
    this.#memory.held += count
  }

  /** Offset in the blocks of the first readable byte there. */
  get #first(): number {
    return (this.#blocksNext - this.#inBlocks) | 0
  }

  /**
   * Puts bytes that lie within the window in their place. Returns true when `next` has moved (there is more to read).
   * What is already there is not written again: first come stays (a later, different copy is an attack or a fault).
   */
  insert(sequence: number, bytes: Uint8Array, start: number, end: number, frame?: Frame): boolean {
    const right = (sequence + (end - start)) | 0
    if (this.pieceCount === 0 && sequence === this.next) {
      this.append(bytes, start, end, frame)
      return true
    }
    const slot = this.#place(sequence, right)
    if (slot < 0) {
      this.#counters.outOfOrderDropped++
      return false
    }
    this.#writeGaps(sequence, right, bytes, start)
    this.#merge(sequence, right)
    if (this.#left[0] !== this.next) return false
    const gained = (this.#right[0]! - this.next) | 0
    this.next = this.#right[0]!
    this.readable += gained
    this.#blocksNext = (this.#blocksNext + gained) | 0
    this.#inBlocks += gained
    this.#removePieces(0, 1)
    return true
  }

  /** Whether one more piece may begin there; -1 when there are too many. */
  #place(left: number, right: number): number {
    if (this.pieceCount < this.#maxPieces || left === this.next) return 0
    for (let i = 0; i < this.pieceCount; i++) {
      if (seqAtMost(this.#left[i]!, right) && seqAtMost(left, this.#right[i]!)) return 0
    }
    return -1
  }

  /** Writes the parts of [sequence, right) that no piece holds yet. */
  #writeGaps(sequence: number, right: number, bytes: Uint8Array, start: number): void {
    let at = sequence
    for (let i = 0; i < this.pieceCount && seqBefore(at, right); i++) {
      if (seqAtMost(this.#right[i]!, at)) continue
      if (!seqBefore(this.#left[i]!, right)) break
      if (seqBefore(at, this.#left[i]!)) this.#writePart(at, this.#left[i]!, sequence, bytes, start)
      at = this.#right[i]!
    }
    if (seqBefore(at, right)) this.#writePart(at, right, sequence, bytes, start)
  }

  #writePart(from: number, to: number, sequence: number, bytes: Uint8Array, start: number): void {
    const at = (this.#blocksNext + ((from - this.next) | 0)) | 0
    this.#memory.held += (to - from) | 0
    this.#blocks.write(this.#first, at, bytes, start + ((from - sequence) | 0), start + ((to - sequence) | 0))
  }

  #merge(left: number, right: number): void {
    let first = 0
    while (first < this.pieceCount && seqBefore(this.#right[first]!, left)) first++
    let last = first
    while (last < this.pieceCount && seqAtMost(this.#left[last]!, right)) {
      if (seqBefore(this.#left[last]!, left)) left = this.#left[last]!
      if (seqAfter(this.#right[last]!, right)) right = this.#right[last]!
      last++
    }
    if (last === first) this.#insertPiece(first)
    else this.#removePieces(first + 1, last)
    this.#left[first] = left
    this.#right[first] = right
    this.latestLeft = left
    this.latestRight = right
  }

  #insertPiece(at: number): void {
    if (this.pieceCount === this.#left.length) {
      const size = Math.max(8, this.pieceCount * 2)
      const left = new Int32Array(size)
      const right = new Int32Array(size)
      left.set(this.#left)
      right.set(this.#right)
      this.#left = left
      this.#right = right
    }
    this.#left.copyWithin(at + 1, at, this.pieceCount)
    this.#right.copyWithin(at + 1, at, this.pieceCount)
    this.pieceCount++
  }

  #removePieces(from: number, to: number): void {
    if (to <= from) return
    this.#left.copyWithin(from, to, this.pieceCount)
    this.#right.copyWithin(from, to, this.pieceCount)
    this.pieceCount -= to - from
  }

  /** Bytes in the blocks that come before the first frame. */
  get #ahead(): number {
    const frame = this.#kept?.first
    return frame === undefined ? this.#inBlocks : (frame.position - this.#first) | 0
  }

  /** Copies readable bytes out, without freeing them. Returns the number. */
  copyOut(target: Uint8Array): number {
    const count = Math.min(target.length, this.readable)
    let at = this.#first
    let done = 0
    for (let frame = this.#kept?.first; done < count; frame = frame?.next) {
      const run = Math.min(count - done, frame === undefined ? count : (frame.position - at) | 0)
      if (run > 0) this.#blocks.read(at, run, target, done)
      at = (at + run) | 0
      done += run
      if (frame === undefined) break
      const end = Math.min(frame.end, frame.start + count - done)
      target.set(frame.bytes.subarray(frame.start, end), done)
      done += end - frame.start
    }
    return count
  }

  /** A view of the first readable bytes in one piece. */
  view(): Uint8Array {
    const ahead = this.#ahead
    const frame = this.#kept?.first
    if (ahead > 0 || frame === undefined) return this.#blocks.view(this.#first, ahead)
    return frame.bytes.subarray(frame.start, frame.end)
  }

  /** Frees the first `count` readable bytes. */
  consume(count: number): void {
    this.readable -= count
    this.#memory.held -= count
    while (count > 0) {
      const run = Math.min(count, this.#ahead)
      this.#inBlocks -= run
      count -= run
      if (count > 0) count -= this.#kept!.consume(count)
    }
    this.#freeBlocks()
  }

  #freeBlocks(): void {
    if (this.#inBlocks === 0 && this.pieceCount === 0) this.#blocks.clear()
    else this.#blocks.release(this.#first)
  }

  /**
   * The first readable bytes in memory that is the caller's for good: that of the frame they came in, or else made by `memory` and
   * copied into. At most `most`, where they are copied. There must be some.
   */
  take<Memory extends Uint8Array>(most: number, memory: (bytes: number) => Memory): Memory | Uint8Array<ArrayBuffer> {
    const ahead = this.#ahead
    if (ahead === 0) {
      const bytes = this.#kept!.take()
      this.readable -= bytes.length
      this.#memory.held -= bytes.length
      return bytes
    }
    const bytes = memory(Math.min(most, ahead))
    this.copyOut(bytes)
    this.consume(bytes.length)
    return bytes
  }

  /** Forgets what waits out of order: what is missing before it will not come any more. */
  dropPieces(): void {
    if (this.pieceCount === 0) return
    for (let i = 0; i < this.pieceCount; i++) this.#memory.held -= (this.#right[i]! - this.#left[i]!) | 0
    this.pieceCount = 0
    this.#freeBlocks()
  }

  /** Forgets everything unread, and what waits out of order. */
  clear(): void {
    this.dropPieces()
    this.#memory.held -= this.readable
    this.readable = 0
    this.#inBlocks = 0
    this.#kept?.clear()
    this.#blocks.clear()
  }
}

const NONE = new Int32Array(0)
