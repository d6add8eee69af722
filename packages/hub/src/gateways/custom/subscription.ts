/** A subscription of a user's gateway: the user's `encode` says how a message looks. */
import type { Connection } from '../../core/connection.ts'
import { parseHeaders } from '../../core/headers.ts'
import { asBuffer, type Message } from '../../core/message.ts'
import { Subscription } from '../../core/subscription.ts'
import type { OutgoingMessage } from './definition.ts'

/** One pattern of one connection. */
export class CustomSubscription extends Subscription {
  readonly #connection: Connection
  readonly #encode: (message: Message) => Uint8Array | undefined
  readonly #filter: boolean

  constructor(connection: Connection, pattern: string, encode: (message: Message) => Uint8Array | undefined) {
    super(pattern, undefined, connection)
    this.#connection = connection
    this.#encode = encode
    this.#filter = connection.permissions.mustFilter(pattern)
  }

  override accepts(message: Message): boolean {
    return !this.#filter || this.#connection.permissions.canReceive(message.subject)
  }

  override deliver(message: Message): void {
    const connection = this.#connection
    const bytes = this.#encode(message)
    if (bytes === undefined) return
    if (message.hasReply) {
      connection.permissions.noteReply?.(message.reply as string, connection.host.clock.monotonic())
    }
    const view = asBuffer(bytes)
    connection.outbound.append(view, 0, view.length)
    this.delivered++
    connection.countOut(1, message.sizeBytes)
  }
}

/** What the user's `encode` gets. */
export function outgoing(message: Message): OutgoingMessage {
  const { subject, reply, payload } = message
  let headers: ReadonlyMap<string, string> | undefined
  return {
    subject,
    reply,
    payload,
    get headers() {
      headers ??= new Map(message.hasHeaders ? parseHeaders(message.headers).entries : [])
      return headers
    },
  }
}
