/** What `hub.subscribe` returns: an async iterable, and a handle to end it. */
import type { EmbeddedSubscription } from './embedded-subscription.ts'
import type { HubMessage } from './hub-message.ts'

/** A running subscription. Iterate over it, or give `subscribe` a callback. */
export class HubSubscription implements AsyncIterable<HubMessage>, AsyncDisposable {
  readonly subject: string
  readonly queue: string | undefined
  readonly #release: () => void
  #inner: EmbeddedSubscription | undefined = undefined
  #waiting: HubMessage[] = []
  #wake: (() => void) | undefined = undefined
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
    return this.#ended
  }

  /** Used by the hub only: a message for the iterator. */
  push(message: HubMessage): void {
    this.#waiting.push(message)
    this.#wake?.()
  }

  /** Messages that the iterator has not taken yet. */
  get pendingMessages(): number {
    return this.#inner?.pendingMessages ?? 0
  }

  /** Used by the hub only: no more messages come. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Ends the subscription. An iterator still gives what had arrived, then ends. */
  unsubscribe(): void {
    if (this.#ended) return
    this.#release()
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<HubMessage> {
    try {
      for (;;) {
        while (this.#waiting.length > 0) {
          const batch = this.#waiting
          this.#waiting = []
          for (let i = 0; i < batch.length; i++) {
            this.#inner?.taken(batch[i])
            yield batch[i]
          }
        }
        if (this.#ended) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    } finally {
      this.unsubscribe()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.unsubscribe()
  }
}
