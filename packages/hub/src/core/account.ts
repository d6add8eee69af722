/** An account: a subject space of its own, with its subscriptions, limits and counts. */

import { RouteCache } from '../routing/route-cache.ts'
import { type SubjectKind, subjectKind } from '../routing/subject.ts'
import { type Match, SubscriptionIndex } from '../routing/subscription-index.ts'
import type { Connection } from './connection.ts'
import { copyBytes } from './copy.ts'
import type { Random } from './environment.ts'
import { Route } from './route.ts'
import type { Subscription } from './subscription.ts'
import type { Turn } from './turn.ts'

/** Patterns that select some of them. Dead letters are not among them: whoever watches those makes nothing dearer. */
const SEES_TAPS = /^\$HUB\.(?:TAP\.|[>*])/
/** Subjects that show traffic before and after inspection. */
export const TAP_PREFIX = '$HUB.TAP.'

/** Limits of one account; `undefined` in a config means the default of docs/limits.md. */
export interface AccountLimits {
  /** Connections of this account at the same time. */
  maxConnections: number
  /** Subscriptions of all its connections together. */
  maxSubscriptions: number
  /** Routes kept in the cache of exact answers. */
  routeCacheEntries: number
}

/** Who gets messages of a subject beside the subscriptions of its account. */
export interface RouteExtras {
  readonly subscriptions: readonly Subscription[]
  /** Whether they take the place of the account's own: the subject is mapped to another. */
  readonly instead: boolean
}

/** What the account needs from its hub. */
export interface AccountContext {
  readonly turn: Turn
  readonly random: Random
  /** What the engine keeps with a subject, e.g. its scrub policy. */
  attach(account: Account, subject: string): unknown
  /** Who else gets messages of this subject; asked when its route is worked out. `mapped`: mappings have been applied. */
  extrasOf?(account: Account, subject: string, mapped: boolean): RouteExtras | undefined
}

/** Running totals of an account. */
export interface TrafficCounters {
  messagesIn: number
  bytesIn: number
  messagesOut: number
  bytesOut: number
}

/** A subject space. */
export class Account {
  readonly name: string
  readonly limits: AccountLimits
  readonly connections: Set<Connection> = new Set()
  readonly counters: TrafficCounters = { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 }
  readonly #context: AccountContext
  readonly #index = new SubscriptionIndex<Subscription>()
  readonly #cache: RouteCache<Route>
  /** Subscriptions added and removed, and routes worked out, since the start. */
  readonly lookups: { inserts: number; removes: number; matches: number } = { inserts: 0, removes: 0, matches: 0 }
  /** Raised by every change that may touch many routes. */
  generation = 0
  #observers = 0

  constructor(name: string, limits: AccountLimits, context: AccountContext) {
    this.name = name
    this.limits = limits
    this.#context = context
    this.#cache = new RouteCache(limits.routeCacheEntries)
  }

  get subscriptionCount(): number {
    return this.#index.size
  }

  /** Whether one more connection may become one of this account's. */
  get hasRoomForConnection(): boolean {
    return this.connections.size < this.limits.maxConnections
  }

  /** Whether one more subscription may be made. */
  get hasRoomForSubscription(): boolean {
    return this.#index.size < this.limits.maxSubscriptions
  }

  /** Whether anybody may be looking on: has subscribed to a tap, or to more than that. */
  get observed(): boolean {
    return this.#observers > 0
  }

  add(subscription: Subscription): void {
    this.#index.add(subscription)
    this.lookups.inserts++
    if (SEES_TAPS.test(subscription.subject)) this.#observers++
    this.#changed(subscription.subject)
  }

  remove(subscription: Subscription): boolean {
    const found = this.#index.remove(subscription)
    if (!found) return false
    this.lookups.removes++
    if (SEES_TAPS.test(subscription.subject)) this.#observers--
    this.#changed(subscription.subject)
    return true
  }

  // A literal subject concerns one route, a pattern any number; so does a tap, whose subject is not the one it looks at.
  #changed(subject: string): void {
    if (subjectKind(subject) === 'literal' && !subject.startsWith(TAP_PREFIX)) this.#cache.invalidate(subject)
    else this.generation++
  }

  /** Forgets every route, because something that routes carry has changed (a policy, a permission). */
  invalidateRoutes(): void {
    this.generation++
  }

  /** Whether a remembered route still holds. */
  isCurrent(route: Route): boolean {
    return route.generation === this.generation
  }

  /** The routes that are kept and still hold. */
  *currentRoutes(): Generator<Route> {
    for (const route of this.#cache.kept()) if (this.isCurrent(route)) yield route
  }

  /** The route of the subject that stands at source[start, end). */
  routeOf(source: Buffer, start: number, end: number): Route {
    const known = this.#cache.find(source, start, end)
    if (known !== undefined && known.generation === this.generation) return known
    const bytes = Buffer.allocUnsafe(end - start)
    copyBytes(bytes, 0, source, start, end)
    return this.#resolve(source.toString('utf8', start, end), bytes)
  }

  /** The route of a subject given as text. */
  routeFor(subject: string): Route {
    const bytes = Buffer.from(subject)
    const known = this.#cache.find(bytes, 0, bytes.length)
    if (known !== undefined && known.generation === this.generation) return known
    return this.#resolve(subject, bytes)
  }

  /** The route of a subject that mappings leave as it is; not kept. */
  routeUnmapped(subject: string): Route {
    const { turn, random } = this.#context
    const match = this.#matchOf(subject, 'literal', true)
    const attachment = this.#context.attach(this, subject)
    return new Route(subject, Buffer.from(subject), match, -1, turn, random, attachment, 'literal')
  }

  #matchOf(subject: string, kind: SubjectKind, mapped: boolean): Match<Subscription> {
    const match = this.#index.match(subject)
    const extras = kind === 'literal' ? this.#context.extrasOf?.(this, subject, mapped) : undefined
    if (extras === undefined) return match
    const { subscriptions, instead } = extras
    return instead
      ? { plain: [...subscriptions], queues: [] }
      : { plain: [...match.plain, ...subscriptions], queues: match.queues }
  }

  #resolve(subject: string, bytes: Buffer): Route {
    const { asked } = this.#cache
    const kind = subjectKind(subject)
    this.lookups.matches++
    // First, because the answer may look at other routes.
    const attachment = this.#context.attach(this, subject)
    // With an empty token or a control character it goes nowhere, not even to a wildcard.
    const match = kind === 'invalid' ? { plain: [], queues: [] } : this.#matchOf(subject, kind, false)
    const { turn, random } = this.#context
    const route = new Route(subject, bytes, match, this.generation, turn, random, attachment, kind)
    // What is not kept holds for one message only, since changes are announced to what is kept. Queue groups are served in turn, so their turn is kept.
    if (match.queues.length === 0 && !this.#cache.isWorthKeeping(asked)) route.generation = -1
    else {
      // Bytes that are no UTF-8 share their text with others: such an answer never counts as current, since changes are announced by text.
      if (subject.includes('\ufffd')) route.generation = -1
      this.#cache.put(route)
    }
    return route
  }
}
