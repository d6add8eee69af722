/**
 * What joins accounts: a stream that one exports is heard in another, a service that one exports is asked from another; and subjects that are mapped to
 * others within an account. Asked once per subject, when its route is worked out: the answer is kept with the route. Source: NATS documentation, "Accounts".
 */
import type { Account, RouteExtras } from '../core/account.ts'
import type { Connection } from '../core/connection.ts'
import type { Engine } from '../core/engine.ts'
import type { Clock, Random } from '../core/environment.ts'
import { encodeHeaders, isHeaderName, parseHeaders } from '../core/headers.ts'
import { Message } from '../core/message.ts'
import { Subscription } from '../core/subscription.ts'
import { HubError } from '../errors.ts'
import { covers } from '../routing/subject.ts'
import { SubjectTransform } from '../routing/subject-transform.ts'

/** What an account lets others hear (`stream`) or ask (`service`). */
export interface ExportOptions {
  readonly stream?: string | undefined
  readonly service?: string | undefined
  /** Who may import it; default: every account. */
  readonly accounts?: readonly string[] | undefined
  /** Whether a request may have several answers. */
  readonly manyResponses?: boolean | undefined
}

/** What an account takes of another one. */
export interface ImportOptions {
  readonly stream?: string | undefined
  readonly service?: string | undefined
  /** Whose it is. */
  readonly account: string
  /** What it is called here; default: as there. */
  readonly to?: string | undefined
  /** Whether the service is told who asks, beside the account. */
  readonly share?: boolean | undefined
}

/** One of the subjects that a subject is mapped to, with its share of the messages in percent. */
export interface MappingChoice {
  readonly destination: string
  readonly weight?: number | undefined
}

/** The links of one account. */
export interface LinkOptions {
  readonly exports?: readonly ExportOptions[] | undefined
  readonly imports?: readonly ImportOptions[] | undefined
  /** Subject or pattern, and what it becomes. */
  readonly mappings?: Readonly<Record<string, string | readonly MappingChoice[]>> | undefined
}

interface Import {
  readonly from: string
  readonly to: string
  readonly transform: SubjectTransform
  readonly share: boolean
  readonly manyResponses: boolean
}

interface Mapping {
  readonly choices: readonly { readonly transform: SubjectTransform; readonly upTo: number }[]
}

/** Links, checked and ready. */
export interface CompiledLinks {
  /** By the account that exports. */
  readonly streams: ReadonlyMap<string, readonly Import[]>
  /** By the account that imports. */
  readonly services: ReadonlyMap<string, readonly Import[]>
  readonly mappings: ReadonlyMap<string, readonly Mapping[]>
}

const REQUEST_INFO = 'Nats-Request-Info'
const REPLY_PREFIX = '_R_.'
const REPLY_BYTES = 9
/** Requests across accounts that wait for their answer; beyond it the oldest are forgotten. */
const OPEN_REQUESTS = 65_536
const RESPONSE_MS = 120_000
/** A message that would go round in circles ends here. */
const MAX_HOPS = 8
const WHOLE = 100
const NANOSECONDS_PER_MILLISECOND = 1e6

/**
 * Checks and compiles.
 * @throws HubError WIREHUB_ERR_CONFIG for an import that nobody exports, or not to this account
 */
