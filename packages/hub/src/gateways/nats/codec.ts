/**
 * The NATS client protocol, server side: operations are cut out of the byte stream, PUB and HPUB published. Source: NATS client protocol
 * reference; where that is silent, what nats-server does.
 */
import type { CloseReason, Connection } from '../../core/connection.ts'
import type { PublishOutcome } from '../../core/engine.ts'
import type { Codec } from '../../core/gateway.ts'
import { hasStampedHeader } from '../../core/headers.ts'
import { Message } from '../../core/message.ts'
import type { Route } from '../../core/route.ts'
import { removeStamps, Stamper } from '../../core/stamp.ts'
import type { Subscription } from '../../core/subscription.ts'
import { equalBytes } from '../../routing/route-cache.ts'
import type { NatsGatewayContext } from './context.ts'
import { PublishLine } from './publish-line.ts'
import { type FatalError, fatal, NO_RESPONDERS, OK, refusedStatus, remark } from './replies.ts'
import { NatsSession } from './session.ts'
import type { NatsSubscription } from './subscription.ts'
import { SubscriptionTable } from './subscription-table.ts'

const CR = 13
const LF = 10
const SPACE = 32
const TAB = 9
const DOLLAR = 36
const UNDERSCORE = 95
const NOTHING = Buffer.alloc(0)
/** An unfinished operation gets room for all of it at once up to this size; beyond, room grows with what has arrived. */
const FIRST_ROOM_BYTES = 128 * 1024
const VERBS = ['PING', 'PONG', 'PUB ', 'HPUB ', 'SUB ', 'UNSUB ', 'CONNECT', 'INFO ', '+OK', '-ERR ']
const RESERVED_REPLIES = ['_R_.', '$JS.ACK.', '$HUB.']

/** What an operation comes to that does not end where the next begins. */
const INCOMPLETE = -1
const ENDED = -2
/** The quick way does not fit. */
const UNLIKE = -3
const ZERO = 48
/** Sizes of more digits take the long way. */
const MOST_DIGITS = 7

// Shared by all codecs: a dispatch is over before the next begins.
const line = new PublishLine()
const message = new Message()
const status = new Message()

/** The protocol of one NATS client. */
export class NatsCodec implements Codec {
  readonly #connection: Connection
  readonly #context: NatsGatewayContext
  readonly #session: NatsSession
  readonly #table: SubscriptionTable
  #lastRoute: Route | undefined = undefined
  #stamper: Stamper | undefined = undefined
  // The beginning of an operation whose end has not been read yet, and how long it will be (0: not known yet).
  #rest: Buffer = NOTHING
  #restBytes = 0
  #restNeeds = 0
  // What arrived while authentication was being decided.
  #held: Buffer[] = []
  #ended = false

  readonly #whenClosed: () => void

  constructor(connection: Connection, context: NatsGatewayContext, whenClosed: () => void) {
    this.#whenClosed = whenClosed
    this.#connection = connection
    this.#context = context
    this.#session = new NatsSession(connection, context, this)
    this.#table = new SubscriptionTable(this.#session)
    this.#session.open()
  }

  readonly readsInPlace = true

  receive(chunk: Buffer): void {
    let at = 0
    while (this.#restBytes > 0 && at < chunk.length) at = this.#fill(chunk, at)
    if (at < chunk.length) this.#take(chunk, at)
  }

  /** Executes what is complete of source[at, end) as the phase allows, keeps what is not. */
  #take(source: Buffer, at: number): void {
    const end = source.length
    const session = this.#session
    while (at < end) {
      let next: number
      switch (session.phase) {
        case 'ready':
          next = this.#run(source, at, end)
          if (next >= 0 && next < end) this.#keep(source, next)
          return
        case 'awaiting-connect':
          next = this.#first(source, at, end)
          if (next === INCOMPLETE) return this.#keep(source, at)
          if (next === ENDED) return
          at = next
          break
        case 'authenticating':
          this.#held.push(Buffer.from(source.subarray(at)))
          return
        case 'awaiting-tls':
          if (!session.startTls(at === 0 ? source : source.subarray(at))) return
          break
        case 'closing':
          return
      }
    }
  }

