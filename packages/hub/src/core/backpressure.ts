/**
 * Backpressure: a subscriber that falls behind has its publishers paused, for a bounded time. TCP's flow control then slows them. Only a subscriber
 * that still does not keep up is cut (by its own connection, when its pending limit is reached).
 */
import type { Connection } from './connection.ts'
import type { Clock, Timer } from './environment.ts'
import type { Turn } from './turn.ts'

/** The pauses of one subscriber are counted within this time. */
const WINDOW_MS = 10_000
/** While publishers are paused, each further growth by this much pauses whoever caused it. */
const STEP_BYTES = 256 * 1024

interface Pressure {
  windowStartMs: number
  spentMs: number
  startedMs: number
  paused: Set<Connection>
  timer: Timer | undefined
}

/** Pauses publishers for the sake of subscribers. */
export class Backpressure {
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #pressures = new Map<Connection, Pressure>()
  /** Pauses begun since the start; a metric. */
  pauses = 0

  constructor(clock: Clock, turn: Turn) {
    this.#clock = clock
    this.#turn = turn
  }

  /** Subscribers for whose sake somebody is paused now. */
  get engaged(): number {
    let count = 0
    for (const pressure of this.#pressures.values()) if (pressure.paused.size > 0) count++
    return count
  }

  /** The subscriber's pending bytes passed its alarm mark. */
  onPressure(subscriber: Connection): void {
    const { limits, outbound } = subscriber
    const now = this.#clock.monotonic()
    let pressure = this.#pressures.get(subscriber)
    if (pressure === undefined) {
      pressure = { windowStartMs: now, spentMs: 0, startedMs: 0, paused: new Set(), timer: undefined }
      this.#pressures.set(subscriber, pressure)
    }
    if (now - pressure.windowStartMs > WINDOW_MS) {
      pressure.windowStartMs = now
      pressure.spentMs = 0
    }
    const budgetMs = limits.pressurePauseMs - pressure.spentMs
    if (budgetMs <= 0) {
      outbound.alarmBytes = limits.maxPendingBytes
      return
    }
    outbound.alarmBytes = Math.min(limits.maxPendingBytes, outbound.pendingBytes + STEP_BYTES)
    for (const publisher of this.#turn.origins) {
      if (publisher === subscriber || pressure.paused.has(publisher)) continue
      pressure.paused.add(publisher)
      publisher.pause()
      this.pauses++
    }
    if (pressure.timer === undefined && pressure.paused.size > 0) {
      pressure.startedMs = now
      pressure.timer = this.#clock.setTimeout(() => this.#release(subscriber), budgetMs)
    }
  }

  /** The subscriber has taken bytes: once it is well below the mark, its publishers go on. */
  onDrained(subscriber: Connection): void {
    const pressure = this.#pressures.get(subscriber)
    if (pressure === undefined) return
    const { limits, outbound } = subscriber
    if (outbound.pendingBytes > (limits.maxPendingBytes * limits.pressureRatio) / 2) return
    this.#release(subscriber)
    outbound.alarmBytes = limits.maxPendingBytes * limits.pressureRatio
  }

  /** The subscriber is gone. */
  forget(connection: Connection): void {
    this.#release(connection)
    this.#pressures.delete(connection)
  }

  #release(subscriber: Connection): void {
    const pressure = this.#pressures.get(subscriber)
    if (pressure === undefined || pressure.timer === undefined) return
    this.#clock.clearTimeout(pressure.timer)
    pressure.timer = undefined
    pressure.spentMs += this.#clock.monotonic() - pressure.startedMs
    for (const publisher of pressure.paused) publisher.resume()
    pressure.paused.clear()
    subscriber.outbound.alarmBytes = subscriber.limits.maxPendingBytes
  }
}
