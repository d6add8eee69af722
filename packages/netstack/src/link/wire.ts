import type { Frame } from './frame.ts'
import type { LossSink } from './impairment.ts'
import { distrust, type FrameReceiver, type Link, type Medium } from './link.ts'
import { Timer, type TimerQueue } from './timer-queue.ts'

export interface WireOptions {
  medium?: Medium
  /** Largest IP packet in bytes. */
  mtu?: number
  /** From end to end, each way. */
  delayMs?: number
  /** Frames under way in one direction at most; more are dropped. */
  maxFrames?: number
}

/** One end of an in-memory wire. */
export class WireEnd implements Link {
  readonly medium: Medium
  readonly mtu: number
  receiver: FrameReceiver | null = null
  /** A wire that is cut takes frames and loses them, as a real one does. */
  connected = true
  /** Told of frames that find too many under way. */
  onLoss: LossSink | null = null
  framesSent = 0
  framesDropped = 0
  readonly #delayMs: number
  readonly #maxFrames: number
  readonly #timers: TimerQueue
  readonly #timer: Timer
  #peer: WireEnd | null = null
  #head: Frame | undefined = undefined
  #tail: Frame | undefined = undefined
  #length = 0

  constructor(timers: TimerQueue, options: WireOptions) {
    this.medium = options.medium ?? 'ethernet'
    this.mtu = options.mtu ?? 1500
    this.#delayMs = options.delayMs ?? 0
    this.#maxFrames = options.maxFrames ?? 65_536
    this.#timers = timers
    this.#timer = new Timer((now) => this.#deliver(now))
  }

  /** Used by `createWire`. */
  join(peer: WireEnd): void {
    this.#peer = peer
  }

  /** Frames on their way to the other end. */
  get framesInFlight(): number {
    return this.#length
  }

  transmit(frame: Frame, now: number): void {
    if (!this.connected || this.#length >= this.#maxFrames) {
      this.framesDropped++
      if (this.connected) this.onLoss?.(frame, now, 'too many frames under way')
      frame.release()
      return
    }
    distrust(frame)
    frame.dueMs = now + this.#delayMs
    frame.next = undefined
    if (this.#tail === undefined) {
      this.#head = frame
      this.#timers.set(this.#timer, frame.dueMs)
    } else {
      this.#tail.next = frame
    }
    this.#tail = frame
    this.#length++
    this.framesSent++
  }

  /** Loses what is under way from this end; `drop` is shown each frame. */
  clear(drop?: (frame: Frame) => void): void {
    this.#timers.remove(this.#timer)
    while (this.#head !== undefined) {
      const frame = this.#head
      this.#head = frame.next
      this.framesDropped++
      drop?.(frame)
      frame.release()
    }
    this.#tail = undefined
    this.#length = 0
  }

  #deliver(now: number): void {
    const peer = this.#peer!
    // Only what was there at the beginning: answers that come back at once wait for the next turn, so that every
    // other timer of this moment has its turn too.
    const last = this.#tail
    for (;;) {
      const frame = this.#head
      if (frame === undefined || frame.dueMs > now) break
      this.#head = frame.next
      if (this.#head === undefined) this.#tail = undefined
      frame.next = undefined
      this.#length--
      if (peer.receiver === null) {
        this.framesDropped++
        frame.release()
      } else {
        peer.receiver(frame, now)
      }
      if (frame === last) break
    }
    if (this.#head !== undefined) this.#timers.set(this.#timer, this.#head.dueMs)
  }
}

/** Two ends of a wire that loses nothing and keeps the order. */
export function createWire(timers: TimerQueue, options: WireOptions = {}): [WireEnd, WireEnd] {
  const left = new WireEnd(timers, options)
  const right = new WireEnd(timers, options)
  left.join(right)
  right.join(left)
  return [left, right]
}
