/**
 * What is in flight: one record for each segment sent and not yet cumulatively acknowledged, in sequence order, as RFC 6675 (SACK scoreboard) and
 * RFC 8985 (transmission times) want it. Parallel typed arrays used as a ring, so that sending and acknowledging allocate nothing.
 */
import { seqAfter, seqAtMost, seqBefore } from './sequence.ts'

/** The receiver holds it (RFC 2018). */
export const SACKED = 1
/** Deemed lost; stays set until it is delivered. */
export const LOST = 2
/** Sent again, and that retransmission is not deemed lost. */
export const RETRANSMITTING = 4
/** Was sent more than once: its acknowledgment is ambiguous (Karn). */
export const EVER_RETRANSMITTED = 8
/** Its last sequence number is the FIN. */
export const HAS_FIN = 16

const INITIAL_RECORDS = 16
/** No neighbour. */
export const NONE = -1

/** See the head of this file. Records are named by index; the first is `head`, the one behind the last `tail`; indexes are never reused within a flight. */
export class Scoreboard {
  head = 0
  tail = 0
  #mask = -1
  #start: Int32Array = new Int32Array(0)
  #end: Int32Array = this.#start
  #sent: Float64Array = new Float64Array(0)
  #order: Int32Array = this.#start
  /** Neighbours in the list by transmission, as indexes; NONE at the ends. */
  #later: Int32Array = this.#start
  #earlier: Int32Array = this.#start
  #oldest: number = NONE
  #newest: number = NONE
  #flags: Uint8Array = new Uint8Array(0)
  /** Transmissions so far: the order of sending, which time alone does not tell where many segments leave in one instant. */
  #transmissions = 0
  /** Sequence space of the flight by kind, for RFC 6675's pipe. */
  outBytes = 0
  sackedBytes = 0
  lostBytes = 0
  retransmittingBytes = 0
  sackedCount = 0
  /** Right edge of the highest record that was SACKed; meaningful while sackedCount > 0. */
  highestSacked = 0
  /** Index behind the last record that has ever had a flag. */
  #plainFrom = 0
  /** No lost record that waits for retransmission lies below this index. */
  retransmitHint = 0

  get count(): number {
    return this.tail - this.head
  }

  /** RFC 6675 4 SetPipe, in bytes. */
  get pipe(): number {
    return this.outBytes - this.sackedBytes - this.lostBytes + this.retransmittingBytes
  }

  startOf(index: number): number {
    return this.#start[index & this.#mask]!
  }

  endOf(index: number): number {
    return this.#end[index & this.#mask]!
  }

  sentAt(index: number): number {
    return this.#sent[index & this.#mask]!
  }

  /** Place of its last transmission among all of this connection. */
  orderOf(index: number): number {
    return this.#order[index & this.#mask]!
  }

  flagsOf(index: number): number {
    return this.#flags[index & this.#mask]!
  }

  /** The record that was sent longest ago of those in flight (neither SACKed nor deemed lost), NONE for none. */
  get oldestInFlight(): number {
    return this.#oldest
  }

  /** The one sent after it. */
  laterInFlight(index: number): number {
    return this.#later[index & this.#mask]!
  }

  #append(index: number): void {
    const at = index & this.#mask
    this.#earlier[at] = this.#newest
    this.#later[at] = NONE
    if (this.#newest === NONE) this.#oldest = index
    else this.#later[this.#newest & this.#mask] = index
    this.#newest = index
  }

