import type { Frame } from './frame.ts'
import type { FrameReceiver } from './link.ts'
import { Timer, type TimerQueue } from './timer-queue.ts'

/** Frames that wait for their time, the soonest first and equal ones in the order of arrival. */
export class DelayLine {
  readonly #timers: TimerQueue
  readonly #timer: Timer
  readonly #deliver: FrameReceiver
  readonly #heap: { frame: Frame; due: number; order: number }[] = []
  #order = 0

  constructor(timers: TimerQueue, deliver: FrameReceiver) {
    this.#timers = timers
    this.#deliver = deliver
    this.#timer = new Timer((now) => this.#release(now))
  }

  get length(): number {
    return this.#heap.length
  }

  /** Takes the frame. */
  push(frame: Frame, due: number): void {
    const heap = this.#heap
    const item = { frame, due, order: this.#order++ }
    let index = heap.length
    heap.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (heap[parent].due <= due) break
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = item
    if (index === 0) this.#timers.set(this.#timer, due)
  }

  /** Gives everything that waits to `drop`, which takes the frames; returns how many. */
  clear(drop: (frame: Frame) => void): number {
    this.#timers.remove(this.#timer)
    for (const item of this.#heap) drop(item.frame)
    return this.#heap.splice(0).length
  }

  #release(now: number): void {
    const upTo = this.#order
    while (this.#heap.length > 0 && this.#heap[0].due <= now && this.#heap[0].order < upTo) {
      this.#deliver(this.#pop(), now)
    }
    if (this.#heap.length > 0) this.#timers.set(this.#timer, this.#heap[0].due)
  }

  #pop(): Frame {
    const heap = this.#heap
    const top = heap[0].frame
    const last = heap.pop()!
    if (heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && sooner(heap[child + 1], heap[child])) child++
      if (!sooner(heap[child], last)) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = last
    return top
  }
}

function sooner(a: { due: number; order: number }, b: { due: number; order: number }): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}
