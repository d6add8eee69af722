/** Requests of the embedding program: one inbox for all of them, a timer for each. */
import type { Clock, Random, Timer } from '../core/environment.ts'
import { HubError } from '../errors.ts'
import type { HubMessage } from './hub-message.ts'

interface Waiting {
  readonly resolve: (message: HubMessage) => void
  readonly reject: (error: HubError) => void
  readonly timer: Timer
  readonly subject: string
}

/** Matches answers with requests. */
export class Requests {
  readonly #clock: Clock
  readonly #prefix: string
  readonly #waiting = new Map<string, Waiting>()
  #next = 0

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#prefix = `_INBOX.${Buffer.from(random.bytes(12)).toString('base64url')}`
  }

  /** The pattern that all answers come in on. */
  get pattern(): string {
    return `${this.#prefix}.*`
  }

  /** Registers a request; `send` publishes it with the reply subject and tells whether anybody got it. */
  run(subject: string, timeoutMs: number, send: (reply: string) => boolean): Promise<HubMessage> {
    const token = (this.#next++).toString(36)
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        this.#fail(
          token,
          new HubError('WIREHUB_ERR_TIMEOUT', `No answer came within ${timeoutMs} ms.`, {
            place: subject,
            cure: 'Raise timeoutMs, or look whether the service is stuck.',
          }),
        )
      }, timeoutMs)
      this.#waiting.set(token, { resolve, reject, timer, subject })
      if (!send(`${this.#prefix}.${token}`)) this.#fail(token, noResponders(subject))
    })
  }

  /** An answer came in. */
  answer(message: HubMessage): void {
    const token = message.subject.slice(this.#prefix.length + 1)
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    if (message.status === 503 && message.data.length === 0) {
      this.#fail(token, noResponders(waiting.subject))
      return
    }
    this.#waiting.delete(token)
    this.#clock.clearTimeout(waiting.timer)
    waiting.resolve(message)
  }

  #fail(token: string, error: HubError): void {
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    this.#waiting.delete(token)
    this.#clock.clearTimeout(waiting.timer)
    waiting.reject(error)
  }

  /** Rejects everything that still waits. */
  close(): void {
    for (const [token, waiting] of [...this.#waiting]) {
      this.#fail(token, new HubError('WIREHUB_ERR_CLOSED', 'The hub was closed.', { place: waiting.subject }))
    }
  }
}

function noResponders(subject: string): HubError {
  return new HubError('WIREHUB_ERR_NO_RESPONDERS', 'Nobody listens on this subject.', {
    place: subject,
    cure: 'Start the service that answers, or check the spelling of the subject.',
  })
}
