/** Scrubbing's place in the hub: between the gateways and routing, once for each message, whatever way it came. */
import type { CompiledPolicy, Scrubber } from '@wirehub/scrub'
import type { Account } from '../core/account.ts'
import type { Inspection, Inspector, Refusal } from '../core/engine.ts'
import type { Clock } from '../core/environment.ts'
import type { Message } from '../core/message.ts'
import type { DeadLetters } from './dead-letters.ts'

/** What inspections share. */
interface Context {
  readonly clock: Clock
  readonly deadLetters: DeadLetters
}

/** Asks the policies once per subject; the answer stays with the route until other policies come into force. */
export class ScrubInspector implements Inspector {
  readonly scrubber: Scrubber
  readonly #context: Context

  constructor(scrubber: Scrubber, context: Context) {
    this.scrubber = scrubber
    this.#context = context
  }

  inspectionOf(_account: Account, subject: string): Inspection | undefined {
    // What the hub itself publishes has been through a policy already, or is about one.
    if (subject.startsWith('$HUB.')) return undefined
    const policy = this.scrubber.policyFor(subject)
    return policy === undefined ? undefined : new PolicyInspection(policy, this.#context)
  }
}

class PolicyInspection implements Inspection {
  readonly #policy: CompiledPolicy
  readonly #context: Context

  constructor(policy: CompiledPolicy, context: Context) {
    this.#policy = policy
    this.#context = context
  }

  inspect(message: Message): Refusal | undefined {
    const headers = message.hasHeaders ? message.headers : undefined
    const outcome = this.#policy.scrub(
      { subject: message.subject, headers, payload: message.payload },
      { nowMs: this.#context.clock.now(), source: sourceOf(message) },
    )
    if (outcome.kind === 'unchanged') return undefined
    if (outcome.kind === 'changed') {
      message.compose(message.reply, outcome.headers, outcome.payload)
      return undefined
    }
    const { account, subject } = message
    const { payload, headers: kept, handling } = outcome.deadLetter
    // The dispatch of this message is not over yet: its bytes are copied, and the letter follows when it is.
    const letter = Buffer.from(payload ?? '')
    const block = kept === undefined ? undefined : Buffer.from(kept)
    const detail = { Policy: outcome.policy, Code: outcome.code, Kept: handling }
    this.#context.clock.setImmediate(() =>
      this.#context.deadLetters.send(account, subject, outcome.reason, letter, detail, block, outcome.code),
    )
    return { code: outcome.code, sentence: outcome.reason }
  }
}

function sourceOf(message: Message): string {
  const { origin } = message
  if (origin === undefined) return 'embedded'
  return `${origin.protocol}:${origin.user ?? origin.clientName ?? origin.id}`
}
