/** The embedded hub: an EventEmitter whose events cross process boundaries. */
import { EventEmitter } from 'node:events'
import type { HubCore } from '../assembly/hub-core.ts'
import type { BoundAddress } from '../assembly/listener.ts'
import { ScrubInspector } from '../assembly/scrub-inspector.ts'
import { encodeHeaders } from '../core/headers.ts'
import { assertLimits, type ConnectionLimits } from '../core/limits.ts'
import { Message } from '../core/message.ts'
import { HubError } from '../errors.ts'
import { parseLiteral, parsePattern } from '../routing/subject.ts'
import { assertFramed } from './assert-framed.ts'
import { Calls, isThenable } from './calls.ts'
import { EmbeddedSubscription, type SubscribeOptions } from './embedded-subscription.ts'
import type { AnyListener, ArgumentsOf, EventMap, ListenerOf } from './event-map.ts'
import type { HubMessage } from './hub-message.ts'
import { HubSubscription } from './hub-subscription.ts'
import { ListenerTimes } from './listener-times.ts'
import { isLocalEvent } from './local-events.ts'
import { Mailroom } from './mailroom.ts'
import { assertKnownOptions, MAX_TIMEOUT_MS, wholeNumber } from './options.ts'
import { Requests } from './requests.ts'
import { decodeArguments, type EncodedValue, encodeArguments, encodeValue } from './value.ts'

/** Options of a publish. */
export interface PublishOptions {
  /** Where an answer is expected. */
  reply?: string
  /** Headers; names starting with `Wirehub-` are the hub's own and refused. */
  headers?: Iterable<readonly [string, string]> | Record<string, string>
}

/** Options of a request. */
export interface RequestOptions extends Omit<PublishOptions, 'reply'> {
  /** How long to wait for the answer, milliseconds. Default 2,000. */
  timeoutMs?: number
  /** Gives the request up when it is aborted: it rejects with the signal's reason. */
  signal?: AbortSignal
}

const publishOptionNames: readonly (keyof PublishOptions)[] = ['reply', 'headers']
const requestOptionNames: readonly (keyof RequestOptions)[] = ['headers', 'timeoutMs', 'signal']
const DEFAULT_TIMEOUT_MS = 2000
const rejectionHandler = Symbol.for('nodejs.rejection')

/**
 * A hub in this process. `emit` publishes to every subscriber anywhere, `on` listens to what anybody publishes. Differences
 * from a local emitter: listeners run after `emit` has returned, at most once for each message; an error in one listener reaches neither
 * the others nor the caller of `emit`, but the `error` event; event names are subjects, and may have wildcards in `on`.
 */
export class Hub<Events extends object = EventMap> extends EventEmitter {
  readonly core: HubCore
  readonly #mailroom: Mailroom
  readonly #requests: Requests
  readonly #times = new ListenerTimes()
  readonly #listening = new Map<string, EmbeddedSubscription>()
  readonly #subscriptions = new Set<HubSubscription>()
  readonly #message = new Message()
  readonly #captures: boolean
  readonly #calls = new Calls()
  #inbox = false
  #closing: Promise<void> | undefined = undefined
  #closed = false

  constructor(core: HubCore, options: { captureRejections?: boolean } = {}) {
    super(options)
    this.core = core
    this.#captures = options.captureRejections ?? EventEmitter.captureRejections
    this.#mailroom = new Mailroom(core.clock, (error) => this.#fail(error))
    this.#requests = new Requests(core.clock, core.random)
    core.whenDraining = () => this.#settle()
  }

  /** Addresses of the open listeners. */
  get addresses(): BoundAddress[] {
    return this.core.listeners.flatMap((listener) => listener.bound ?? [])
  }

  /** The slowest listener so far, by event and function name. */
  get slowestListener(): ReturnType<() => ListenerTimes['slowest']> {
    return this.#times.slowest
  }

  /** Messages dropped because the program did not take them. */
  get droppedMessages(): number {
    return this.#mailroom.dropped
  }

  /**
   * Opens one more listener.
   * @param url e.g. `nats://127.0.0.1:4222`, `lines://127.0.0.1:0`, `ipc:///run/hub.sock`
   * @throws HubError WIREHUB_ERR_CONFIG, WIREHUB_ERR_LISTEN, WIREHUB_ERR_INSECURE, WIREHUB_ERR_CLOSED
   */
  async listen(url: string, limits: Partial<ConnectionLimits> = {}): Promise<BoundAddress> {
    assertLimits(limits)
    this.core.assertSecure(url)
    const { inspector, gateways } = this.core
    if (inspector instanceof ScrubInspector) {
      assertFramed([url], inspector, (scheme) => gateways.get(scheme)?.manifest.defaultPort)
    }
    return this.core.listen(url, limits)
  }

