/** Subscriptions of the embedding program: messages are copied, queued and handed over at the end of the turn. */
import type { Message } from '../core/message.ts'
import { Subscription } from '../core/subscription.ts'
import { parseLiteral } from '../routing/subject.ts'
import { HubMessage, type Responder } from './hub-message.ts'
import type { Mailroom } from './mailroom.ts'
import { assertKnownOptions, wholeNumber } from './options.ts'

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Name of the queue group: each message goes to one member. */
  queue?: string
  /** Ends after so many messages. */
  max?: number
  /** Messages that may wait for the program; more are dropped and counted. Default 65,536. */
  maxPendingMessages?: number
  /** Bytes that may wait. Default 64 MiB. */
  maxPendingBytes?: number
  /** Ends the subscription when it is aborted. */
  signal?: AbortSignal
}

const optionNames: readonly (keyof SubscribeOptions)[] = [
  'queue',
  'max',
  'maxPendingMessages',
  'maxPendingBytes',
  'signal',
]

const DEFAULT_PENDING_MESSAGES = 65_536
const DEFAULT_PENDING_BYTES = 64 * 1024 * 1024

/** One interest of the embedding program. */
export class EmbeddedSubscription extends Subscription {
  readonly #mailroom: Mailroom
  readonly #handle: (message: HubMessage) => void
  readonly #respond: Responder
  readonly #maxMessages: number
  readonly #maxBytes: number
  readonly #heldByIterator: boolean
  #pendingMessages = 0
  #pendingBytes = 0
  /** Messages that were not kept because too many were waiting. */
  dropped = 0
  /** Called when the last message (see `max`) has been handed over. */
  onEnd: (() => void) | undefined = undefined

  constructor(
    subject: string,
    options: SubscribeOptions,
    mailroom: Mailroom,
    respond: Responder,
    handle: (message: HubMessage) => void,
    heldByIterator: boolean,
  ) {
    assertKnownOptions('subscribe', options, optionNames)
    super(subject, options.queue === undefined ? undefined : parseLiteral(options.queue), undefined)
    this.#mailroom = mailroom
    this.#respond = respond
    this.#handle = handle
    this.#heldByIterator = heldByIterator
    this.max = options.max === undefined ? 0 : wholeNumber('max', options.max, 0)
    this.#maxMessages = wholeNumber('maxPendingMessages', options.maxPendingMessages, DEFAULT_PENDING_MESSAGES)
    this.#maxBytes = wholeNumber('maxPendingBytes', options.maxPendingBytes, DEFAULT_PENDING_BYTES)
  }

  get pendingMessages(): number {
    return this.#pendingMessages
  }

  override deliver(message: Message): void {
    const size = message.payloadBytes
    if (this.#pendingMessages >= this.#maxMessages || this.#pendingBytes + size > this.#maxBytes) {
      this.dropped++
      this.#mailroom.dropped++
      return
    }
    this.#pendingMessages++
    this.#pendingBytes += size
    this.delivered++
    const counters = message.account.counters
    counters.messagesOut++
    counters.bytesOut += size
    const last = this.max > 0 && this.delivered >= this.max
    this.#mailroom.post(this, new HubMessage(message, this.#respond), last)
    if (last) this.closed = true
  }

  /** Hands one message over; called by the mailroom. */
  handOver(message: HubMessage, last: boolean): void {
    if (!this.#heldByIterator) this.taken(message)
    this.#handle(message)
    if (last) this.onEnd?.()
  }

  /** The program has taken a message: it no longer counts as waiting. */
  taken(message: HubMessage): void {
    this.#pendingMessages--
    this.#pendingBytes -= message.data.length
  }
}
