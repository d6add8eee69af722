/** Stamped headers: what the hub vouches for about the sender of a message. */
import type { Connection } from './connection.ts'
import { encodeHeaders, withoutStampedHeaders } from './headers.ts'
import type { Message } from './message.ts'

/** What can be stamped. */
export const stampFields = ['user', 'client', 'address', 'time'] as const
export type StampField = (typeof stampFields)[number]

const VERSION_LINE = 'NATS/1.0'

/** Takes away what only the hub may write. For messages in which `hasStampedHeader` has found something. */
export function removeStamps(message: Message): void {
  message.compose(message.reply, withoutStampedHeaders(message.headers), message.payload)
}

/**
 * Stamps the messages of one connection: `Wirehub-User`, `Wirehub-Client` (what the client calls itself), `Wirehub-Address`, `Wirehub-Time` (ISO 8601).
 * Made once the connection is ready, since who it is does not change from there on.
 */
export class Stamper {
  readonly #connection: Connection
  readonly #constant: [string, string][] = []
  readonly #withTime: boolean

  constructor(connection: Connection, fields: ReadonlySet<StampField>) {
    this.#connection = connection
    this.#withTime = fields.has('time')
    const { user, clientName, remoteAddress } = connection
    if (fields.has('user') && user !== undefined) this.#constant.push(['Wirehub-User', visible(user)])
    if (fields.has('client') && clientName !== undefined) this.#constant.push(['Wirehub-Client', visible(clientName)])
    if (fields.has('address')) this.#constant.push(['Wirehub-Address', remoteAddress === '' ? 'local' : remoteAddress])
  }

  /** Replaces whatever stamps the message has by its own. */
  stamp(message: Message): void {
    const stamps = this.#withTime
      ? [...this.#constant, ['Wirehub-Time', new Date(this.#connection.host.clock.now()).toISOString()] as const]
      : this.#constant
    const own = encodeHeaders(stamps)
    const given = message.hasHeaders ? withoutStampedHeaders(message.headers) : undefined
    message.compose(message.reply, given === undefined ? own : joined(given, own), message.payload)
  }
}

// A block that is none (clients may send anything) is replaced: what follows it would not be read.
function joined(given: Buffer, own: Buffer): Buffer {
  const sound =
    given.toString('latin1', 0, VERSION_LINE.length) === VERSION_LINE &&
    given.toString('latin1', Math.max(0, given.length - 4)) === '\r\n\r\n'
  if (!sound) return own
  return Buffer.concat([given.subarray(0, given.length - 2), own.subarray(VERSION_LINE.length + 2)])
}

function visible(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ')
}
