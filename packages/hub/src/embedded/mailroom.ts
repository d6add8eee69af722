/** The mailroom: messages for the embedding program wait here until the end of the turn, in the order in which they were routed. */
import type { Clock } from '../core/environment.ts'
import type { EmbeddedSubscription } from './embedded-subscription.ts'
import type { HubMessage } from './hub-message.ts'

interface Letter {
  readonly to: EmbeddedSubscription
  readonly message: HubMessage
  readonly last: boolean
}

/** Hands messages over, one by one; an error in one handler reaches neither the next nor the hub. */
export class Mailroom {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #letters: Letter[] = []
  #scheduled = false
  /** Messages dropped because their subscription had too many waiting. */
  dropped = 0

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  post(to: EmbeddedSubscription, message: HubMessage, last: boolean): void {
    this.#letters.push({ to, message, last })
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.setImmediate(() => this.deliver())
  }

  /** Hands over everything that waits. What handlers publish meanwhile comes in the next round. */
  deliver(): void {
    this.#scheduled = false
    const letters = this.#letters
    this.#letters = []
    for (const { to, message, last } of letters) {
      try {
        to.handOver(message, last)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