  /** The first operation where credentials are asked for: CONNECT, unless there is a user for those without. */
  #first(source: Buffer, at: number, end: number): number {
    if ((source[at] | 32) === 99) return this.#line(source, at, end)
    return this.#session.admitAnonymous() ? at : ENDED
  }

  /** Executes every complete operation; returns where the first incomplete one begins, or -1 when the connection ends. */
  #run(source: Buffer, at: number, end: number): number {
    while (at < end) {
      const first = source[at]
      let next: number
      // 'PUB ', the operation that everything else is rare beside.
      if (first === 80 && at + 4 <= end && source[at + 1] === 85 && source[at + 2] === 66 && source[at + 3] === SPACE) {
        next = this.#publishAgain(source, at + 4, end)
        if (next === UNLIKE) next = this.#publish(source, at + 4, end, false)
      } else if (
        first === 72 &&
        at + 5 <= end &&
        source[at + 1] === 80 &&
        source[at + 2] === 85 &&
        source[at + 3] === 66 &&
        source[at + 4] === SPACE
      ) {
        next = this.#publish(source, at + 5, end, true)
      } else next = this.#line(source, at, end)
      if (next === INCOMPLETE) return at
      if (next === ENDED) return -1
      at = next
    }
    return at
  }

  /**
   * PUB to the same subject as before, without reply, spaced canonically and wholly read: what most streams consist of. Everything else is `UNLIKE`
   * and goes the long way.
   */
  #publishAgain(source: Buffer, start: number, end: number): number {
    const route = this.#lastRoute
    const connection = this.#connection
    if (route === undefined || route.generation !== connection.account.generation) return UNLIKE
    const subject = route.subjectBytes
    let at = start + subject.length
    // Within the chunk, and a digit and CR LF behind the subject.
    if (at + 4 > end || source[at] !== SPACE) return UNLIKE
    for (let i = subject.length - 1; i >= 0; i--) if (source[start + i] !== subject[i]) return UNLIKE
    const wireStart = ++at
    let total = 0
    let digit = source[at] - ZERO
    while (digit >= 0 && digit <= 9 && at - wireStart < MOST_DIGITS) {
      total = total * 10 + digit
      digit = source[++at] - ZERO
    }
    const payloadEnd = at + 2 + total
    if (
      at === wireStart ||
      payloadEnd + 2 > end ||
      source[at] !== CR ||
      source[at + 1] !== LF ||
      source[payloadEnd] !== CR ||
      source[payloadEnd + 1] !== LF ||
      total > connection.limits.maxPayloadBytes ||
      at - start > connection.limits.maxControlLineBytes
    ) {
      return UNLIKE
    }
    message.account = connection.account
    message.route = route
    message.origin = connection
    message.source = source
    message.replyStart = message.replyEnd = 0
    message.headersStart = message.headersEnd = message.payloadStart = at + 2
    message.payloadEnd = payloadEnd
    message.wireStart = wireStart
    message.wireEnd = payloadEnd + 2
    this.#dispatch(route)
    return connection.state === 'ready' ? payloadEnd + 2 : ENDED
  }

  #publish(source: Buffer, start: number, end: number, withHeaders: boolean): number {
    const connection = this.#connection
    const { limits } = connection
    const result = line.parse(source, start, end, withHeaders)
    if (result !== 'complete') {
      if (end - start > limits.maxControlLineBytes) return this.#lineTooLong(source, start, end)
      return result === 'incomplete' ? INCOMPLETE : this.#fail(fatal.parser)
    }
    if (line.lineEnd - start > limits.maxControlLineBytes + 2) return this.#fail(fatal.controlLine)
    if (line.totalBytes > limits.maxPayloadBytes) return this.#fail(fatal.payload)
    if (withHeaders && !this.#session.options.headers) return this.#fail(fatal.headersNotSupported)
    const payloadEnd = line.lineEnd + line.totalBytes
    if (payloadEnd + 2 > end) return INCOMPLETE
    if (source[payloadEnd] !== CR || source[payloadEnd + 1] !== LF) return this.#fail(fatal.unknownOperation)

    const { subjectStart, subjectEnd } = line
    const account = connection.account
    let route = this.#lastRoute
    if (
      route === undefined ||
      route.generation !== account.generation ||
      !equalBytes(source, subjectStart, subjectEnd, route.subjectBytes)
    ) {
      route = account.routeOf(source, subjectStart, subjectEnd)
      this.#lastRoute = route
    }
    message.account = account
    message.route = route
    message.origin = connection
    message.source = source
    message.replyStart = line.replyStart
    message.replyEnd = line.replyEnd
    message.headersStart = line.lineEnd
    message.headersEnd = line.lineEnd + line.headerBytes
    message.payloadStart = message.headersEnd
    message.payloadEnd = payloadEnd
    message.wireStart = line.wireStart
    message.wireEnd = payloadEnd + 2
    this.#dispatch(route)
    return connection.state === 'ready' ? payloadEnd + 2 : ENDED
  }

  #dispatch(route: Route): void {
    const connection = this.#connection
    const { options } = this.#session
    if (options.pedantic && route.kind !== 'literal') this.#session.remark(remark.invalidPublishSubject)
    if (!connection.mayPublish(route)) return this.#session.remark(remark.publishDenied(route.subject))
    if (message.replyEnd > message.replyStart && this.#isReservedReply()) {
      return this.#session.remark(remark.replyDenied(message.reply as string))
    }
    if (this.#context.stampFields !== undefined) this.#stamp(this.#context.stampFields)
    else if (
      message.headersEnd > message.headersStart &&
      hasStampedHeader(message.source, message.headersStart, message.headersEnd)
    ) {
      removeStamps(message)
    }
    // +OK comes before the client's own copy, unless the message may still be refused.
    const early = options.verbose && route.attachment === undefined
    if (early) this.#session.write(OK)
    const outcome = connection.publish(message)
    if (outcome.kind === 'routed' && outcome.count > 0 && (early || !options.verbose)) return
    this.#conclude(outcome, route, options.verbose && !early)
  }

  // The rare ends: nobody was there, or the message was refused.
  #conclude(outcome: PublishOutcome, route: Route, acknowledge: boolean): void {
    const { options } = this.#session
    if (outcome.kind === 'refused') {
      const { refusal } = outcome
      const told = message.hasReply && this.#tellReply(refusedStatus(refusal.sentence))
      // Clients close on errors other than this one. Who asked for answers to everything gets one.
      const denied = refusal.code === 'permission-denied'
      if (denied || (options.verbose && !told)) this.#session.remark(remark.publishDenied(route.subject))
      return
    }
    if (acknowledge) this.#session.write(OK)
    if (outcome.kind === 'routed' && outcome.count === 0 && message.hasReply && options.noResponders) {
      this.#tellReply(NO_RESPONDERS)
    }
  }

  /** Sends a status to the sender's own subscription on the reply subject, if it has one and reads headers. */
  #tellReply(block: Buffer): boolean {
    if (!this.#session.options.headers) return false
    const { account } = this.#connection
    status.account = account
    status.route = account.routeFor(message.reply as string)
    const subscription = status.route.subscriptionOf(this.#connection)
    if (subscription === undefined) return false
    status.compose(undefined, block, NOTHING)
    status.origin = undefined
    subscription.deliver(status)
    return true
  }

  #isReservedReply(): boolean {
    const first = message.source[message.replyStart]
    if (first !== DOLLAR && (first !== UNDERSCORE || message.source[message.replyStart + 1] !== 82)) return false
    const reply = message.reply as string
    return RESERVED_REPLIES.some((reserved) => reply.startsWith(reserved))
  }

  #stamp(fields: NonNullable<NatsGatewayContext['stampFields']>): void {
    this.#stamper ??= new Stamper(this.#connection, fields)
    this.#stamper.stamp(message)
  }

  /** Any operation but a canonical PUB or HPUB. */
  #line(source: Buffer, at: number, end: number): number {
    const verb = verbAt(source, at, end)
    if (verb === undefined) return this.#fail(fatal.unknownOperation)
    const feed = source.indexOf(LF, at)
    if (feed < 0) {
      return end - at > this.#connection.limits.maxControlLineBytes + verb.length
        ? this.#fail(fatal.controlLine)
        : INCOMPLETE
    }
    if (end - at < verb.length) return this.#fail(fatal.unknownOperation)
    if (verb === 'PUB ' || verb === 'HPUB ') {
      return this.#publish(source, at + verb.length, end, verb === 'HPUB ')
    }
    const start = at + verb.length
    const stop = feed > start && source[feed - 1] === CR ? feed - 1 : feed
    if (stop < start) return this.#fail(fatal.unknownOperation)
    if (stop - start > this.#connection.limits.maxControlLineBytes) return this.#fail(fatal.controlLine)
    this.#operation(verb, source, start, stop)
    return this.#session.phase === 'closing' ? ENDED : feed + 1
  }

  #operation(verb: string, source: Buffer, start: number, stop: number): void {
    const session = this.#session
    switch (verb) {
      case 'PING':
        return session.ping()
      case 'PONG':
        return session.pong()
      case 'SUB ':
        return this.#table.subscribe(source.toString('latin1', start, stop))
      case 'UNSUB ':
        return this.#table.unsubscribe(source.toString('latin1', start, stop))
      case 'CONNECT':
        return session.connect(source.toString('utf8', start, stop))
      case '-ERR ':
        // The client has found fault with the hub and is about to leave.
        this.#connection.close('client-closed')
        return session.closed()
      case 'INFO ':
        return isJson(source.toString('utf8', start, stop)) ? undefined : session.fail(fatal.parser)
    }
  }

  #lineTooLong(source: Buffer, start: number, end: number): number {
    const feed = source.indexOf(LF, start)
    const length = (feed < 0 ? end : feed) - start
    return this.#fail(length > this.#connection.limits.maxControlLineBytes ? fatal.controlLine : fatal.parser)
  }

  #fail(error: FatalError): number {
    this.#session.fail(error)
    return ENDED
  }

  #keep(source: Buffer, at: number): void {
    const length = source.length - at
    const needs = this.#operationBytes(source, at, source.length)
    this.#rest = Buffer.allocUnsafe(needs > 0 && needs <= FIRST_ROOM_BYTES ? needs : Math.max(256, 2 * length))
    source.copy(this.#rest, 0, at, source.length)
    this.#restBytes = length
    this.#restNeeds = needs
  }

  /** Length of the PUB or HPUB that begins at `at`, when its control line is complete; else 0. */
  #operationBytes(source: Buffer, at: number, end: number): number {
    const feed = source.indexOf(LF, at)
    if (feed < 0) return 0
    const withHeaders = (source[at] | 32) === 104
    if (line.parse(source, at + (withHeaders ? 5 : 4), end, withHeaders) !== 'complete') return 0
    return line.lineEnd - at + line.totalBytes + 2
  }

  /** Adds to the unfinished operation and executes it once it is complete; returns where the chunk goes on. */
  #fill(chunk: Buffer, at: number): number {
    let stop: number
    let complete: boolean
    if (this.#restNeeds === 0) {
      const feed = chunk.indexOf(LF, at)
      // Beyond the longest line there is nothing to wait for.
      const most = at + this.#connection.limits.maxControlLineBytes + 16
      stop = Math.min(feed < 0 ? chunk.length : feed + 1, Math.max(most - this.#restBytes, at + 1))
      complete = true
    } else {
      stop = Math.min(chunk.length, at + this.#restNeeds - this.#restBytes)
      complete = this.#restBytes + stop - at === this.#restNeeds
    }
    this.#append(chunk, at, stop)
    if (!complete) return stop
    const joined = this.#rest.subarray(0, this.#restBytes)
    this.#rest = NOTHING
    this.#restBytes = 0
    this.#restNeeds = 0
    this.#take(joined, 0)
    return stop
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const size = this.#restBytes + end - start
    if (size > this.#rest.length) {
      const room = Math.max(size, this.#rest.length * 2)
      const larger = Buffer.allocUnsafe(this.#restNeeds > 0 ? Math.min(room, this.#restNeeds) : room)
      this.#rest.copy(larger, 0, 0, this.#restBytes)
      this.#rest = larger
    }
    chunk.copy(this.#rest, this.#restBytes, start, end)
    this.#restBytes = size
  }

  /** Authentication has been decided: what was held is next. */
  resume(): void {
    const held = this.#held
    this.#held = []
    for (const chunk of held) this.receive(chunk)
    if (this.#ended) this.end()
  }

  end(): void {
    // What it sent before it finished still counts.
    if (this.#session.phase === 'authenticating') this.#ended = true
    else this.#connection.close('client-closed')
  }

  secured(): void {
    this.#session.secured()
  }

  subscriptionEnded(subscription: Subscription): void {
    this.#table.ended(subscription as NatsSubscription)
  }

  revise(): void {
    this.#table.revise()
  }

  refuse(reason: CloseReason): void {
    this.#session.refuse(reason)
  }

  drain(): void {
    this.#session.announce(true)
  }

  /** INFO has changed. */
  announce(): void {
    this.#session.announce(false)
  }

  tick(nowMs: number): void {
    this.#session.tick(nowMs)
  }

  closed(): void {
    this.#session.closed()
    this.#held = []
    this.#rest = NOTHING
    this.#restBytes = 0
    this.#whenClosed()
  }
}

/** The verb that begins at source[at], or the only one that can still become of it; undefined when there is none. Upper and lower case are the same. */
function verbAt(source: Buffer, at: number, end: number): string | undefined {
  for (const verb of VERBS) {
    const length = Math.min(verb.length, end - at)
    let same = 0
    while (same < length && matchesCode(source[at + same], verb.charCodeAt(same))) same++
    if (same === length) return verb
  }
  return undefined
}

function matchesCode(given: number, wanted: number): boolean {
  if (wanted === SPACE) return given === SPACE || given === TAB
  return given === wanted || (wanted >= 65 && wanted <= 90 && given === wanted + 32)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
