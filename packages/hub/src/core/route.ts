/** The answer to "where does this subject go?", computed once per literal subject and kept until the subscriptions change. */

import type { SubjectKind } from '../routing/subject.ts'
import type { Match } from '../routing/subscription-index.ts'
import type { Connection } from './connection.ts'
import type { Random } from './environment.ts'
import { FanOut } from './fan-out.ts'
import type { Message } from './message.ts'
import type { Subscription } from './subscription.ts'
import type { Turn } from './turn.ts'

// Never written to.
const NOBODY: Subscription[] = []
const NO_FAN_OUTS: FanOut[] = []
const NO_QUEUES: QueueChoice[] = []

/** One queue group's members, served in turn. */
class QueueChoice {
  readonly members: Subscription[]
  #next: number

  constructor(members: Subscription[], first: number) {
    this.members = members
    this.#next = first
  }

  /** Gives the message to the next member that can take it; false when none can. */
  deliver(message: Message): boolean {
    const members = this.members
    const count = members.length
    for (let tries = 0; tries < count; tries++) {
      const index = this.#next
      this.#next = index + 1 === count ? 0 : index + 1
      const member = members[index]
      if (member.closed || !member.accepts(message)) continue
      member.deliver(message)
      return true
    }
    return false
  }
}

/** A literal subject with everything that its messages are delivered to. Immutable but for the turn of its queue groups. */
export class Route {
  readonly subject: string
  readonly subjectBytes: Buffer
  #singles: Subscription[] = NOBODY
  #fanOuts: FanOut[] = NO_FAN_OUTS
  #queues: QueueChoice[] = NO_QUEUES
  /** The index generation it was computed for; -1 once it is known to be out of date. */
  generation: number
  /** What the engine keeps with the subject, such as its scrub policy. */
  readonly attachment: unknown
  /** `literal`, or what else a publisher has made of it: such a subject reaches whom nats-server would let it reach. */
  readonly kind: SubjectKind

  constructor(
    subject: string,
    subjectBytes: Buffer,
    match: Match<Subscription>,
    generation: number,
    turn: Turn,
    random: Random,
    attachment: unknown,
    kind: SubjectKind,
  ) {
    this.kind = kind
    this.subject = subject
    this.subjectBytes = subjectBytes
    this.generation = generation
    this.attachment = attachment
    // Many subjects have one subscriber or none: nothing is made for what they do not have.
    if (match.plain.length === 1) this.#singles = match.plain
    else if (match.plain.length > 1) this.#split(match.plain, turn)
    if (match.queues.length === 0) return
    this.#queues = match.queues.map((members) => new QueueChoice(members, Math.floor(random.next() * members.length)))
  }

  #split(plain: Subscription[], turn: Turn): void {
    this.#singles = []
    this.#fanOuts = []
    const crowds = new Map<string, Subscription[]>()
    for (const subscription of plain) {
      const key = subscription.shareKey
      if (key === undefined) {
        this.#singles.push(subscription)
        continue
      }
      const crowd = crowds.get(key)
      if (crowd === undefined) crowds.set(key, [subscription])
      else crowd.push(subscription)
    }
    for (const crowd of crowds.values()) {
      if (crowd.length === 1 || hasRepeatedConnection(crowd)) for (const one of crowd) this.#singles.push(one)
      else this.#fanOuts.push(new FanOut(turn, crowd))
    }
  }

  /** Whether nobody is interested. */
  get isEmpty(): boolean {
    return this.#singles.length === 0 && this.#fanOuts.length === 0 && this.#queues.length === 0
  }

  /** How many a message goes to; one for each queue group. */
  get size(): number {
    return this.#fanOuts.reduce((sum, one) => sum + one.size, this.#singles.length + this.#queues.length)
  }

  /** A plain subscription of this connection that the subject is routed to, if there is one. */
  subscriptionOf(connection: Connection): Subscription | undefined {
    for (const one of this.#singles) if (one.connection === connection && !one.closed) return one
    for (const fanOut of this.#fanOuts) {
      const found = fanOut.members.find((one) => one.connection === connection && !one.closed)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Delivers a message to everybody; returns to how many. */
  dispatch(message: Message): number {
    let count = 0
    const singles = this.#singles
    for (let i = 0; i < singles.length; i++) {
      const subscription = singles[i]
      if (subscription.closed || !subscription.accepts(message)) continue
      subscription.deliver(message)
      count++
    }
    const fanOuts = this.#fanOuts
    for (let i = 0; i < fanOuts.length; i++) {
      fanOuts[i].deliver(message)
      count += fanOuts[i].size
    }
    const queues = this.#queues
    for (let i = 0; i < queues.length; i++) if (queues[i].deliver(message)) count++
    return count
  }
}

// In a shared run a connection that subscribed twice would get all messages of the first subscription before those of the second.
function hasRepeatedConnection(crowd: Subscription[]): boolean {
  const seen = new Set(crowd.map((one) => one.connection))
  return seen.size !== crowd.length
}
