/** Requests of the embedding program: one inbox for all of them, a timer for each. */
import type { Clock, Random, Timer } from '../core/environment.ts'
import { HubError } from '../errors.ts'
import type { HubMessage } from './hub-message.ts'

interface Waiting {
  readonly resolve: (message: HubMessage) => void
  readonly reject: (error: unknown) => void
  readonly timer: Timer
  readonly subject: string
  /** Stops to listen to the signal. */
  readonly unhook: () => void
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
  run(
    subject: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    send: (reply: string) => boolean,
  ): Promise<HubMessage> {
    if (signal?.aborted === true) return Promise.reject(signal.reason)
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
      // Somebody waits for this one: the process must not end before it has told. (The hub's other timers hold nothing up.)
      ;(timer as { ref?(): void }).ref?.()
      const onAbort = (): void => this.#fail(token, signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      const unhook = (): void => signal?.removeEventListener('abort', onAbort)
      this.#waiting.set(token, { resolve, reject, timer, subject, unhook })
      try {
        if (!send(`${this.#prefix}.${token}`)) this.#fail(token, noResponders(subject))
      } catch (error) {
        this.#fail(token, error)
      }
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
    this.#forget(token, waiting)
    waiting.resolve(message)
  }

  #fail(token: string, error: unknown): void {
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    this.#forget(token, waiting)
    waiting.reject(error)
  }

  #forget(token: string, waiting: Waiting): void {
    this.#waiting.delete(token)
    this.#clock.clearTimeout(waiting.timer)
    waiting.unhook()
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
