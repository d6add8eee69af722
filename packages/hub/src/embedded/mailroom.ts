/** The mailroom: messages for the embedding program wait here until the end of the turn, in the order in which they were routed. */
import type { Clock } from '../core/environment.ts'
import type { EmbeddedSubscription } from './embedded-subscription.ts'
import type { HubMessage } from './hub-message.ts'

interface Letter {
  readonly to: EmbeddedSubscription
  readonly message: HubMessage
  readonly last: boolean
}

/** How often what handlers publish while a hub drains is handed over in its turn: two that answer each other would never end. */
const MAX_DRAIN_ROUNDS = 100

/** Hands messages over, one by one; an error in one handler reaches neither the next nor the hub. */
export class Mailroom {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #letters: (Letter | (() => void))[] = []
  #scheduled = false
  /** Messages dropped because their subscription had too many waiting. */
  dropped = 0

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  post(to: EmbeddedSubscription, message: HubMessage, last: boolean): void {
    this.#add({ to, message, last })
  }

  /** Runs something once everything that waits now has been handed over. */
  afterwards(callback: () => void): void {
    this.#add(callback)
  }

  #add(letter: Letter | (() => void)): void {
    this.#letters.push(letter)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.setImmediate(() => this.deliver())
  }

  /** Hands over everything that waits. What handlers publish meanwhile comes in the next round. */
  deliver(): void {
    this.#scheduled = false
    const letters = this.#letters
    this.#letters = []
    for (const letter of letters) {
      try {
        if (typeof letter === 'function') letter()
        else letter.to.handOver(letter.message, letter.last)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  /** The same, and what handlers publish meanwhile too, for a bounded number of rounds. */
  empty(): void {
    for (let round = 0; round < MAX_DRAIN_ROUNDS && this.#letters.length > 0; round++) this.deliver()
  }
}
