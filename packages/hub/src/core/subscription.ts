/** Somebody's interest in subjects, and how a message gets to them. */
import type { Indexed } from '../routing/subscription-index.ts'
import type { Connection } from './connection.ts'
import type { Message } from './message.ts'

/**
 * One interest. Each gateway has its own kind, which knows how its wire format says "a message".
 *
 * Where several subscriptions would get the very same bytes, or the same but for an identifier of equal length,
 * `shareKey` says so and the bytes are encoded once for all of them (see `turn/fan-out.ts`).
 */
export abstract class Subscription implements Indexed {
  readonly subject: string
  readonly queue: string | undefined
  /** The connection it belongs to; undefined for the embedding program's own. */
  readonly connection: Connection | undefined
  slot = -1
  /** Messages delivered so far. */
  delivered = 0
  /** Deliveries after which it ends; 0 means no end. */
  max = 0
  closed = false

  /** Equal keys mean: equal bytes on the wire but for the `patch` bytes. Undefined: never shared. */
  shareKey: string | undefined = undefined
  /** The identifier by which otherwise equal encodings differ; the NATS sid. */
  patch: Buffer | undefined = undefined

  constructor(subject: string, queue: string | undefined, connection: Connection | undefined) {
    this.subject = subject
    this.queue = queue
    this.connection = connection
  }

  /** Whether this message may go to it: not an echo that is not wanted, nor a subject that is denied. */
  accepts(_message: Message): boolean {
    return true
  }

  /** What its client calls it (the NATS sid); shown by monitoring. */
  get identifier(): string | undefined {
    return undefined
  }

  /** Delivers one message. Must not throw. */
  abstract deliver(message: Message): void

  /** An upper bound of the bytes that `encode` writes. Only called where `shareKey` is set. */
  encodedBytes(_message: Message): number {
    return 0
  }

  /**
   * Encodes the message at `at`, returns the position after it; when `patch` is set, `patchAt` tells where in the encoding it stands.
   * Only called where `shareKey` is set.
   */
  encode(_message: Message, _target: Buffer, at: number): number {
    return at
  }

  /** Offset of the patch bytes from the start of an encoding of this message. */
  patchAt(_message: Message): number {
    return 0
  }
}