  #unlink(index: number): void {
    const at = index & this.#mask
    const earlier = this.#earlier[at]!
    const later = this.#later[at]!
    if (earlier === NONE) this.#oldest = later
    else this.#later[earlier & this.#mask] = later
    if (later === NONE) this.#newest = earlier
    else this.#earlier[later & this.#mask] = earlier
  }

  /** Makes the list anew from the flags: after marks were taken back. */
  #relink(): void {
    this.#oldest = this.#newest = NONE
    const indexes: number[] = []
    for (let index = this.head; index < this.tail; index++) if (inFlight(this.flagsOf(index))) indexes.push(index)
    indexes.sort((a, b) => (this.orderOf(a) - this.orderOf(b)) | 0)
    for (const index of indexes) this.#append(index)
  }

  /** Every record was sent once, and in order; none is SACKed, deemed lost, or ends with the FIN. */
  get isPlain(): boolean {
    return this.head >= this.#plainFrom
  }

  #flag(index: number, flags: number): void {
    this.#flags[index & this.#mask] = flags
    if (index >= this.#plainFrom) this.#plainFrom = index + 1
  }

  /** Adds what was just sent for the first time. */
  push(start: number, end: number, now: number, flags: number): void {
    if (this.tail - this.head > this.#mask) this.#grow()
    if (flags !== 0) this.#plainFrom = this.tail + 1
    this.#append(this.tail)
    const at = this.tail++ & this.#mask
    this.#start[at] = start
    this.#end[at] = end
    this.#sent[at] = now
    this.#order[at] = this.#transmissions = (this.#transmissions + 1) | 0
    this.#flags[at] = flags
    this.outBytes += (end - start) | 0
  }

  /** Takes back the last record: it was a window probe whose byte the receiver did not take. */
  popLast(): void {
    const at = --this.tail & this.#mask
    if (inFlight(this.#flags[at]!)) this.#unlink(this.tail)
    const length = (this.#end[at]! - this.#start[at]!) | 0
    this.#drop(length, this.#flags[at]!)
  }

  /** Adds what was just sent as one super-segment: records of `size` bytes each; the last one is what is left, has the flags, and a FIN besides. */
  pushRun(start: number, end: number, size: number, now: number, flags: number): void {
    const textEnd = (flags & HAS_FIN) === 0 ? end : (end - 1) | 0
    while (((textEnd - start) | 0) > size) {
      const next = (start + size) | 0
      this.push(start, next, now, 0)
      start = next
    }
    this.push(start, end, now, flags)
  }

  /** Removes the records before `index`, of which there are some and which all are plain: they were acknowledged. */
  shiftTo(index: number): void {
    this.outBytes -= (this.#end[(index - 1) & this.#mask]! - this.#start[this.head & this.#mask]!) | 0
    this.head = index
    if (index === this.tail) this.#oldest = this.#newest = NONE
    else {
      this.#oldest = index
      this.#earlier[index & this.#mask] = NONE
    }
    if (this.retransmitHint < index) this.retransmitHint = index
  }

  /** Removes the first record: it was acknowledged. */
  shift(): void {
    const at = this.head & this.#mask
    if (inFlight(this.#flags[at]!)) this.#unlink(this.head)
    this.head++
    this.#drop((this.#end[at]! - this.#start[at]!) | 0, this.#flags[at]!)
    if (this.retransmitHint < this.head) this.retransmitHint = this.head
  }

  #drop(length: number, flags: number): void {
    this.outBytes -= length
    if (flags === 0) return
    if ((flags & SACKED) !== 0) {
      this.sackedBytes -= length
      this.sackedCount--
    }
    if ((flags & LOST) !== 0) this.lostBytes -= length
    if ((flags & RETRANSMITTING) !== 0) this.retransmittingBytes -= length
  }

  /** Cuts the first record down to what lies at and behind `sequence`: a part of it was acknowledged. Returns the bytes cut. */
  trimHead(sequence: number): number {
    const at = this.head & this.#mask
    const length = (sequence - this.#start[at]!) | 0
    this.#start[at] = sequence
    const flags = this.#flags[at]!
    this.outBytes -= length
    if ((flags & SACKED) !== 0) this.sackedBytes -= length
    if ((flags & LOST) !== 0) this.lostBytes -= length
    if ((flags & RETRANSMITTING) !== 0) this.retransmittingBytes -= length
    return length
  }

  /** Index of the first record that ends behind `sequence`; `tail` when there is none. */
  find(sequence: number): number {
    let low = this.head
    let high = this.tail
    while (low < high) {
      const middle = (low + high) >> 1
      if (seqAtMost(this.#end[middle & this.#mask]!, sequence)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The receiver says that it holds this record. */
  markSacked(index: number): void {
    const at = index & this.#mask
    const length = (this.#end[at]! - this.#start[at]!) | 0
    const flags = this.#flags[at]!
    if (inFlight(flags)) this.#unlink(index)
    if ((flags & LOST) !== 0) this.lostBytes -= length
    if ((flags & RETRANSMITTING) !== 0) this.retransmittingBytes -= length
    this.#flag(index, (flags & ~(LOST | RETRANSMITTING)) | SACKED)
    if (this.sackedCount === 0 || seqAfter(this.#end[at]!, this.highestSacked)) this.highestSacked = this.#end[at]!
    this.sackedBytes += length
    this.sackedCount++
  }

  /** Deems it lost, or, when it is being sent again, that retransmission. */
  markLost(index: number): void {
    const at = index & this.#mask
    const length = (this.#end[at]! - this.#start[at]!) | 0
    const flags = this.#flags[at]!
    if (inFlight(flags)) this.#unlink(index)
    if ((flags & RETRANSMITTING) !== 0) this.retransmittingBytes -= length
    if ((flags & LOST) === 0) this.lostBytes += length
    this.#flag(index, (flags & ~RETRANSMITTING) | LOST)
    if (index < this.retransmitHint) this.retransmitHint = index
  }

  /** Deems lost what is larger than `size` bytes and not SACKed. */
  markLostAbove(size: number): void {
    for (let index = this.head; index < this.tail; index++) {
      const at = index & this.#mask
      if ((this.#flags[at]! & SACKED) === 0 && ((this.#end[at]! - this.#start[at]!) | 0) > size) this.markLost(index)
    }
  }

  /** It was sent again just now. */
  markRetransmitted(index: number, now: number): void {
    const at = index & this.#mask
    const flags = this.#flags[at]!
    if (inFlight(flags)) this.#unlink(index)
    if ((flags & SACKED) === 0) this.#append(index)
    if ((flags & RETRANSMITTING) === 0 && (flags & LOST) !== 0) {
      this.retransmittingBytes += (this.#end[at]! - this.#start[at]!) | 0
      this.#flag(index, flags | RETRANSMITTING | EVER_RETRANSMITTED)
    } else {
      this.#flag(index, flags | EVER_RETRANSMITTED)
    }
    this.#sent[at] = now
    this.#order[at] = this.#transmissions = (this.#transmissions + 1) | 0
  }

  /** The next lost record that has not been sent again, or -1. */
  nextLost(): number {
    if (this.lostBytes === this.retransmittingBytes) return -1
    for (let index = Math.max(this.retransmitHint, this.head); index < this.tail; index++) {
      if ((this.#flags[index & this.#mask]! & (LOST | RETRANSMITTING)) === LOST) {
        this.retransmitHint = index
        return index
      }
    }
    this.retransmitHint = this.tail
    return -1
  }

  /** Forgets all marks of loss: the reduction was unfounded. */
  clearLost(): void {
    for (let index = this.head; index < this.tail; index++) {
      const at = index & this.#mask
      this.#flags[at] = this.#flags[at]! & ~(LOST | RETRANSMITTING)
    }
    this.lostBytes = 0
    this.retransmittingBytes = 0
    this.retransmitHint = this.head
    this.#relink()
  }

  /** Forgets what was SACKed: the receiver went back on it (RFC 2018 8). */
  clearSacked(): void {
    for (let index = this.head; index < this.tail; index++) {
      const at = index & this.#mask
      this.#flags[at] = this.#flags[at]! & ~SACKED
    }
    this.sackedBytes = 0
    this.sackedCount = 0
    this.#relink()
  }

  /** True when `sequence` lies in a hole or record below what is SACKed. */
  belowHighestSacked(sequence: number): boolean {
    return this.sackedCount > 0 && seqBefore(sequence, this.highestSacked)
  }

  /** Empties it and gives large arrays back. */
  clear(): void {
    this.head = this.tail = this.retransmitHint = this.#plainFrom = 0
    this.outBytes = this.sackedBytes = this.lostBytes = this.retransmittingBytes = this.sackedCount = 0
    this.#mask = -1
    this.#start = this.#end = this.#order = this.#later = this.#earlier = NO_RECORDS
    this.#oldest = this.#newest = NONE
    this.#sent = NO_TIMES
    this.#flags = NO_FLAGS
  }

  #grow(): void {
    const size = this.#mask < 0 ? INITIAL_RECORDS : (this.#mask + 1) * 2
    const mask = size - 1
    const start = new Int32Array(size)
    const end = new Int32Array(size)
    const sent = new Float64Array(size)
    const order = new Int32Array(size)
    const later = new Int32Array(size)
    const earlier = new Int32Array(size)
    const flags = new Uint8Array(size)
    for (let index = this.head; index < this.tail; index++) {
      const from = index & this.#mask
      const to = index & mask
      start[to] = this.#start[from]!
      end[to] = this.#end[from]!
      sent[to] = this.#sent[from]!
      order[to] = this.#order[from]!
      later[to] = this.#later[from]!
      earlier[to] = this.#earlier[from]!
      flags[to] = this.#flags[from]!
    }
    this.#start = start
    this.#end = end
    this.#sent = sent
    this.#order = order
    this.#later = later
    this.#earlier = earlier
    this.#flags = flags
    this.#mask = mask
  }
}

/** Neither SACKed, nor deemed lost without being on its way again. */
function inFlight(flags: number): boolean {
  return (flags & SACKED) === 0 && (flags & (LOST | RETRANSMITTING)) !== LOST
}

const NO_RECORDS = new Int32Array(0)
const NO_TIMES = new Float64Array(0)
const NO_FLAGS = new Uint8Array(0)