  /**
   * Publishes a value: bytes as they are, text as UTF-8, anything else as JSON.
   * @returns to how many subscribers it went
   * @throws HubError WIREHUB_ERR_INVALID_SUBJECT, WIREHUB_ERR_INVALID_HEADER, WIREHUB_ERR_PAYLOAD_TOO_LARGE, WIREHUB_ERR_REFUSED, WIREHUB_ERR_CLOSED
   */
  publish(subject: string, value?: unknown, options: PublishOptions = {}): number {
    assertKnownOptions('publish', options, publishOptionNames)
    return this.#send(parseLiteral(subject), encodeValue(value), options.reply, options.headers)
  }

  /** Subscribes. With a callback, messages are handed to it; without, iterate over what is returned. */
  subscribe(subject: string, callback: (message: HubMessage) => unknown): HubSubscription
  subscribe(subject: string, options?: SubscribeOptions): HubSubscription
  subscribe(
    subject: string,
    options: SubscribeOptions,
    callback: ((message: HubMessage) => unknown) | undefined,
  ): HubSubscription
  subscribe(
    subject: string,
    second: SubscribeOptions | ((message: HubMessage) => unknown) = {},
    third?: (message: HubMessage) => unknown,
  ): HubSubscription {
    const pattern = parsePattern(subject)
    this.#assertNotClosing(pattern)
    const options = typeof second === 'function' ? {} : second
    const callback = typeof second === 'function' ? second : third
    const subscription = new HubSubscription(pattern, options.queue, () => {
      this.#subscriptions.delete(subscription)
      options.signal?.removeEventListener('abort', onAbort)
      this.#release(inner)
      this.#mailroom.afterwards(() => subscription.end())
    })
    const onAbort = (): void => subscription.unsubscribe()
    const handle =
      callback === undefined
        ? (message: HubMessage): void => subscription.push(message)
        : (message: HubMessage): void => {
            if (!subscription.closed) this.#call(pattern, callback, [message])
          }
    const inner = this.#interest(pattern, options, handle, callback === undefined)
    inner.onEnd = () => subscription.unsubscribe()
    subscription.attach(inner)
    this.#subscriptions.add(subscription)
    if (options.signal?.aborted === true) onAbort()
    else options.signal?.addEventListener('abort', onAbort, { once: true })
    return subscription
  }

  /**
   * Asks, and resolves with the first answer.
   * @throws HubError WIREHUB_ERR_NO_RESPONDERS when nobody listens, WIREHUB_ERR_TIMEOUT when nobody answers in time; the reason of an aborted signal
   */
  async request(subject: string, value?: unknown, options: RequestOptions = {}): Promise<HubMessage> {
    parseLiteral(subject)
    assertKnownOptions('request', options, requestOptionNames)
    const timeoutMs = wholeNumber('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS)
    this.#assertOpen(subject)
    if (!this.#inbox) {
      this.#inbox = true
      this.#interest(this.#requests.pattern, {}, (message) => this.#requests.answer(message), false)
    }
    const encoded = encodeValue(value)
    return this.#requests.run(
      subject,
      timeoutMs,
      options.signal,
      (reply) => this.#send(subject, encoded, reply, options.headers) > 0,
    )
  }

  /**
   * Publishes an event to every subscriber, here and elsewhere. Returns whether there were any.
   * Symbols, `error`, `newListener` and `removeListener` stay local and behave as in any EventEmitter.
   */
  override emit<Name extends string | symbol>(event: Name, ...args: ArgumentsOf<Events, Name>): boolean {
    if (isLocalEvent(event)) return super.emit(event, ...args)
    return this.#send(parseLiteral(event as string), encodeArguments(args), undefined, undefined) > 0
  }

