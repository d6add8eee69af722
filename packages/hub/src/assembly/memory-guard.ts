/** The memory guard: when the process nears its limit, the publishers that send most are not read from until it has recovered. */
import type { Connection } from '../core/connection.ts'
import type { Environment } from '../core/environment.ts'

/** Recovered means: this much below the mark. */
const HYSTERESIS = 0.05
/** This much below the mark it begins to note how much everybody sends: rates are needed when the mark is passed, not a second later. */
const NOTING = 0.1

/** Watches memory once a second. */
export class MemoryGuard {
  readonly #environment: Environment
  /** Share of the memory past which it holds publishers back; 0: never. */
  ratio: number
  readonly #paused = new Set<Connection>()
  readonly #before = new Map<Connection, number>()
  /** How often publishers were held back; a metric. */
  engagements = 0

  constructor(environment: Environment, ratio: number) {
    this.#environment = environment
    this.ratio = ratio
  }

  get holding(): number {
    return this.#paused.size
  }

  /** Holds back the faster half of the publishers while memory is short, and lets them go when it no longer is. */
  check(connections: Iterable<Connection>): void {
    const memory = this.#environment.memory
    if (memory === undefined) return
    if (this.ratio <= 0) return this.#release()
    const share = memory.usedBytes() / memory.limitBytes()
    if (share < this.ratio - HYSTERESIS) this.#release()
    if (share < this.ratio - NOTING) {
      if (this.#before.size > 0) this.#before.clear()
      return
    }
    if (share < this.ratio) {
      for (const one of connections) this.#before.set(one, one.bytesIn)
      return
    }
    const rates: [Connection, number][] = []
    for (const one of connections) {
      const rate = one.bytesIn - (this.#before.get(one) ?? 0)
      this.#before.set(one, one.bytesIn)
      if (rate > 0 && !this.#paused.has(one)) rates.push([one, rate])
    }
    rates.sort((a, b) => b[1] - a[1])
    for (const [one] of rates.slice(0, Math.ceil(rates.length / 2))) {
      this.#paused.add(one)
      one.pause()
      this.engagements++
    }
  }

  #release(): void {
    for (const one of this.#paused) one.resume()
    this.#paused.clear()
  }

  forget(connection: Connection): void {
    this.#paused.delete(connection)
    this.#before.delete(connection)
  }
}
