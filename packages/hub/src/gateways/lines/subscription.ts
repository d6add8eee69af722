/** A lines client's subscription: each message is one line of JSON. */
import type { Connection } from '../../core/connection.ts'
import { copyBytes } from '../../core/copy.ts'
import type { Message } from '../../core/message.ts'
import { Subscription } from '../../core/subscription.ts'
import { MESSAGE_HEAD, messageLine } from './answers.ts'
import type { ClientId } from './operation.ts'
import type { Encoding } from './payload.ts'

/** What a `sub` says besides its subject. */
export interface LinesSubscriptionOptions {
  readonly key: string
  readonly id: ClientId | undefined
  readonly queue: string | undefined
  readonly max: number
  readonly encoding: Encoding | undefined
}

/** One `sub`. Lines for equal ids are equal; ids of equal length are patched in. */
export class LinesSubscription extends Subscription {
  /** What the client calls it by when it unsubscribes. */
  readonly key: string
  readonly #connection: Connection
  readonly #idJson: string | undefined
  readonly #encoding: Encoding | undefined
  readonly #filter: boolean
  // Between `encodedBytes` and `encode`, which follow each other: the line is made once.
  #line: Buffer | undefined = undefined

  constructor(connection: Connection, subject: string, options: LinesSubscriptionOptions) {
    super(subject, options.queue, connection)
    const { permissions } = connection
    this.key = options.key
    this.max = options.max
    this.#connection = connection
    this.#idJson = options.id === undefined ? undefined : JSON.stringify(options.id)
    this.#encoding = options.encoding
    this.#filter = permissions.mustFilter(subject)
    const shared = options.max === 0 && !this.#filter && permissions.noteReply === undefined
    if (!shared) return
    const idBytes = this.#idJson === undefined ? undefined : Buffer.from(this.#idJson)
    this.patch = idBytes
    this.shareKey = `lines ${options.encoding ?? ''} ${idBytes?.length ?? ''}`
  }

  override accepts(message: Message): boolean {
    return !this.#filter || this.#connection.permissions.canReceive(message.subject)
  }

  override deliver(message: Message): void {
    const connection = this.#connection
    if (message.hasReply) {
      connection.permissions.noteReply?.(message.reply as string, connection.host.clock.monotonic())
    }
    const line = messageLine(message, this.#idJson, this.#encoding)
    connection.outbound.append(line, 0, line.length)
    this.delivered++
    connection.countOut(1, message.sizeBytes)
    if (this.max > 0 && this.delivered >= this.max) connection.codec.subscriptionEnded?.(this)
  }

  override encodedBytes(message: Message): number {
    this.#line = messageLine(message, this.#idJson, this.#encoding)
    return this.#line.length
  }

  override encode(message: Message, target: Buffer, at: number): number {
    const line = this.#line ?? messageLine(message, this.#idJson, this.#encoding)
    this.#line = undefined
    return copyBytes(target, at, line, 0, line.length)
  }

  override patchAt(): number {
    return MESSAGE_HEAD.length
  }
}
