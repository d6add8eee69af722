/** What stands under an outbound buffer, in memory: a turn whose end one decides, sockets that say when they have written, a pool that counts. */
import assert from 'node:assert/strict'
import type { Clock, StreamSocket } from '../../src/core/environment.ts'
import { Outbound, type OutboundOwner } from '../../src/core/outbound.ts'
import { type Slab, SlabPool } from '../../src/core/slab.ts'
import { Turn } from '../../src/core/turn.ts'

/** A pool that knows who has not come back, and spoils what has: whoever still reads it is found out. */
export class CountingPool extends SlabPool {
  readonly out = new Set<Slab>()

  override take(needBytes: number): Slab {
    const slab = super.take(needBytes)
    assert.ok(!this.out.has(slab), 'a slab was given out twice')
    this.out.add(slab)
    return slab
  }

  override release(slab: Slab): void {
    assert.ok(slab.references > 0, 'a slab was released more often than it was held')
    if (slab.references === 1) {
      this.out.delete(slab)
      slab.buffer.fill('!')
    }
    super.release(slab)
  }
}

/** Time that stands still unless it is moved, and immediates that wait to be run. */
export class ManualClock implements Clock {
  nowMs = 1000
  readonly immediates: (() => void)[] = []
  readonly timers = new Map<object, { atMs: number; callback: () => void }>()

  now(): number {
    return this.nowMs
  }

  monotonic(): number {
    return this.nowMs
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const timer = {}
    this.timers.set(timer, { atMs: this.nowMs + delayMs, callback })
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as object)
  }

  setImmediate(callback: () => void): void {
    this.immediates.push(callback)
  }

  runImmediates(): void {
    for (const callback of this.immediates.splice(0)) callback()
  }

  /** Lets time pass; timers that are due run in their order. */
  advance(byMs: number): void {
    const endMs = this.nowMs + byMs
    for (;;) {
      const due = [...this.timers].filter(([, one]) => one.atMs <= endMs).sort((a, b) => a[1].atMs - b[1].atMs)[0]
      if (due === undefined) break
      this.timers.delete(due[0])
      this.nowMs = Math.max(this.nowMs, due[1].atMs)
      due[1].callback()
    }
    this.nowMs = endMs
  }
}

/** Takes writes and reads their bytes only when it says that they have been written, as the kernel does. */
export class SlowSocket {
  /** Written so far. */
  received: Buffer[] = []
  /** How many writes reached it, and how many of them were single vectors. */
  vectors = 0
  #waiting: { chunk: Uint8Array; callback: ((error?: Error | null) => void) | undefined }[] = []
  #corked = false

  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    this.#waiting.push({ chunk, callback })
    if (!this.#corked) this.vectors++
    return true
  }

  cork(): void {
    this.#corked = true
  }

  uncork(): void {
    this.#corked = false
    this.vectors++
  }

  /** Everything that it was given has been written (or has not). */
  complete(error?: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { chunk, callback } of waiting) {
      if (error === undefined) this.received.push(Buffer.from(chunk))
      callback?.(error)
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received)
  }

  get asStream(): StreamSocket {
    return this as unknown as StreamSocket
  }
}

/** All of it, with slabs so small that everything spans several. */
export class OutboundBench {
  readonly clock: ManualClock = new ManualClock()
  readonly pool: CountingPool
  readonly turn: Turn

  constructor(slabBytes = 64, keepBytes = 1024) {
    this.pool = new CountingPool(slabBytes, keepBytes)
    this.turn = new Turn(this.clock, this.pool)
  }

  outbound(owner: Partial<OutboundOwner> = {}): { socket: SlowSocket; outbound: Outbound } {
    const socket = new SlowSocket()
    const all: OutboundOwner = { onPressure: () => {}, onDrained: () => {}, ...owner }
    return { socket, outbound: new Outbound(socket.asStream, this.turn, all) }
  }

  /** Ends turns and writes until nothing is left to do. */
  settle(sockets: readonly SlowSocket[]): void {
    for (let round = 0; round < 20; round++) {
      this.clock.runImmediates()
      for (const socket of sockets) socket.complete()
    }
  }
}

/** Bytes that tell where they stand: no two stretches look alike. */
export function pattern(start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = ((start + i) * 2654435761) >>> 24
  return bytes
}
