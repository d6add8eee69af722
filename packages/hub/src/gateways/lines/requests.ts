/** The requests of one lines connection that wait for their answers: one inbox for all, a timer for each. */
import type { Connection } from '../../core/connection.ts'
import type { Timer } from '../../core/environment.ts'
import type { GatewayContext } from '../../core/gateway.ts'
import { parseHeaders } from '../../core/headers.ts'
import type { Message } from '../../core/message.ts'
import { Subscription } from '../../core/subscription.ts'
import { HubError } from '../../errors.ts'
import { errorLine, messageLine } from './answers.ts'
import type { ClientId } from './operation.ts'

interface Waiting {
  readonly id: ClientId | undefined
  readonly subject: string
  readonly timer: Timer
}

/** Matches answers with requests. */
export class LinesRequests {
  readonly #connection: Connection
  readonly #context: GatewayContext
  readonly #prefix: string
  readonly #waiting = new Map<string, Waiting>()
  readonly #write: (line: Buffer) => void
  #next = 0

  constructor(connection: Connection, context: GatewayContext, write: (line: Buffer) => void) {
    this.#connection = connection
    this.#context = context
    this.#write = write
    this.#prefix = `_INBOX.${Buffer.from(context.random.bytes(16)).toString('base64url')}`
    connection.subscribe(new InboxSubscription(connection, `${this.#prefix}.*`, (message) => this.#answer(message)))
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** Registers a request; returns the reply subject that its answer will come in on. */
  open(id: ClientId | undefined, subject: string, timeoutMs: number): string {
    const reply = `${this.#prefix}.${(this.#next++).toString(36)}`
    const timer = this.#context.clock.setTimeout(() => {
      this.fail(
        reply,
        new HubError('WIREHUB_ERR_TIMEOUT', `No answer came within ${timeoutMs} ms.`, {
          place: subject,
          cure: 'Raise timeoutMs, or look whether the service is stuck.',
        }),
      )
    }, timeoutMs)
    this.#waiting.set(reply, { id, subject, timer })
    return reply
  }

  /** Its error has been told already. */
  forget(reply: string): void {
    this.#end(reply)
  }

  fail(reply: string, error: HubError): void {
    const waiting = this.#end(reply)
    if (waiting !== undefined) this.#write(errorLine(waiting.id, error))
  }

  #end(reply: string): Waiting | undefined {
    const waiting = this.#waiting.get(reply)
    if (waiting === undefined) return undefined
    this.#waiting.delete(reply)
    this.#context.clock.clearTimeout(waiting.timer)
    return waiting
  }

  #answer(message: Message): void {
    const reply = message.subject
    const { status } = message.hasHeaders ? parseHeaders(message.headers) : { status: undefined }
    if (status === 503 && message.payloadBytes === 0) {
      this.fail(reply, noResponders(this.#waiting.get(reply)?.subject ?? ''))
      return
    }
    const waiting = this.#end(reply)
    if (waiting === undefined) return
    this.#write(messageLine(message, waiting.id === undefined ? undefined : JSON.stringify(waiting.id), undefined))
    this.#connection.countOut(1, message.sizeBytes)
  }

  /** The connection is gone. */
  close(): void {
    for (const { timer } of this.#waiting.values()) this.#context.clock.clearTimeout(timer)
    this.#waiting.clear()
  }
}

/** The error of a request that nobody listens to. */
export function noResponders(subject: string): HubError {
  return new HubError('WIREHUB_ERR_NO_RESPONDERS', 'Nobody listens on this subject.', {
    place: subject,
    cure: 'Start the service that answers, or check the spelling of the subject.',
  })
}

class InboxSubscription extends Subscription {
  readonly #take: (message: Message) => void

  constructor(connection: Connection, subject: string, take: (message: Message) => void) {
    super(subject, undefined, connection)
    this.#take = take
  }

  override deliver(message: Message): void {
    this.delivered++
    this.#take(message)
  }
}
