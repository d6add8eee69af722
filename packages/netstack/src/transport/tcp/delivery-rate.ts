/**
 * How fast the path delivers: draft-cheng-iccrg-delivery-rate-estimation-00 (draft-ietf-ccwg-bbr section 4.1.1). Made only for a congestion control that
 * asks for it. What a segment has to remember stands in arrays beside the scoreboard's, under the same indexes.
 */
import type { Scoreboard } from './scoreboard.ts'

const INITIAL_RECORDS = 16
/** Differences of times in floating point; less than this is nothing. */
const EPSILON_MS = 0.0005

/** What one ACK tells; valid during `onRateSample`. Times in milliseconds. */
export interface RateSample {
  /** Bytes delivered over `intervalMs`; the interval is 0 where the ACK tells no rate. */
  readonly deliveredBytes: number
  readonly intervalMs: number
  /** The application, and not the path, was the limit when the segment was sent. */
  readonly applicationLimited: boolean
  /** Bytes delivered in all, now and when the latest segment that this ACK delivers was sent (-1: it delivers none): rounds are counted by them. */
  readonly totalBytes: number
  readonly priorBytes: number
  /** Newly delivered, newly deemed lost, and in flight after that. */
  readonly acknowledgedBytes: number
  readonly lostBytes: number
  readonly inFlightBytes: number
  /** -1: the ACK measured none. */
  readonly rttMs: number
  /** Loss recovery is under way; and after a timeout. */
  readonly recovering: boolean
}

export class DeliveryRate implements RateSample {
  deliveredBytes = 0
  intervalMs = 0
  applicationLimited = false
  totalBytes = 0
  priorBytes = -1
  acknowledgedBytes = 0
  lostBytes = 0
  inFlightBytes = 0
  rttMs = -1
  recovering = false

  /** C.delivered_time, C.first_sent_time, C.app_limited of the draft's 3.1. */
  #deliveredAt = 0
  #firstSentAt = 0
  #limitedUntil = 0
  /** rs.prior_time, rs.send_elapsed; the order of transmission of the segment that they are of. */
  #priorAt = 0
  #sendElapsed = 0
  #latestOrder = 0
  #rttSamples = 0
  #mask = -1
  #priorTotal: Float64Array = NOTHING
  #priorDeliveredAt: Float64Array = NOTHING
  #priorFirstSentAt: Float64Array = NOTHING
  #wasLimited: Uint8Array = new Uint8Array(0)

  /** The application has nothing more to send, or the control holds it back: what is measured until the flight has arrived is less than the path's rate. */
  markLimited(inFlightBytes: number): void {
    this.#limitedUntil = this.totalBytes + inFlightBytes || 1
  }

  /** 3.2: a record of the scoreboard was sent, for the first or another time. */
  onSent(board: Scoreboard, index: number, now: number): void {
    if (board.count > this.#mask) this.#grow(board, index)
    if (board.count === 1 && index === board.head) this.#firstSentAt = this.#deliveredAt = now
    const at = index & this.#mask
    this.#priorTotal[at] = this.totalBytes
    this.#priorDeliveredAt[at] = this.#deliveredAt
    this.#priorFirstSentAt[at] = this.#firstSentAt
    this.#wasLimited[at] = this.#limitedUntil > 0 ? 1 : 0
  }

  /** 3.3, UpdateRateSample: a record has arrived. Of several, the one sent last counts. */
  onDelivered(board: Scoreboard, index: number): void {
    const order = board.orderOf(index)
    if (this.priorBytes >= 0 && ((order - this.#latestOrder) | 0) < 0) return
    const at = index & this.#mask
    const sentAt = board.sentAt(index)
    this.#latestOrder = order
    this.priorBytes = this.#priorTotal[at]!
    this.#priorAt = this.#priorDeliveredAt[at]!
    this.applicationLimited = this.#wasLimited[at] === 1
    this.#sendElapsed = sentAt - this.#priorFirstSentAt[at]!
    this.#firstSentAt = sentAt
  }

  /** 3.3, GenerateRateSample: the ACK has been processed. `rttSamples` counts the measurements so far, of which `latestRttMs` is the last. */
  finish(
    acknowledgedBytes: number,
    lostBytes: number,
    inFlightBytes: number,
    recovering: boolean,
    rtt: { readonly latest: number; readonly min: number; readonly samples: number },
    now: number,
  ): this {
    this.acknowledgedBytes = acknowledgedBytes
    this.lostBytes = lostBytes
    this.inFlightBytes = inFlightBytes
    this.recovering = recovering
    this.rttMs = rtt.samples === this.#rttSamples ? -1 : rtt.latest
    this.#rttSamples = rtt.samples
    this.totalBytes += acknowledgedBytes
    this.deliveredBytes = this.intervalMs = 0
    if (this.#limitedUntil > 0 && this.totalBytes > this.#limitedUntil) this.#limitedUntil = 0
    if (acknowledgedBytes === 0) return this
    this.#deliveredAt = now
    if (this.priorBytes < 0) return this
    // The slower of the rates of sending and of acknowledgment: neither compressed ACKs nor a burst can make it too high.
    const interval = Math.max(this.#sendElapsed, now - this.#priorAt)
    if (interval < rtt.min - EPSILON_MS || interval <= 0) return this
    this.intervalMs = interval
    this.deliveredBytes = this.totalBytes - this.priorBytes
    return this
  }

  /** The sample has been used. */
  reset(): void {
    this.priorBytes = -1
  }

  #grow(board: Scoreboard, newest: number): void {
    const size = this.#mask < 0 ? INITIAL_RECORDS : (this.#mask + 1) * 2
    const mask = size - 1
    const moved = [this.#priorTotal, this.#priorDeliveredAt, this.#priorFirstSentAt].map((from) => {
      const to = new Float64Array(size)
      for (let index = board.head; index < newest; index++) to[index & mask] = from[index & this.#mask]!
      return to
    })
    const limited = new Uint8Array(size)
    for (let index = board.head; index < newest; index++) limited[index & mask] = this.#wasLimited[index & this.#mask]!
    this.#priorTotal = moved[0]!
    this.#priorDeliveredAt = moved[1]!
    this.#priorFirstSentAt = moved[2]!
    this.#wasLimited = limited
    this.#mask = mask
  }
}

const NOTHING = new Float64Array(0)
