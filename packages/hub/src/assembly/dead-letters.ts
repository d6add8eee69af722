/** Dead letters: what could not be published goes to `$HUB.DLQ.<subject>`, with the reason. */
import type { Account } from '../core/account.ts'
import type { Engine, Inspector } from '../core/engine.ts'
import { isHeaderName, parseHeaders } from '../core/headers.ts'
import { Message } from '../core/message.ts'
import { subjectKind } from '../routing/subject.ts'

const DEAD_LETTER_PREFIX = '$HUB.DLQ.'
const OWN_HEADERS = 'dead-letter-'
const NOTHING = Buffer.alloc(0)

/** One letter. */
export interface DeadLetter {
  readonly account: Account
  /** Where the message was going. */
  readonly subject: string
  /** Stable and machine-readable, or a sentence; becomes the header `Dead-Letter-Reason`. */
  readonly reason: string
  readonly payload: Uint8Array
  /** Further headers `Dead-Letter-<Name>`. */
  readonly detail?: Readonly<Record<string, string>>
  /** The header block of the message; its headers are kept. */
  readonly headers?: Buffer | undefined
  /** What it is counted as; default the reason. */
  readonly label?: string
}

/** Publishes dead letters and counts them. */
export class DeadLetters {
  readonly #engine: Engine
  readonly #encodeHeaders: (headers: Iterable<readonly [string, string]>) => Uint8Array
  readonly #inspector: () => Inspector | undefined
  /** Dead letters since the start, by reason. */
  readonly counts: Map<string, number> = new Map()

  constructor(
    engine: Engine,
    encodeHeaders: (headers: Iterable<readonly [string, string]>) => Uint8Array,
    inspector: () => Inspector | undefined,
  ) {
    this.#engine = engine
    this.#encodeHeaders = encodeHeaders
    this.#inspector = inspector
  }

  /** What a gateway could make no message of, or deliver to nobody. It has been through no policy yet: what the policies of its subject would not let pass is not shown here either. */
  unscrubbed(
    account: Account,
    subject: string,
    reason: string,
    payload: Uint8Array,
    detail: Readonly<Record<string, string>> = {},
  ): void {
    const inspector = this.#inspector()
    const shown = payload.length === 0 || inspector === undefined ? payload : inspector.presentable(subject, payload)
    if (shown !== undefined) this.send({ account, subject, reason, payload: shown, detail })
    else this.send({ account, subject, reason, payload: NOTHING, detail: { ...detail, Kept: 'dropped' } })
  }

  /** Publishes a letter as it is. */
  send(letter: DeadLetter): void {
    const { account, subject, reason, label = reason } = letter
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1)
    const target = DEAD_LETTER_PREFIX + (subjectKind(subject) === 'literal' ? subject : 'invalid')
    const entries: (readonly [string, string])[] = [
      ['Dead-Letter-Reason', reason],
      ['Dead-Letter-Subject', subject],
    ]
    for (const [name, value] of Object.entries(letter.detail ?? {})) entries.push([`Dead-Letter-${name}`, value])
    if (letter.headers !== undefined) entries.push(...originalHeaders(letter.headers))
    const message = new Message()
    message.account = account
    message.route = account.routeFor(target)
    message.compose(undefined, this.#encodeHeaders(entries), letter.payload)
    this.#engine.publish(message)
  }
}

// What does not fit into a header block was no header; the letter must arrive all the same. A letter that was one before says why this time.
function originalHeaders(block: Buffer): (readonly [string, string])[] {
  return parseHeaders(block).entries.filter(
    ([name]) => isHeaderName(name) && !name.toLowerCase().startsWith(OWN_HEADERS),
  )
}
