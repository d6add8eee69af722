/** The NATS client protocol, server side. Source: NATS client protocol reference; texts of errors as nats-server's. */
import type { CloseReason, Connection } from '../../core/connection.ts'
import type { Codec } from '../../core/gateway.ts'
import { Message } from '../../core/message.ts'
import type { Route } from '../../core/route.ts'
import type { Subscription } from '../../core/subscription.ts'
import { equalBytes } from '../../routing/route-cache.ts'
import { subjectKind } from '../../routing/subject.ts'
import type { NatsGatewayContext } from './context.ts'
import { PublishLine } from './publish-line.ts'
import { NatsSubscription } from './subscription.ts'

const CR = 13
const LF = 10
const SPACE = 32
const PONG = Buffer.from('PONG\r\n')
const PING = Buffer.from('PING\r\n')
const OK = Buffer.from('+OK\r\n')
const NO_RESPONDERS = Buffer.from('NATS/1.0 503\r\n\r\n')

// Shared by all codecs: a dispatch is over before the next begins.
const line = new PublishLine()
const message = new Message()

/** What a NATS client says of itself in CONNECT. */
export interface ConnectOptions {
  verbose: boolean
  pedantic: boolean
  echo: boolean
  headers: boolean
  noResponders: boolean
  [key: string]: unknown
}

/** The protocol of one NATS client. */
export class NatsCodec implements Codec {
  readonly #connection: Connection
  readonly #context: NatsGatewayContext
  readonly #subscriptions = new Map<string, NatsSubscription>()
  #options: ConnectOptions = { verbose: false, pedantic: false, echo: true, headers: false, noResponders: false }
  #lastRoute: Route | undefined = undefined
  // The beginning of an operation whose end has not been read yet, and how long it will be (0: not known yet).
  #rest: Buffer | undefined = undefined
  #restBytes = 0
  #restNeeds = 0
  #pingsOut = 0
  #nextPingMs = 0

  constructor(connection: Connection, context: NatsGatewayContext) {
    this.#connection = connection
    this.#context = context
    this.#write(Buffer.from(`INFO ${JSON.stringify(context.info(connection))}\r\n`))
    if (!context.authenticationRequired) connection.ready()
  }

  receive(chunk: Buffer): void {
    let at = 0
    if (this.#rest !== undefined) {
      at = this.#fillRest(chunk)
      if (at < 0) return
    }
    at = this.#run(chunk, at, chunk.length)
    if (at >= 0 && at < chunk.length) this.#keep(chunk, at)
  }

