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

type Scrub = (message: Message) => Outcome

const UNTIMED = { nowMs: 0, source: '' }

/** What differs from hub to hub. */
export interface ScrubInspectorOptions {
  /** Whether `$HUB.TAP.before.>` shows messages that have not been scrubbed. */
  readonly showsBefore: boolean
}

/** Asks the policies once per subject; the answer stays with the route until other policies come into force. */
export class ScrubInspector implements Inspector {
  readonly scrubber: Scrubber
  readonly showsBefore: boolean
  readonly #context: Context
  #earlier: InspectionFigures | undefined = undefined

  constructor(scrubber: Scrubber, context: Context, { showsBefore }: ScrubInspectorOptions) {
    this.scrubber = scrubber
    this.showsBefore = showsBefore
    this.#context = context
  }

  /** Takes over from the policies that were in force before: what has the same name goes on counting. */
  follow(earlier: ScrubInspector): void {
    this.#earlier = earlier.figures
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
    const scrub = policy === undefined ? undefined : this.#scrubOf(policy)
    if (taps !== undefined) return new TappedInspection(scrub, policy?.names ?? [], taps, this.#context)
    return scrub === undefined ? undefined : new PolicyInspection(scrub, this.#context)
  }

  // Time and origin are for enrichment: where no policy enriches, nobody asks for them.
  #scrubOf(policy: CompiledPolicy): Scrub {
    const { clock } = this.#context
    const enriches = this.scrubber.policies.some(
      ({ name, stages }) => stages.includes('enrich') && policy.names.includes(name),
    )
    return (message) => {
      const headers = message.hasHeaders ? message.headers : undefined
      const { subject, payload } = message
      const context = enriches ? { nowMs: clock.now(), source: sourceOf(message) } : UNTIMED
      return policy.scrub({ subject, headers, payload }, context)
    }
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
  readonly #scrub: Scrub
  readonly #context: Context

  constructor(scrub: Scrub, context: Context) {
    this.#scrub = scrub
    this.#context = context
  }

  inspect(message: Message): Refusal | undefined {
    return settle(message, this.#scrub(message), this.#context)
  }
}

/** The same with somebody looking on. */
class TappedInspection implements Inspection {
  readonly #scrub: Scrub | undefined
  readonly #policies: readonly string[]
  readonly #taps: Taps
  readonly #context: Context

  constructor(scrub: Scrub | undefined, policies: readonly string[], taps: Taps, context: Context) {
    this.#scrub = scrub
    this.#policies = policies
    this.#taps = taps
    this.#context = context
  }

  inspect(message: Message): Refusal | undefined {
    const { before, after } = this.#taps
    const { engine } = this.#context
    if (before !== undefined) showBefore(engine, before, message)
    const outcome = this.#scrub?.(message)
    const refusal = outcome === undefined ? undefined : settle(message, outcome, this.#context)
    if (after !== undefined) showAfter(engine, after, message, outcome, this.#policies)
    return refusal
  }
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
