/** Dead letters: what could not be published goes to `$HUB.DLQ.<subject>`, with the reason. */
import type { Account } from '../core/account.ts'
import type { Engine } from '../core/engine.ts'
import { isHeaderName, parseHeaders } from '../core/headers.ts'
import { Message } from '../core/message.ts'
import { subjectKind } from '../routing/subject.ts'

/** Prefix of dead-letter subjects. */
const DEAD_LETTER_PREFIX = '$HUB.DLQ.'

/** Publishes dead letters and counts them. */
export class DeadLetters {
  readonly #engine: Engine
  readonly #encodeHeaders: (headers: Iterable<readonly [string, string]>) => Uint8Array
  /** Dead letters since the start, by reason. */
  readonly counts: Map<string, number> = new Map()

  constructor(engine: Engine, encodeHeaders: (headers: Iterable<readonly [string, string]>) => Uint8Array) {
    this.#engine = engine
    this.#encodeHeaders = encodeHeaders
  }

  /**
   * @param subject where the message was going
   * @param reason stable and machine-readable; becomes the header `Dead-Letter-Reason`
   * @param detail further headers `Dead-Letter-<Name>`
   * @param headers the header block of the message; its headers are kept
   * @param label what it is counted as; default the reason
   */
  send(
    account: Account,
    subject: string,
    reason: string,
    payload: Uint8Array,
    detail: Record<string, string> = {},
    headers?: Buffer,
    label: string = reason,
  ): void {
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1)
    const target = DEAD_LETTER_PREFIX + (subjectKind(subject) === 'literal' ? subject : 'invalid')
    const entries: (readonly [string, string])[] = [
      ['Dead-Letter-Reason', reason],
      ['Dead-Letter-Subject', subject],
    ]
    for (const [name, value] of Object.entries(detail)) entries.push([`Dead-Letter-${name}`, value])
    // What does not fit into a header block was no header; the letter must arrive all the same.
    if (headers !== undefined) entries.push(...parseHeaders(headers).entries.filter(([name]) => isHeaderName(name)))
    const message = new Message()
    message.account = account
    message.route = account.routeFor(target)
    message.compose(undefined, this.#encodeHeaders(entries), payload)
    this.#engine.publish(message)
  }
}