  /** Executes every complete operation; returns where the first incomplete one begins, or -1 when the connection ends. */
  #run(source: Buffer, at: number, end: number): number {
    while (at < end) {
      const first = source[at]
      let next: number
      // 'PUB ', the operation that everything else is rare beside.
      if (first === 80 && at + 4 <= end && source[at + 1] === 85 && source[at + 2] === 66 && source[at + 3] === SPACE) {
        next = this.#publish(source, at + 4, end, false)
      } else if (
        first === 72 &&
        at + 5 <= end &&
        source[at + 1] === 80 &&
        source[at + 2] === 85 &&
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

  #publish(source: Buffer, start: number, end: number, withHeaders: boolean): number {
    const result = line.parse(source, start, end, withHeaders)
    if (result !== 'complete') {
      if (result === 'incomplete') return this.#tooLong(end - start) ? ENDED : INCOMPLETE
      return this.#violation('Parse Error')
    }
    const connection = this.#connection
    const payloadEnd = line.lineEnd + line.totalBytes
    if (line.totalBytes > connection.limits.maxPayloadBytes) {
      this.#fatal('Maximum Payload Violation', 'payload-too-large')
      return ENDED
    }
    if (connection.state !== 'ready') return this.#notAuthorized()
    if (payloadEnd + 2 > end) return INCOMPLETE
    if (source[payloadEnd] !== CR || source[payloadEnd + 1] !== LF) return this.#violation('Parse Error')

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
    if (!connection.mayPublish(route)) {
      this.#error(`Permissions Violation for Publish to "${route.subject}"`)
      return
    }
    const outcome = connection.publish(message)
    if (this.#options.verbose) this.#write(OK)
    if (outcome.kind === 'routed' && outcome.count === 0 && message.hasReply && this.#options.noResponders) {
      this.#noResponders()
    }
  }

  #noResponders(): void {
    const account = this.#connection.account
    const reply = account.routeFor(message.reply as string)
    message.compose(undefined, NO_RESPONDERS, EMPTY)
    message.route = reply
    message.origin = undefined
    this.#context.engine.publish(message)
  }

  #line(source: Buffer, at: number, end: number): number {
    const feed = source.indexOf(LF, at)
    if (feed < 0 || feed >= end) return this.#tooLong(end - at) ? ENDED : INCOMPLETE
    if (this.#tooLong(feed - at)) return ENDED
    const stop = feed > at && source[feed - 1] === CR ? feed - 1 : feed
    const text = source.toString('utf8', at, stop)
    const space = text.search(/[ \t]/)
    const verb = (space < 0 ? text : text.slice(0, space)).toUpperCase()
    const rest = space < 0 ? '' : text.slice(space + 1).trim()
    if (verb === 'PUB' || verb === 'HPUB') return this.#publish(source, at + verb.length + 1, end, verb === 'HPUB')
    return this.#operation(verb, rest) ? feed + 1 : ENDED
  }

  #operation(verb: string, rest: string): boolean {
    switch (verb) {
      case 'PING':
        this.#write(PONG)
        return true
      case 'PONG':
        this.#pingsOut = 0
        return true
      case 'CONNECT':
        return this.#connect(rest)
      case 'SUB':
        return this.#subscribe(rest.split(/[ \t]+/))
      case 'UNSUB':
        return this.#unsubscribe(rest.split(/[ \t]+/))
      case '+OK':
        return true
      default:
        this.#violation('Unknown Protocol Operation')
        return false
    }
  }

