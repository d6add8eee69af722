/** The subscriptions of one NATS client by their sid: SUB and UNSUB. */
import { subjectKind } from '../../routing/subject.ts'
import { fatal, OK, remark } from './replies.ts'
import type { NatsSession } from './session.ts'
import { NatsSubscription } from './subscription.ts'

const CONTROL = /[\x00-\x1f\x7f]/

/** One client's SUBs. */
export class SubscriptionTable {
  readonly #session: NatsSession
  readonly #bySid = new Map<string, NatsSubscription>()

  constructor(session: NatsSession) {
    this.#session = session
  }

  /** `SUB subject [queue] sid`; a sid that is taken stays with its subject, as in nats-server. */
  subscribe(line: string): void {
    const session = this.#session
    const args = splitArguments(line)
    const sid = args[args.length - 1]
    if (args.length < 2 || args.length > 3 || CONTROL.test(sid)) return session.fail(fatal.parser)
    const subject = text(args[0])
    const queue = args.length === 3 ? text(args[1]) : undefined
    const { connection } = session
    if (!connection.maySubscribe(subject, queue)) {
      return session.remark(remark.subscribeDenied(subject, queue))
    }
    if (subjectKind(subject) === 'invalid' || (queue !== undefined && CONTROL.test(queue))) {
      return session.remark(remark.invalidSubject)
    }
    if (!this.#bySid.has(sid)) {
      if (!connection.hasRoomForSubscription) return session.remark(remark.tooManySubscriptions)
      const subscription = new NatsSubscription(connection, subject, queue, sid, session.options.headers)
      this.#bySid.set(sid, subscription)
      connection.subscribe(subscription)
    }
    if (session.options.verbose) session.write(OK)
  }

  /** `UNSUB sid [max]`; a max that is reached already, or makes no sense, ends it at once. */
  unsubscribe(line: string): void {
    const session = this.#session
    const args = splitArguments(line)
    if (args.length < 1 || args.length > 2) return session.fail(fatal.parser)
    const subscription = this.#bySid.get(args[0])
    if (subscription !== undefined) {
      const { connection } = session
      // What has been published counts, also while it is still on its way.
      if (connection.outbound.inFanOut) connection.host.turn.closeFanOut()
      const max = args.length === 2 && /^\d{1,15}$/.test(args[1]) ? Number(args[1]) : 0
      if (max > subscription.delivered) this.#limit(subscription, max)
      else this.ended(subscription)
    }
    if (session.options.verbose) session.write(OK)
  }

  // From here on its deliveries are counted one by one, so its encoding is no longer shared: routes must be worked out anew.
  #limit(subscription: NatsSubscription, max: number): void {
    subscription.max = max
    if (subscription.shareKey === undefined) return
    const { connection } = this.#session
    connection.unsubscribe(subscription)
    subscription.closed = false
    subscription.setShare()
    connection.subscribe(subscription)
  }

  /** Permissions have changed: what is not allowed any more ends, the rest is filtered as it must be now. */
  revise(): void {
    const { connection } = this.#session
    for (const subscription of [...this.#bySid.values()]) {
      const { subject, queue } = subscription
      connection.unsubscribe(subscription)
      if (connection.maySubscribe(subject, queue)) {
        subscription.closed = false
        subscription.revise()
        connection.subscribe(subscription)
      } else {
        this.#bySid.delete(subscription.sid)
        this.#session.remark(remark.subscribeDenied(subject, queue))
      }
    }
  }

  /** It has delivered its last message, or is not wanted any more. */
  ended(subscription: NatsSubscription): void {
    this.#bySid.delete(subscription.sid)
    this.#session.connection.unsubscribe(subscription)
  }
}

/** Arguments separated by spaces and tabs. */
function splitArguments(line: string): string[] {
  const args: string[] = []
  let start = -1
  for (let at = 0; at <= line.length; at++) {
    const blank = at === line.length || line.charCodeAt(at) === 32 || line.charCodeAt(at) === 9
    if (!blank) {
      if (start < 0) start = at
    } else if (start >= 0) {
      args.push(line.slice(start, at))
      start = -1
    }
  }
  return args
}

// Lines are read as latin1, one character for each byte, so that a sid goes back as it came.
// Made anew in any case: a slice would keep its whole line in memory, and cost the index a look at another place for each comparison.
function text(argument: string): string {
  return Buffer.from(argument, 'latin1').toString('utf8')
}
