/** The engine: what gateways and scrub talk to. `EmbeddedEngine` is the one inside this process. */
import type { Account } from './account.ts'
import type { Message } from './message.ts'
import type { Subscription } from './subscription.ts'

/** What an engine can do; a gateway asks before it offers it. */
export interface EngineCapabilities {
  readonly streams: boolean
  readonly sessions: boolean
  readonly retained: boolean
}

/** Why a message was not taken. */
export interface Refusal {
  /** Stable, machine-readable: `policy-rejected`, ... */
  readonly code: string
  readonly sentence: string
}

/** What became of a published message. */
export type PublishOutcome =
  | { readonly kind: 'routed'; readonly count: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const INTERNED = 1024
const routedOutcomes: PublishOutcome[] = Array.from({ length: INTERNED }, (_, count) => ({ kind: 'routed', count }))

/** The outcome "routed to so many"; small counts are not allocated anew. */
function routed(count: number): PublishOutcome {
  return count < INTERNED ? routedOutcomes[count] : { kind: 'routed', count }
}

/** A stage between a gateway and routing that may change or refuse a message; one per policy. Synchronous. */
export interface Inspection {
  /** Returns undefined to let the message pass (perhaps changed in place), or why it does not. */
  inspect(message: Message): Refusal | undefined
}

/** What inspections have done so far, by policy and rule. */
export interface InspectionFigures {
  readonly policies: readonly {
    readonly policy: string
    readonly messages: number
    readonly changed: number
    readonly rejected: number
    readonly bytes: number
    readonly durationMs: number
  }[]
  readonly rules: readonly {
    readonly policy: string
    readonly rule: string
    readonly matches: number
    readonly messages: number
    readonly bytes: number
    readonly durationMs: number
  }[]
}

/** Finds the inspection of a subject; asked once per subject, the answer is kept with the route. */
export interface Inspector {
  readonly figures: InspectionFigures
  /** Whether messages may be looked at as they were before inspection. */
  readonly showsBefore: boolean
  inspectionOf(account: Account, subject: string): Inspection | undefined
  /** What may be shown of a payload that never became a message; undefined when nothing may. */
  presentable(subject: string, payload: Uint8Array): Uint8Array | undefined
}

/** What gateways need. */
export interface Engine {
  readonly capabilities: EngineCapabilities
  /** Scrubs, routes and delivers, within this turn. */
  publish(message: Message): PublishOutcome
  subscribe(account: Account, subscription: Subscription): void
  unsubscribe(account: Account, subscription: Subscription): void
}

/** The engine in this process: one trie per account, nothing stored. */
export class EmbeddedEngine implements Engine {
  readonly capabilities: EngineCapabilities = { streams: false, sessions: false, retained: false }

  publish(message: Message): PublishOutcome {
    const route = message.route
    const inspection = route.attachment as Inspection | undefined
    if (inspection !== undefined) {
      const refusal = inspection.inspect(message)
      if (refusal !== undefined) return { kind: 'refused', refusal }
    }
    const counters = message.account.counters
    counters.messagesIn++
    counters.bytesIn += message.sizeBytes
    return routed(route.dispatch(message))
  }

  subscribe(account: Account, subscription: Subscription): void {
    account.add(subscription)
  }

  unsubscribe(account: Account, subscription: Subscription): void {
    subscription.closed = true
    account.remove(subscription)
  }
}
