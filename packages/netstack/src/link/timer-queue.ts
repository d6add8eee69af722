/** A deadline in a `TimerQueue`. Made once and set many times: setting allocates nothing. */
export class Timer {
  /** Milliseconds of the owner's clock; Infinity when not set. */
  deadline: number = Number.POSITIVE_INFINITY
  readonly fire: (now: number) => void
  /** Owned by the queue: place in the heap, the key it is sorted by, and the order of setting. */
  index = -1
  key: number = Number.POSITIVE_INFINITY
  order = 0

  constructor(fire: (now: number) => void) {
    this.fire = fire
  }

  get isSet(): boolean {
    return this.deadline !== Number.POSITIVE_INFINITY
  }
}

/**
 * Deadlines in a binary heap. Setting a timer later or cancelling it is O(1): the heap is put right when the timer comes
 * to the top. Timers of equal deadline fire in the order in which they were set.
 */
export class TimerQueue {
  readonly #heap: Timer[] = []
  #order = 0

  /** Timers that are set. */
  get size(): number {
    let set = 0
    for (const timer of this.#heap) if (timer.isSet) set++
    return set
  }

  set(timer: Timer, deadline: number): void {
    timer.deadline = deadline
    if (timer.index < 0) {
      timer.key = deadline
      timer.order = this.#order++
      timer.index = this.#heap.length
      this.#heap.push(timer)
      this.#up(timer.index)
    } else if (deadline < timer.key) {
      timer.key = deadline
      timer.order = this.#order++
      this.#up(timer.index)
    }
  }

  cancel(timer: Timer): void {
    timer.deadline = Number.POSITIVE_INFINITY
  }

  /** Takes the timer out of the queue: for an owner that is going away. */
  remove(timer: Timer): void {
    timer.deadline = Number.POSITIVE_INFINITY
    if (timer.index < 0) return
    this.#takeOut(timer)
  }

  /** The next deadline, or Infinity. */
  pollAt(): number {
    const heap = this.#heap
    while (heap.length > 0) {
      const top = heap[0]
      if (top.deadline === top.key) return top.key
      if (!top.isSet) {
        this.#takeOut(top)
      } else {
        top.key = top.deadline
        top.order = this.#order++
        this.#down(0)
      }
    }
    return Number.POSITIVE_INFINITY
  }

  /** Fires what is due. Timers set meanwhile for `now` or earlier fire in the same call. */
  poll(now: number): void {
    while (this.pollAt() <= now) {
      const timer = this.#heap[0]
      this.#takeOut(timer)
      timer.deadline = Number.POSITIVE_INFINITY
      timer.fire(now)
    }
  }

  #takeOut(timer: Timer): void {
    const heap = this.#heap
    const index = timer.index
    timer.index = -1
    const last = heap.pop()!
    if (last === timer) return
    heap[index] = last
    last.index = index
    this.#up(index)
    this.#down(last.index)
  }

  #up(index: number): void {
    const heap = this.#heap
    const timer = heap[index]
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (!before(timer, parent)) break
      heap[index] = parent
      parent.index = index
      index = parentIndex
    }
    heap[index] = timer
    timer.index = index
  }

  #down(index: number): void {
    const heap = this.#heap
    const timer = heap[index]
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
      if (!before(heap[child], timer)) break
      heap[index] = heap[child]
      heap[index].index = index
      index = child
    }
    heap[index] = timer
    timer.index = index
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.key < b.key || (a.key === b.key && a.order < b.order)
}