  override on<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return this.#listenTo(event, listener, () => super.on(event, listener))
  }

  override addListener<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return this.on(event, listener)
  }

  override prependListener<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return this.#listenTo(event, listener, () => super.prependListener(event, listener))
  }

  // These two come back by `on` and `prependListener`, with a listener that removes itself.
  override once<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return super.once(event, listener)
  }

  override prependOnceListener<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return super.prependOnceListener(event, listener)
  }

  override removeListener<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    super.removeListener(event, listener)
    this.#unlisten(event)
    return this
  }

  override off<Name extends string | symbol>(event: Name, listener: ListenerOf<Events, Name>): this {
    return this.removeListener(event, listener)
  }

  override removeAllListeners(event?: string | symbol): this {
    if (event === undefined) super.removeAllListeners()
    else super.removeAllListeners(event)
    for (const name of [...this.#listening.keys()]) this.#unlisten(name)
    return this
  }

  #listenTo(event: string | symbol, listener: unknown, add: () => this): this {
    // What is no listener is refused by the emitter itself; nothing must be subscribed to then.
    if (isLocalEvent(event) || typeof listener !== 'function') return add()
    const subject = parsePattern(event as string)
    if (!this.#listening.has(subject)) {
      this.#assertNotClosing(subject)
      this.#listening.set(
        subject,
        this.#interest(subject, {}, (message) => this.#dispatch(subject, message), false),
      )
    }
    return add()
  }

  #unlisten(event: string | symbol): void {
    if (isLocalEvent(event) || this.listenerCount(event) > 0) return
    const subscription = this.#listening.get(event as string)
    if (subscription === undefined) return
    this.#listening.delete(event as string)
    this.#release(subscription)
  }

  #dispatch(event: string, message: HubMessage): void {
    const listeners = this.rawListeners(event)
    if (listeners.length === 0) return
    const args = decodeArguments(message.data, message.headers.get('content-type'))
    args.push(message)
    for (const listener of listeners) this.#call(event, listener as AnyListener, args)
  }

  #call(event: string, listener: AnyListener, args: unknown[]): void {
    const before = this.core.clock.monotonic()
    try {
      const result = this.#calls.run(() => Reflect.apply(listener, this, args))
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.#rejected(error, event, args))
    } catch (error) {
      this.#fail(error)
    }
    this.#times.note(event, listener, this.core.clock.monotonic() - before)
  }

  #rejected(error: unknown, event: string, args: unknown[]): void {
    try {
      const capture = (this as unknown as Record<symbol, unknown>)[rejectionHandler]
      if (this.#captures && typeof capture === 'function') capture.call(this, error, event, ...args)
      else this.#fail(error)
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  // As with any emitter, an error that nobody listens for, or that a listener of errors throws, ends the process: but as an uncaught
  // exception, after the others have run.
  #fail(error: unknown): void {
    try {
      super.emit('error', error)
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown
      })
    }
  }

  #interest(
    subject: string,
    options: SubscribeOptions,
    handle: (message: HubMessage) => void,
    heldByIterator: boolean,
  ): EmbeddedSubscription {
    const respond = (reply: string, value: unknown): boolean =>
      this.#send(parseLiteral(reply), encodeValue(value), undefined, undefined) > 0
    const made = new EmbeddedSubscription(subject, options, this.#mailroom, respond, handle, heldByIterator)
    this.core.engine.subscribe(this.core.defaultAccount, made)
    return made
  }

  #release(subscription: EmbeddedSubscription): void {
    this.core.engine.unsubscribe(this.core.defaultAccount, subscription)
  }

  #send(subject: string, value: EncodedValue, reply: string | undefined, headers: PublishOptions['headers']): number {
    this.#assertOpen(subject)
    const message = this.#message
    const account = this.core.defaultAccount
    message.compose(reply === undefined ? undefined : parseLiteral(reply), headerBlock(value, headers), value.payload)
    const limit = this.core.limits.maxPayloadBytes
    if (message.sizeBytes > limit) {
      throw new HubError(
        'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
        `The message has ${message.sizeBytes} bytes, more than ${limit}.`,
        {
          place: subject,
          cure: 'Send less, in parts, or raise maxPayloadBytes.',
        },
      )
    }
    message.account = account
    message.origin = undefined
    message.route = account.routeFor(subject)
    const outcome = this.core.engine.publish(message)
    if (outcome.kind === 'routed') return outcome.count
    throw new HubError('WIREHUB_ERR_REFUSED', outcome.refusal.sentence, {
      place: subject,
      cure: 'Mend the message or the policy.',
    })
  }

  #assertOpen(place: string): void {
    if (this.#closed) throw new HubError('WIREHUB_ERR_CLOSED', 'The hub has been closed.', { place })
  }

  // While it drains, what was accepted may still be answered; nothing new begins.
  #assertNotClosing(place: string): void {
    if (this.#closing !== undefined) throw new HubError('WIREHUB_ERR_CLOSED', 'The hub is closing.', { place })
  }

  /**
   * Drains: stops listening, delivers what was accepted, waits for the listeners that are at work (at most `drainTimeoutMs`), who may publish
   * and answer until then, writes everything, then closes every connection. Further calls wait for the same end.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#calls.exemptCurrent()
      this.#closing = this.#drain()
    }
    return this.#closing
  }

  async #settle(): Promise<void> {
    this.#mailroom.empty()
    await this.#calls.settled()
    this.#mailroom.empty()
  }

  async #drain(): Promise<void> {
    await this.core.close()
    this.#mailroom.empty()
    this.#closed = true
    this.#requests.close()
    for (const subscription of [...this.#subscriptions]) subscription.unsubscribe()
    for (const subscription of this.#listening.values()) this.#release(subscription)
    this.#listening.clear()
    this.#mailroom.deliver()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function headerBlock(value: EncodedValue, headers: PublishOptions['headers']): Uint8Array | undefined {
  if (value.contentType === undefined && headers === undefined) return undefined
  const entries: (readonly [string, string])[] = []
  if (headers !== undefined) {
    const given = Symbol.iterator in headers ? headers : Object.entries(headers)
    for (const entry of given) entries.push(entry)
  }
  const stated = entries.some(([name]) => name.toLowerCase() === 'content-type')
  if (value.contentType !== undefined && !stated) entries.push(['Content-Type', value.contentType])
  const stamped = entries.find(([name]) => name.toLowerCase().startsWith('wirehub-'))
  if (stamped !== undefined) {
    throw new HubError('WIREHUB_ERR_INVALID_HEADER', 'Headers that begin with Wirehub- are written by the hub only.', {
      place: stamped[0],
      cure: 'Choose another name.',
    })
  }
  return encodeHeaders(entries)
}
