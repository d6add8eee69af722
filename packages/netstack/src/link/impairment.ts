import { DelayLine } from './delay-line.ts'
import { markCongestion } from './ecn.ts'
import { CHECKSUM_NONE, type Frame, type FramePool } from './frame.ts'
import { copyFrame, type FrameReceiver, type Medium } from './link.ts'
import type { SeededRandom } from './random.ts'
import type { TimerQueue } from './timer-queue.ts'

/** Loss in bursts: a channel with a good and a bad state (Gilbert 1960, Elliott 1963). All are probabilities per frame. */
export interface BurstOptions {
  /** From good to bad. */
  enter: number
  /** From bad to good: a burst lasts 1 / leave frames on average. */
  leave: number
  /** Loss while bad. Default 1. */
  lossBad?: number
  /** Loss while good. Default 0. */
  lossGood?: number
}

/** One of several routes that frames take at random. */
export interface PathOptions {
  delayMs: number
  jitterMs?: number
  /** Share of the frames, relative to the other paths. Default 1. */
  weight?: number
}

/** What one direction of a link does to frames. Probabilities are 0 to 1 per frame. */
export interface ImpairmentOptions {
  loss?: number
  burst?: BurstOptions
  duplicate?: number
  /** Probability that bits of a frame are flipped. */
  corrupt?: number
  /** Bits flipped in a corrupted frame. Default 1. */
  corruptBits?: number
  delayMs?: number
  /** Standard deviation of the delay, normally distributed, cut at three deviations and at zero; frames overtake each other unless `keepOrder`. */
  jitterMs?: number
  /** Jitter delays, but frames leave in the order in which they came. */
  keepOrder?: boolean
  /** Probability that a frame skips the delay, so that it overtakes those before it. */
  reorder?: number
  /** Several routes with delays of their own, instead of `delayMs`. */
  paths?: readonly PathOptions[]
  /** Bits a second; frames queue behind each other. */
  rateBitsPerSecond?: number
  /** Bytes that may wait when there is a rate; a frame that finds no room is dropped at the tail. Default 256 KiB. */
  queueBytes?: number
  /** From so many waiting bytes on, ECN-capable packets are marked Congestion Experienced. */
  ecnMarkBytes?: number
  /** Nothing passes. */
  partition?: boolean
  /** Frames under way at most. Default 100,000. */
  maxFrames?: number
}

/** Why frames did not come out as they went in. */
export interface ImpairmentCounters {
  passed: number
  lost: number
  lostInBurst: number
  partitioned: number
  duplicated: number
  corrupted: number
  reordered: number
  queueFull: number
  marked: number
}

/** Why a frame was lost on a link. */
export type LossReason =
  | 'random loss'
  | 'loss in a burst'
  | 'partition'
  | 'queue full'
  | 'too many frames under way'
  | 'link went down'
  | 'frame check sequence wrong'

/** Is shown a frame that is about to be lost, and must copy what it keeps. */
export type LossSink = (frame: Frame, now: number, reason: LossReason) => void

/** One direction of an impaired link. Every decision is drawn from `random`, in the order in which frames come. */
export class Impairment {
  readonly counters: ImpairmentCounters = {
    passed: 0,
    lost: 0,
    lostInBurst: 0,
    partitioned: 0,
    duplicated: 0,
    corrupted: 0,
    reordered: 0,
    queueFull: 0,
    marked: 0,
  }
  onLoss: LossSink | null = null
  #options: ImpairmentOptions
  readonly #medium: Medium
  readonly #random: SeededRandom
  readonly #pool: FramePool
  readonly #line: DelayLine
  readonly #out: FrameReceiver
  #bad = false
  #busyUntil = 0
  #lastDue = 0