export function compileLinks(accounts: Readonly<Record<string, LinkOptions>>): CompiledLinks {
  const streams = new Map<string, Import[]>()
  const services = new Map<string, Import[]>()
  const mappings = new Map<string, Mapping[]>()
  for (const [name, { imports = [], mappings: given = {} }] of Object.entries(accounts)) {
    for (const [index, one] of imports.entries()) {
      const place = `accounts.${name}.imports[${index}]`
      const compiled = compileImport(name, one, accounts, place)
      if (one.stream !== undefined) push(streams, one.account, compiled)
      else push(services, name, compiled)
    }
    for (const [from, to] of Object.entries(given)) {
      push(mappings, name, compileMapping(from, to, `accounts.${name}.mappings`))
    }
  }
  return { streams, services, mappings }
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function compileImport(
  name: string,
  one: ImportOptions,
  accounts: Readonly<Record<string, LinkOptions>>,
  place: string,
): Import {
  const kind = one.stream === undefined ? 'service' : 'stream'
  const subject = one[kind] ?? ''
  const offered = (accounts[one.account]?.exports ?? []).find(
    (each) =>
      each[kind] !== undefined &&
      covers(each[kind], subject) &&
      (each.accounts === undefined || each.accounts.includes(name)),
  )
  if (offered === undefined) {
    throw new HubError('WIREHUB_ERR_CONFIG', `Account ${one.account} does not export ${kind} ${subject} to ${name}.`, {
      place,
      cure: `Add it to the exports of ${one.account}.`,
    })
  }
  // A message goes from where it is published to where it is heard: for a stream out of the other account, for a service into it.
  const transform =
    kind === 'stream'
      ? new SubjectTransform(subject, one.to, place)
      : new SubjectTransform(one.to ?? subject, subject, place)
  return {
    from: kind === 'stream' ? one.account : name,
    to: kind === 'stream' ? name : one.account,
    transform,
    share: one.share ?? false,
    manyResponses: offered.manyResponses ?? false,
  }
}

function compileMapping(from: string, to: string | readonly MappingChoice[], place: string): Mapping {
  const given = typeof to === 'string' ? [{ destination: to, weight: WHOLE }] : to
  let upTo = 0
  const choices = given.map(({ destination, weight }) => {
    upTo += weight ?? WHOLE
    return { transform: new SubjectTransform(from, destination, place), upTo }
  })
  if (upTo > WHOLE) {
    throw new HubError('WIREHUB_ERR_CONFIG', `The weights of ${from} are more than 100 % together.`, { place })
  }
  // What is left over stays as it is.
  if (upTo < WHOLE) choices.push({ transform: new SubjectTransform(from, undefined, place), upTo: WHOLE })
  return { choices }
}

/** What the links need of their hub. */
export interface LinksHost {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  account(name: string): Account
}

interface OpenRequest {
  readonly account: Account
  readonly reply: string
  readonly untilMs: number
  readonly manyResponses: boolean
}

/** The links in force. */
export class AccountLinks {
  readonly #host: LinksHost
  #links: CompiledLinks = { streams: new Map(), services: new Map(), mappings: new Map() }
  readonly #requests = new Map<string, OpenRequest>()
  #hops = 0

  constructor(host: LinksHost) {
    this.#host = host
  }

  /** Puts other links in force; the caller has routes worked out anew. */
  set(links: CompiledLinks): void {
    this.#links = links
  }

  /**
   * Who else gets messages of this subject.
   * @param mapped whether mappings have been applied already
   */
  extrasOf(account: Account, subject: string, mapped: boolean): RouteExtras | undefined {
    const { mappings, streams, services } = this.#links
    for (const { choices } of mapped ? [] : (mappings.get(account.name) ?? [])) {
      if (choices[0].transform.apply(subject) === undefined) continue
      return { subscriptions: [new MappedForward(this, account, subject, choices, this.#host.random)], instead: true }
    }
    const subscriptions: Subscription[] = []
    const reach = (one: Import, make: (target: Account, mapped: string) => Subscription): void => {
      const mapped = one.transform.apply(subject)
      if (mapped !== undefined) subscriptions.push(make(this.#host.account(one.to), mapped))
    }
    for (const one of streams.get(account.name) ?? []) reach(one, (target, mapped) => new Forward(this, target, mapped))
    for (const one of services.get(account.name) ?? [])
      reach(one, (target, mapped) => new ServiceForward(this, target, mapped, one))
    if (subject.startsWith(REPLY_PREFIX)) {
      const key = `${account.name} ${subject}`
      const request = this.#requests.get(key)
      if (request !== undefined) subscriptions.push(new ResponseForward(this, request.account, request.reply, key))
    }
    return subscriptions.length === 0 ? undefined : { subscriptions, instead: false }
  }

  /** Whether anybody would get it. */
  reaches(account: Account, subject: string): boolean {
    return this.#hops < MAX_HOPS && !account.routeFor(subject).isEmpty
  }

  /** Sends a message on, in another account or under another subject. */
  forward(account: Account, subject: string, message: Message): void {
    const { account: before, origin, source } = message
    const copy = new Message()
    copy.account = account
    copy.origin = origin
    copy.source = source
    copy.replyStart = message.replyStart
    copy.replyEnd = message.replyEnd
    copy.headersStart = message.headersStart
    copy.headersEnd = message.headersEnd
    copy.payloadStart = message.payloadStart
    copy.payloadEnd = message.payloadEnd
    copy.wireStart = message.wireStart
    copy.wireEnd = message.wireEnd
    copy.route =
      subject === message.subject && account === before ? account.routeUnmapped(subject) : account.routeFor(subject)
    this.#publish(copy)
    if (account !== before) return
    // Mapped: it came in once.
    account.counters.messagesIn--
    account.counters.bytesIn -= message.sizeBytes
  }

  /** Sends a request on; its answers come back to the account that asked. */
  request(account: Account, subject: string, message: Message, service: Import): void {
    const { reply } = message
    const copy = new Message()
    copy.account = account
    copy.origin = message.origin
    const headers = withRequestInfo(message, service.share)
    copy.compose(
      reply === undefined ? undefined : this.#remember(account, message, reply, service),
      headers,
      message.payload,
    )
    copy.route = account.routeFor(subject)
    this.#publish(copy)
  }

  #publish(copy: Message): void {
    this.#hops++
    this.#host.engine.publish(copy)
    this.#hops--
  }

  #remember(account: Account, message: Message, reply: string, service: Import): string {
    const nowMs = this.#host.clock.monotonic()
    for (const [key, { untilMs }] of this.#requests) {
      if (untilMs > nowMs && this.#requests.size < OPEN_REQUESTS) break
      this.#requests.delete(key)
    }
    const own = REPLY_PREFIX + Buffer.from(this.#host.random.bytes(REPLY_BYTES)).toString('base64url')
    this.#requests.set(`${account.name} ${own}`, {
      account: message.account,
      reply,
      untilMs: nowMs + RESPONSE_MS,
      manyResponses: service.manyResponses,
    })
    return own
  }

  /** Whether somebody still waits for this answer. */
  awaits(key: string): boolean {
    return this.#requests.has(key)
  }

  /** An answer is there. */
  answered(key: string): void {
    if (this.#requests.get(key)?.manyResponses === false) this.#requests.delete(key)
  }
}

/** Sends on what it is given. */
class Forward extends Subscription {
  protected readonly links: AccountLinks
  protected readonly target: Account

  constructor(links: AccountLinks, target: Account, subject: string) {
    super(subject, undefined, undefined)
    this.links = links
    this.target = target
  }

  override accepts(_message: Message): boolean {
    return this.links.reaches(this.target, this.subject)
  }

  override deliver(message: Message): void {
    this.links.forward(this.target, this.subject, message)
  }
}

class ServiceForward extends Forward {
  readonly #service: Import

  constructor(links: AccountLinks, target: Account, subject: string, service: Import) {
    super(links, target, subject)
    this.#service = service
  }

  override deliver(message: Message): void {
    this.links.request(this.target, this.subject, message, this.#service)
  }
}

class ResponseForward extends Forward {
  readonly #key: string

  constructor(links: AccountLinks, target: Account, reply: string, key: string) {
    super(links, target, reply)
    this.#key = key
  }

  override accepts(_message: Message): boolean {
    return this.links.awaits(this.#key)
  }

  override deliver(message: Message): void {
    this.links.answered(this.#key)
    super.deliver(message)
  }
}

class MappedForward extends Forward {
  readonly #choices: Mapping['choices']
  readonly #random: Random

  constructor(links: AccountLinks, target: Account, subject: string, choices: Mapping['choices'], random: Random) {
    super(links, target, subject)
    this.#choices = choices
    this.#random = random
  }

  override accepts(_message: Message): boolean {
    return this.#choices.some(({ transform }) => {
      const mapped = transform.apply(this.subject) as string
      if (mapped === this.subject) return !this.target.routeUnmapped(mapped).isEmpty
      return this.links.reaches(this.target, mapped)
    })
  }

  override deliver(message: Message): void {
    const drawn = this.#choices.length === 1 ? 0 : this.#random.next() * WHOLE
    const choice = this.#choices.find(({ upTo }) => drawn < upTo) ?? this.#choices[0]
    const mapped = choice.transform.apply(this.subject) as string
    this.links.forward(this.target, mapped, message)
  }
}

/** What a service is told of who asks; what the client says of it itself is not believed. */
function withRequestInfo(message: Message, share: boolean): Buffer {
  const entries = message.hasHeaders ? parseHeaders(message.headers).entries : []
  const kept = entries.filter(([name]) => isHeaderName(name) && name.toLowerCase() !== REQUEST_INFO.toLowerCase())
  return encodeHeaders([...kept, [REQUEST_INFO, JSON.stringify(requestInfo(message.account, message.origin, share))]])
}

function requestInfo(account: Account, origin: Connection | undefined, share: boolean): Record<string, unknown> {
  const roundTripMs = origin?.roundTripMs
  const rtt = roundTripMs === undefined ? undefined : Math.round(roundTripMs * NANOSECONDS_PER_MILLISECOND)
  if (!share || origin === undefined) return { acc: account.name, rtt }
  return {
    start: new Date(origin.startMs).toISOString(),
    host: origin.remoteAddress,
    id: origin.id,
    acc: account.name,
    user: origin.user,
    name: origin.clientName,
    lang: origin.clientLanguage,
    ver: origin.clientVersion,
    rtt,
    kind: 'Client',
    client_type: origin.protocol === 'ws' ? 'websocket' : origin.protocol,
  }
}
