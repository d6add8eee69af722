/** A message as the embedding program sees it. It owns its bytes. */
import { parseHeaders } from '../core/headers.ts'
import type { Message } from '../core/message.ts'
import { HubError } from '../errors.ts'
import { decodeValue } from './value.ts'

/** Sends a reply for a message. */
export type Responder = (reply: string, value: unknown) => boolean

/** Headers of a message: names are compared without regard to case. */
export class HubHeaders {
  readonly #entries: readonly (readonly [string, string])[]

  constructor(entries: readonly (readonly [string, string])[]) {
    this.#entries = entries
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase()
    return this.#entries.find(([one]) => one.toLowerCase() === wanted)?.[1]
  }

  /** All values of a name. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.#entries.filter(([one]) => one.toLowerCase() === wanted).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  [Symbol.iterator](): IterableIterator<readonly [string, string]> {
    return this.#entries[Symbol.iterator]()
  }
}

/** A received message. */
export class HubMessage {
  readonly subject: string
  /** Where an answer is expected, if one is. */
  readonly reply: string | undefined
  /** The payload's bytes; the message's own. */
  readonly data: Buffer
  readonly #headerBlock: Buffer
  readonly #respond: Responder
  #headers: HubHeaders | undefined = undefined
  #status: number | undefined = undefined

  constructor(message: Message, respond: Responder) {
    this.subject = message.subject
    this.reply = message.reply
    this.data = Buffer.from(message.payload)
    this.#headerBlock = Buffer.from(message.headers)
    this.#respond = respond
  }

  /** Parsed when first looked at. */
  get headers(): HubHeaders {
    if (this.#headers === undefined) {
      const parsed = parseHeaders(this.#headerBlock)
      this.#headers = new HubHeaders(this.#headerBlock.length === 0 ? [] : parsed.entries)
      this.#status = parsed.status
    }
    return this.#headers
  }

  /** The status of a status message, such as 503 for "no responders". */
  get status(): number | undefined {
    void this.headers
    return this.#status
  }

  /** The payload as the value it was sent as: JSON parsed, text as a string, anything else as bytes. */
  value<T = unknown>(): T {
    return decodeValue(this.data, this.headers.get('content-type')) as T
  }

  /** The payload parsed as JSON. @throws SyntaxError when it is not JSON */
  json<T = unknown>(): T {
    return JSON.parse(this.data.toString('utf8')) as T
  }

  /** The payload as UTF-8 text. */
  text(): string {
    return this.data.toString('utf8')
  }

  /**
   * Answers whoever asked.
   * @returns whether somebody was listening for the answer
   * @throws HubError WIREHUB_ERR_INVALID_SUBJECT when the message asks for none
   */
  respond(value?: unknown): boolean {
    if (this.reply === undefined) {
      throw new HubError('WIREHUB_ERR_INVALID_SUBJECT', 'Nobody waits for an answer to this message.', {
        place: this.subject,
        cure: 'Check message.reply first, or let the sender use request().',
      })
    }
    return this.#respond(this.reply, value)
  }
}