  constructor(
    options: ImpairmentOptions,
    medium: Medium,
    random: SeededRandom,
    pool: FramePool,
    timers: TimerQueue,
    out: FrameReceiver,
  ) {
    this.#options = checked(options)
    this.#medium = medium
    this.#random = random
    this.#pool = pool
    this.#out = out
    this.#line = new DelayLine(timers, (frame, now) => {
      this.counters.passed++
      this.#out(frame, now)
    })
  }

  get options(): ImpairmentOptions {
    return this.#options
  }

  /** Frames under way. */
  get framesInFlight(): number {
    return this.#line.length
  }

  /** Changes some options from now on; frames under way keep their time. */
  set(changes: ImpairmentOptions): void {
    this.#options = checked({ ...this.#options, ...changes })
  }

  /** Replaces all options. */
  replace(options: ImpairmentOptions): void {
    this.#options = checked(options)
    this.#bad = false
  }

  /** Loses everything under way; each frame is shown to `onLoss` when the time is given. */
  clear(now?: number): void {
    this.counters.lost += this.#line.clear((frame) => {
      if (now === undefined) frame.release()
      else this.#lose(frame, now, 'link went down')
    })
    this.#busyUntil = 0
  }

  #lose(frame: Frame, now: number, reason: LossReason): void {
    this.onLoss?.(frame, now, reason)
    frame.release()
  }

  /** Takes the frame. */
  push(frame: Frame, now: number): void {
    const options = this.#options
    if (options.partition === true) {
      this.counters.partitioned++
      this.#lose(frame, now, 'partition')
      return
    }
    const loss = this.#drawLoss(options)
    if (loss !== null) {
      this.#lose(frame, now, loss)
      return
    }
    const copies = this.#chance(options.duplicate) ? 2 : 1
    if (copies === 2) {
      this.counters.duplicated++
      const copy = copyFrame(frame, this.#pool)
      this.#schedule(frame, now, options)
      this.#schedule(copy, now, options)
    } else {
      this.#schedule(frame, now, options)
    }
  }

  /** Draws only when there is something to decide, so that an unused fault does not shift the others. */
  #chance(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#random.next() < probability
  }

  #drawLoss(options: ImpairmentOptions): LossReason | null {
    const burst = options.burst
    if (burst !== undefined) {
      this.#bad = this.#bad ? !this.#chance(burst.leave) : this.#chance(burst.enter)
      if (this.#chance(this.#bad ? (burst.lossBad ?? 1) : (burst.lossGood ?? 0))) {
        this.counters.lostInBurst++
        return 'loss in a burst'
      }
    }
    if (!this.#chance(options.loss)) return null
    this.counters.lost++
    return 'random loss'
  }

  #schedule(frame: Frame, now: number, options: ImpairmentOptions): void {
    if (this.#line.length >= (options.maxFrames ?? 100_000)) {
      this.counters.queueFull++
      this.#lose(frame, now, 'too many frames under way')
      return
    }
    if (this.#chance(options.corrupt)) this.#corrupt(frame, options.corruptBits ?? 1)
    const departure = this.#depart(frame, now, options)
    if (departure < 0) {
      this.#lose(frame, now, 'queue full')
      return
    }
    let due = departure + this.#delay(options)
    if (options.keepOrder === true) due = Math.max(due, this.#lastDue)
    if (this.#line.length > 0 && this.#chance(options.reorder)) {
      this.counters.reordered++
      due = departure
    } else {
      this.#lastDue = due
    }
    this.#line.push(frame, due)
  }

  #corrupt(frame: Frame, bits: number): void {
    this.counters.corrupted++
    frame.checksum = CHECKSUM_NONE
    for (let flipped = 0; flipped < bits; flipped++) {
      const bit = this.#random.integer((frame.end - frame.start) * 8)
      frame.bytes[frame.start + (bit >> 3)] ^= 0x80 >> (bit & 7)
    }
  }

  /** When the last bit has left the queue, or -1 when the queue is full. */
  #depart(frame: Frame, now: number, options: ImpairmentOptions): number {
    const rate = options.rateBitsPerSecond
    if (rate === undefined) return now
    const bytes = frame.end - frame.start
    const start = Math.max(now, this.#busyUntil)
    const waitingBytes = ((start - now) * rate) / 8000
    // What finds nobody before it is sent at once, however large it is.
    if (waitingBytes > 0 && waitingBytes + bytes > (options.queueBytes ?? 262_144)) {
      this.counters.queueFull++
      return -1
    }
    if (options.ecnMarkBytes !== undefined && waitingBytes >= options.ecnMarkBytes) {
      if (markCongestion(frame, this.#medium)) this.counters.marked++
    }
    this.#busyUntil = start + (bytes * 8000) / rate
    return this.#busyUntil
  }

  #delay(options: ImpairmentOptions): number {
    const path = options.paths === undefined ? options : this.#pick(options.paths)
    const delay = path.delayMs ?? 0
    if (path.jitterMs === undefined || path.jitterMs === 0) return delay
    const deviations = Math.max(-3, Math.min(3, this.#random.normal()))
    return Math.max(0, delay + deviations * path.jitterMs)
  }

  #pick(paths: readonly PathOptions[]): PathOptions {
    let total = 0
    for (const path of paths) total += path.weight ?? 1
    let place = this.#random.next() * total
    for (const path of paths) {
      place -= path.weight ?? 1
      if (place < 0) return path
    }
    return paths[paths.length - 1]
  }
}

function checked(options: ImpairmentOptions): ImpairmentOptions {
  const { burst } = options
  const shares = {
    loss: options.loss,
    duplicate: options.duplicate,
    corrupt: options.corrupt,
    reorder: options.reorder,
  }
  const probabilities = { ...shares, ...(burst && { 'burst.enter': burst.enter, 'burst.leave': burst.leave }) }
  for (const [name, value] of Object.entries(probabilities)) {
    if (value !== undefined && !(value >= 0 && value <= 1))
      throw new RangeError(`${name} is a probability of 0 to 1, not ${value}`)
  }
  for (const name of ['delayMs', 'jitterMs', 'queueBytes', 'ecnMarkBytes', 'maxFrames', 'corruptBits'] as const) {
    const value = options[name]
    if (value !== undefined && !(value >= 0)) throw new RangeError(`${name} is not negative, as ${value} is`)
  }
  const rate = options.rateBitsPerSecond
  if (rate !== undefined && !(rate > 0)) throw new RangeError(`rateBitsPerSecond is above zero, not ${rate}`)
  if (options.paths !== undefined && options.paths.length === 0) throw new RangeError('paths names one path at least')
  return { ...options }
}