  #connect(json: string): boolean {
    let given: Record<string, unknown>
    try {
      given = JSON.parse(json)
    } catch {
      this.#violation('Parse Error')
      return false
    }
    const flag = (name: string, otherwise: boolean): boolean =>
      typeof given[name] === 'boolean' ? (given[name] as boolean) : otherwise
    this.#options = {
      ...given,
      verbose: flag('verbose', true),
      pedantic: flag('pedantic', false),
      echo: flag('echo', true),
      headers: flag('headers', false),
      noResponders: flag('no_responders', false),
    }
    this.#connection.echo = this.#options.echo
    if (typeof given.name === 'string') this.#connection.clientName = given.name
    this.#connection.ready()
    if (this.#options.verbose) this.#write(OK)
    return true
  }

  #subscribe(args: string[]): boolean {
    const [subject, second, third] = args
    if (args.length < 2 || args.length > 3) return this.#violation('Parse Error') !== ENDED
    const queue = third === undefined ? undefined : second
    const sid = third ?? second
    if (subjectKind(subject) === 'invalid') {
      this.#error('Invalid Subject')
      return true
    }
    if (!this.#connection.permissions.canSubscribe(subject, queue)) {
      this.#error(`Permissions Violation for Subscription to "${subject}"`)
      return true
    }
    if (!this.#subscriptions.has(sid)) {
      const subscription = new NatsSubscription(this.#connection, subject, queue, sid, this.#options.headers)
      this.#subscriptions.set(sid, subscription)
      this.#connection.subscribe(subscription)
    }
    if (this.#options.verbose) this.#write(OK)
    return true
  }

  #unsubscribe(args: string[]): boolean {
    const subscription = this.#subscriptions.get(args[0])
    const max = args[1] === undefined ? 0 : Number(args[1])
    if (subscription !== undefined) {
      if (max > subscription.delivered) {
        // Its deliveries are counted one by one from here on, so its encoding is no longer shared.
        this.#connection.unsubscribe(subscription)
        subscription.closed = false
        subscription.max = max
        subscription.setShare()
        this.#connection.subscribe(subscription)
      } else this.subscriptionEnded(subscription)
    }
    if (this.#options.verbose) this.#write(OK)
    return true
  }

  subscriptionEnded(subscription: Subscription): void {
    this.#subscriptions.delete((subscription as NatsSubscription).sid)
    this.#connection.unsubscribe(subscription)
  }

  #keep(source: Buffer, at: number): void {
    const length = source.length - at
    const needs = this.#operationBytes(source, at, source.length)
    const rest = Buffer.allocUnsafe(needs > 0 ? needs : length)
    source.copy(rest, 0, at, source.length)
    this.#rest = rest
    this.#restBytes = length
    this.#restNeeds = needs
  }

  /** Length of the operation that begins at `at` when its control line is complete, else 0. */
  #operationBytes(source: Buffer, at: number, end: number): number {
    const feed = source.indexOf(LF, at)
    if (feed < 0 || feed >= end) return 0
    const withHeaders = (source[at] | 32) === 104
    if (line.parse(source, at + (withHeaders ? 5 : 4), end, withHeaders) !== 'complete') return 0
    return line.lineEnd - at + line.totalBytes + 2
  }

  /** Adds to the unfinished operation; executes it when complete. Returns where the chunk goes on, or -1 when it is used up. */
  #fillRest(chunk: Buffer): number {
    let at = 0
    if (this.#restNeeds === 0) {
      const feed = chunk.indexOf(LF)
      const stop = feed < 0 ? chunk.length : feed + 1
      const joined = Buffer.concat([(this.#rest as Buffer).subarray(0, this.#restBytes), chunk.subarray(0, stop)])
      this.#rest = joined
      this.#restBytes = joined.length
      if (feed < 0) {
        this.#tooLong(joined.length)
        return -1
      }
      at = stop
      this.#rest = undefined
      const done = this.#run(joined, 0, joined.length)
      if (done < 0) return -1
      if (done === joined.length) return at
      this.#keep(joined, done)
      if (this.#restNeeds === 0) return at
    }
    const rest = this.#rest as unknown as Buffer
    const take = Math.min(this.#restNeeds - this.#restBytes, chunk.length - at)
    chunk.copy(rest, this.#restBytes, at, at + take)
    this.#restBytes += take
    if (this.#restBytes < this.#restNeeds) return -1
    this.#rest = undefined
    this.#restNeeds = 0
    const done = this.#run(rest, 0, rest.length)
    return done < 0 ? -1 : at + take
  }

  #tooLong(length: number): boolean {
    if (length <= this.#connection.limits.maxControlLineBytes) return false
    this.#fatal('Maximum Control Line Exceeded', 'control-line-too-long')
    return true
  }

  #notAuthorized(): number {
    this.#fatal('Authorization Violation', 'authentication-failed')
    return ENDED
  }

  #violation(text: string): number {
    this.#fatal(text, 'protocol-violation')
    return ENDED
  }

  #error(text: string): void {
    this.#write(Buffer.from(`-ERR '${text}'\r\n`))
  }

  #fatal(text: string, reason: CloseReason): void {
    this.#error(text)
    this.#connection.close(reason)
  }

  #write(bytes: Buffer): void {
    this.#connection.outbound.append(bytes, 0, bytes.length)
  }

  refuse(reason: CloseReason): void {
    this.#fatal(reason === 'authentication-timeout' ? 'Authentication Timeout' : 'Server Shutdown', reason)
  }

  tick(nowMs: number): void {
    const { pingIntervalMs, maxPingsOut } = this.#connection.limits
    if (this.#nextPingMs === 0) this.#nextPingMs = nowMs + pingIntervalMs
    if (nowMs < this.#nextPingMs) return
    this.#nextPingMs = nowMs + pingIntervalMs
    if (this.#pingsOut >= maxPingsOut) {
      this.#fatal('Stale Connection', 'stale')
      return
    }
    this.#pingsOut++
    this.#write(PING)
  }
}

const INCOMPLETE = -1
const ENDED = -2
const EMPTY = Buffer.alloc(0)
