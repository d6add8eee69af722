/** Scrubbing's place in the hub: between the gateways and routing, once for each message, whatever way it came. */
import type { CompiledPolicy, Outcome, Scrubber } from '@wirehub/scrub'
import type { Account } from '../core/account.ts'
import type { Engine, Inspection, InspectionFigures, Inspector, Refusal } from '../core/engine.ts'
import type { Clock } from '../core/environment.ts'
import type { Message } from '../core/message.ts'
import type { DeadLetters } from './dead-letters.ts'
import { showAfter, showBefore, type Taps, tapsOf } from './tap.ts'

/** What inspections share. */
interface Context {
  readonly clock: Clock
  readonly engine: Engine
  readonly deadLetters: DeadLetters
}

/** What differs from hub to hub. */
export interface ScrubInspectorOptions {
  /** Whether `$HUB.TAP.before.>` shows messages that have not been scrubbed. */
  readonly showsBefore: boolean
  /** Figures of the policies that were in force before: what goes on under the same name goes on counting. */
  readonly earlier?: InspectionFigures | undefined
}

/** Asks the policies once per subject; the answer stays with the route until other policies come into force. */
export class ScrubInspector implements Inspector {
  readonly scrubber: Scrubber
  readonly showsBefore: boolean
  readonly #context: Context
  readonly #earlier: InspectionFigures | undefined

  constructor(scrubber: Scrubber, context: Context, { showsBefore, earlier }: ScrubInspectorOptions) {
    this.scrubber = scrubber
    this.showsBefore = showsBefore
    this.#context = context
    this.#earlier = earlier
  }

  get figures(): InspectionFigures {
    const { policies, rules } = this.scrubber.metrics
    if (this.#earlier === undefined) return { policies, rules }
    const { policies: oldPolicies, rules: oldRules } = this.#earlier
    return {
      policies: policies.map((one) =>
        sum(
          one,
          oldPolicies.find(({ policy }) => policy === one.policy),
        ),
      ),
      rules: rules.map((one) =>
        sum(
          one,
          oldRules.find(({ policy, rule }) => policy === one.policy && rule === one.rule),
        ),
      ),
    }
  }

  inspectionOf(account: Account, subject: string): Inspection | undefined {
    // What the hub itself publishes has been through a policy already, or is about one.
    if (subject.startsWith('$HUB.')) return undefined
    const policy = this.scrubber.policyFor(subject)
    const taps = tapsOf(account, subject, this.showsBefore)
    if (taps !== undefined) return new TappedInspection(policy, taps, this.#context)
    return policy === undefined ? undefined : new PolicyInspection(policy, this.#context)
  }

  presentable(subject: string, payload: Uint8Array): Uint8Array | undefined {
    const policy = this.scrubber.policyFor(subject)
    if (policy === undefined) return payload
    const outcome = policy.scrub({ subject, payload }, { nowMs: this.#context.clock.now(), source: 'dead-letter' })
    const left =
      outcome.kind === 'unchanged' ? payload : outcome.kind === 'changed' ? outcome.payload : outcome.deadLetter.payload
    // In a charset of two bytes, or what is no text at all, nothing can be promised to have been found.
    return left === undefined || left.includes(0) ? undefined : left
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
    return settle(message, scrub(this.#policy, message, this.#context), this.#context)
  }
}

/** The same with somebody looking on. */
class TappedInspection implements Inspection {
  readonly #policy: CompiledPolicy | undefined
  readonly #taps: Taps
  readonly #context: Context

  constructor(policy: CompiledPolicy | undefined, taps: Taps, context: Context) {
    this.#policy = policy
    this.#taps = taps
    this.#context = context
  }

  inspect(message: Message): Refusal | undefined {
    const { before, after } = this.#taps
    const { engine } = this.#context
    if (before !== undefined) showBefore(engine, before, message)
    const outcome = this.#policy === undefined ? undefined : scrub(this.#policy, message, this.#context)
    const refusal = outcome === undefined ? undefined : settle(message, outcome, this.#context)
    if (after !== undefined) showAfter(engine, after, message, outcome, this.#policy?.names ?? [])
    return refusal
  }
}

function scrub(policy: CompiledPolicy, message: Message, { clock }: Context): Outcome {
  const headers = message.hasHeaders ? message.headers : undefined
  const { subject, payload } = message
  return policy.scrub({ subject, headers, payload }, { nowMs: clock.now(), source: sourceOf(message) })
}

/** Puts what came out in the message's place, or says why it does not go on and leaves a dead letter. */
function settle(message: Message, outcome: Outcome, { clock, deadLetters }: Context): Refusal | undefined {
  if (outcome.kind === 'unchanged') return undefined
  if (outcome.kind === 'changed') {
    message.compose(message.reply, outcome.headers, outcome.payload)
    return undefined
  }
  const { account, subject, reply } = message
  const { payload, headers: kept, handling } = outcome.deadLetter
  // The dispatch of this message is not over yet: its bytes are copied, and the letter follows when it is.
  const letter = {
    account,
    subject,
    reason: outcome.reason,
    payload: Buffer.from(payload ?? ''),
    headers: kept === undefined ? undefined : Buffer.from(kept),
    detail: {
      Policy: outcome.policy,
      Code: outcome.code,
      Kept: handling,
      ...(reply === undefined ? {} : { Reply: reply.replace(/[\r\n\0]+/g, ' ') }),
    },
    label: outcome.code,
  }
  clock.setImmediate(() => deadLetters.send(letter))
  return { code: outcome.code, sentence: outcome.reason }
}

function sourceOf(message: Message): string {
  const { origin } = message
  if (origin === undefined) return 'embedded'
  return `${origin.protocol}:${origin.user ?? origin.clientName ?? origin.id}`
}

/** The figures of one name, with what was counted under it before. */
function sum<Figures extends object>(now: Figures, before: Figures | undefined): Figures {
  if (before === undefined) return now
  const earlier = before as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => [
      name,
      typeof value === 'number' ? value + ((earlier[name] as number | undefined) ?? 0) : value,
    ]),
  ) as Figures
}
