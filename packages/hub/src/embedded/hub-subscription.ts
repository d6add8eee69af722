/** What `hub.subscribe` returns: an async iterable, and a handle to end it. */
import type { EmbeddedSubscription } from './embedded-subscription.ts'
import type { HubMessage } from './hub-message.ts'

type Result = IteratorResult<HubMessage, undefined>

const DONE: Result = { done: true, value: undefined }

/** A running subscription. Iterate over it, or give `subscribe` a callback. Several iterators share the messages. */
export class HubSubscription implements AsyncIterable<HubMessage>, AsyncDisposable {
  readonly subject: string
  readonly queue: string | undefined
  readonly #release: () => void
  #inner: EmbeddedSubscription | undefined = undefined
  #waiting: HubMessage[] = []
  /** Where in `#waiting` the next message stands. */
  #next = 0
  /** Iterators that wait for a message. */
  #takers: ((result: Result) => void)[] = []
  #closed = false
  #ended = false

  constructor(subject: string, queue: string | undefined, release: () => void) {
    this.subject = subject
    this.queue = queue
    this.#release = release
  }

  /** Used by the hub only. */
  attach(inner: EmbeddedSubscription): void {
    this.#inner = inner
  }

  /** Messages received so far. */
  get received(): number {
    return this.#inner?.delivered ?? 0
  }

  /** Messages dropped because too many were waiting. */
  get dropped(): number {
    return this.#inner?.dropped ?? 0
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Messages that the iterator has not taken yet. */
  get pendingMessages(): number {
    return this.#inner?.pendingMessages ?? 0
  }

  /** Used by the hub only: a message for the iterator. */
  push(message: HubMessage): void {
    if (this.#ended) return
    const taker = this.#takers.shift()
    if (taker === undefined) this.#waiting.push(message)
    else taker(this.#taken(message))
  }

  #taken(message: HubMessage): Result {
    this.#inner?.taken(message)
    return { done: false, value: message }
  }

  /** Used by the hub only: everything that had arrived has been pushed. */
  end(): void {
    this.#ended = true
    const takers = this.#takers
    this.#takers = []
    for (const taker of takers) taker(DONE)
  }

  /** Ends the subscription. A callback is not called any more; an iterator still gives what had arrived, then ends. */
  unsubscribe(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }

  #take(): Promise<Result> {
    if (this.#next < this.#waiting.length) {
      const message = this.#waiting[this.#next++]
      if (this.#next === this.#waiting.length) this.#discard()
      return Promise.resolve(this.#taken(message))
    }
    if (this.#ended) return Promise.resolve(DONE)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  #discard(): void {
    this.#waiting = []
    this.#next = 0
  }

  /** An iterator. Leaving it early (`break`, `return()`) ends the subscription at once, even while it waits for a message. */
  [Symbol.asyncIterator](): AsyncIterableIterator<HubMessage, undefined> {
    const iterator: AsyncIterableIterator<HubMessage, undefined> = {
      next: () => this.#take(),
      return: () => {
        this.unsubscribe()
        while (this.#next < this.#waiting.length) this.#taken(this.#waiting[this.#next++])
        this.#discard()
        this.end()
        return Promise.resolve(DONE)
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.unsubscribe()
  }
}
