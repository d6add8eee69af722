/** How a message reaches a hand-written program: framed, in its own charset and coding. */
import type { Connection } from '../../core/connection.ts'
import { copyBytes } from '../../core/copy.ts'
import type { Message } from '../../core/message.ts'
import { Subscription } from '../../core/subscription.ts'
import type { OutboundFormat } from '../../presentation/format.ts'

const NOTHING = Buffer.alloc(0)

/** What all subscriptions of one listener share. */
export interface RawDelivery {
  readonly format: OutboundFormat
  /** A message has no form on this listener; called once for each message and crowd. */
  undeliverable(message: Message, error: Error): void
}

/** One interest of a raw connection: the listener's out subject, its own one below it, or its inbox. */
export class RawSubscription extends Subscription {
  readonly #connection: Connection
  readonly #delivery: RawDelivery
  readonly #onDelivered: (() => void) | undefined
  readonly #filter: boolean
  // Between `encodedBytes` and `encode`, which follow each other: the body is made once.
  #body: Buffer | undefined = undefined

  /**
   * @param shareKey names the listener when everybody on it gets the same bytes
   * @param onDelivered called after each delivery
   */
  constructor(
    connection: Connection,
    subject: string,
    delivery: RawDelivery,
    shareKey: string | undefined,
    onDelivered?: () => void,
  ) {
    super(subject, undefined, connection)
    this.#connection = connection
    this.#delivery = delivery
    this.#onDelivered = onDelivered
    this.#filter = connection.permissions.mustFilter(subject)
    const alone = this.#filter || !connection.echo || connection.permissions.noteReply !== undefined
    this.shareKey = alone ? undefined : shareKey
  }

  override accepts(message: Message): boolean {
    if (!this.#connection.echo && message.origin === this.#connection) return false
    return !this.#filter || this.#connection.permissions.canReceive(message.subject)
  }

  override deliver(message: Message): void {
    const body = this.#bodyOf(message)
    if (body === undefined) return
    const { format } = this.#delivery
    const { outbound, permissions } = this.#connection
    if (message.hasReply) {
      permissions.noteReply?.(message.reply as string, this.#connection.host.clock.monotonic())
    }
    const head = format.head(body.length)
    const tail = format.tail
    if (head.length > 0) outbound.append(head, 0, head.length)
    outbound.append(body, 0, body.length)
    if (tail.length > 0) outbound.append(tail, 0, tail.length)
    this.delivered++
    this.#connection.countOut(1, message.sizeBytes)
    this.#onDelivered?.()
  }

  #bodyOf(message: Message): Buffer | undefined {
    try {
      return this.#delivery.format.body(message.payload)
    } catch (error) {
      this.#delivery.undeliverable(message, error as Error)
      return undefined
    }
  }

  override encodedBytes(message: Message): number {
    this.#body = this.#bodyOf(message)
    if (this.#body === undefined) return 0
    const { format } = this.#delivery
    return format.head(this.#body.length).length + this.#body.length + format.tail.length
  }

  override encode(_message: Message, target: Buffer, at: number): number {
    const body = this.#body
    if (body === undefined) return at
    this.#body = undefined
    const { format } = this.#delivery
    for (const part of [format.head(body.length), body, format.tail ?? NOTHING]) {
      at = copyBytes(target, at, part, 0, part.length)
    }
    return at
  }
}
