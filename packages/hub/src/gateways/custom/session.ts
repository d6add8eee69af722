/** One connection of a user's gateway: buffers, bounds and guards what the user's functions do. */
import type { CloseReason, Connection } from '../../core/connection.ts'
import type { Codec, GatewayContext } from '../../core/gateway.ts'
import { encodeHeaders, STAMPED_PREFIX } from '../../core/headers.ts'
import { asBuffer, Message } from '../../core/message.ts'
import { Stamper, type StampField } from '../../core/stamp.ts'
import type { Subscription } from '../../core/subscription.ts'
import { HubError } from '../../errors.ts'
import { ByteQueue } from '../../presentation/byte-queue.ts'
import { parseLiteral, parsePattern } from '../../routing/subject.ts'
import { admit } from '../shared/admit.ts'
import type { Decoded, DecodedMessage, GatewayDefinition, GatewaySession } from './definition.ts'
import { CustomSubscription, outgoing } from './subscription.ts'

// Shared by all: a dispatch is over before the next begins.
const message = new Message()

/** The bounds of one listener. */
export interface CustomBounds {
  readonly maxFrameBytes: number
  readonly idleMs: number
  readonly maxSubscriptions: number
  readonly stampFields: ReadonlySet<StampField> | undefined
}

/** The codec of one connection. */
export class CustomCodec<State> implements Codec {
  readonly #connection: Connection
  readonly #context: GatewayContext
  readonly #definition: GatewayDefinition<State>
  readonly #bounds: CustomBounds
  readonly #queue = new ByteQueue()
  readonly #session: GatewaySession<State>
  #stamper: Stamper | undefined = undefined
  #waiting = false
  #ended = false
  #lastReadMs: number
  #patterns: readonly string[] = []
  readonly #subscribed = new Set<string>()

  constructor(
    connection: Connection,
    context: GatewayContext,
    definition: GatewayDefinition<State>,
    bounds: CustomBounds,
    options: ReadonlyMap<string, string>,
  ) {
    this.#connection = connection
    this.#context = context
    this.#definition = definition
    this.#bounds = bounds
    this.#lastReadMs = context.clock.monotonic()
    const inbox = `_INBOX.${Buffer.from(context.random.bytes(16)).toString('base64url')}`
    const { id, remoteAddress } = connection
    this.#session = { id, remoteAddress, options, inbox, state: undefined as State }
    this.#guarded(() => {
      const opened = definition.open?.(this.#session)
      if (opened === undefined) return
      this.#session.state = opened.state
      this.#patterns = opened.subscribe ?? []
      if (opened.greeting !== undefined) this.#write(opened.greeting)
    })
    if (connection.tls === undefined) this.secured()
  }

  get bufferedBytes(): number {
    return this.#queue.length
  }

  /** Where nobody needs to say who they are, nobody has to. */
  secured(): void {
    if (this.#connection.state === 'opening') this.#admit({}, false)
  }

  #admit(shown: NonNullable<Decoded['credentials']>, needed: boolean): void {
    this.#waiting = true
    admit(this.#connection, this.#context.authenticator, shown, (outcome) => {
      const admitted = outcome === 'admitted'
      this.#waiting = false
      if (admitted && this.#bounds.stampFields !== undefined) {
        this.#stamper = new Stamper(this.#connection, this.#bounds.stampFields)
      }
      if (admitted) this.#guarded(() => this.#subscribeAll([this.#session.inbox, ...this.#patterns]))
      else if (outcome === 'full') this.#end('limit-reached', 'The account has as many connections as it may have.')
      else if (needed) this.#end('authentication-failed', 'These credentials are not accepted.')
      this.#run()
    })
  }

  receive(chunk: Buffer): void {
    this.#lastReadMs = this.#context.clock.monotonic()
    this.#queue.push(chunk)
    this.#run()
  }

  get #isOpen(): boolean {
    return this.#connection.state === 'opening' || this.#connection.state === 'ready'
  }

  #run(): void {
    const queue = this.#queue
    while (queue.length > 0 && !this.#waiting && this.#isOpen) {
      const decoded = this.#guarded(() => this.#decode())
      if (decoded === undefined) break
      queue.skip(decoded.bytesRead)
      this.#guarded(() => this.#obey(decoded))
    }
    queue.settle()
    if (this.#ended && !this.#waiting && this.#isOpen) this.#connection.close('client-closed')
  }

  #decode(): Decoded | undefined {
    const queue = this.#queue
    const decoded = this.#definition.decode(queue.buffer.subarray(queue.start, queue.end), this.#session)
    if (decoded === undefined) {
      if (queue.length <= this.#bounds.maxFrameBytes) return undefined
      throw new HubError('WIREHUB_ERR_PAYLOAD_TOO_LARGE', `A frame is longer than ${this.#bounds.maxFrameBytes} bytes.`)
    }
    const { bytesRead } = decoded
    if (!Number.isInteger(bytesRead) || bytesRead < 1 || bytesRead > queue.length) {
      throw new HubError('WIREHUB_ERR_GATEWAY', `decode says that it read ${bytesRead} of ${queue.length} bytes.`)
    }
    if (bytesRead > this.#bounds.maxFrameBytes) {
      throw new HubError('WIREHUB_ERR_PAYLOAD_TOO_LARGE', `A frame has ${bytesRead} bytes.`)
    }
    return decoded
  }

  #obey(decoded: Decoded): void {
    const needsIdentity = (decoded.messages?.length ?? 0) > 0 || (decoded.subscribe?.length ?? 0) > 0
    if (needsIdentity && this.#connection.state !== 'ready') {
      this.#end('authentication-failed', 'This hub wants to know who you are.')
      return
    }
    if (decoded.subscribe !== undefined) this.#subscribeAll(decoded.subscribe)
    for (const one of decoded.messages ?? []) this.#publish(one)
    if (decoded.answer !== undefined) this.#write(decoded.answer)
    if (decoded.close === true) this.#connection.close('closed-by-hub')
    else if (decoded.credentials !== undefined && this.#connection.state === 'opening') {
      this.#admit(decoded.credentials, true)
    }
  }

  #publish(given: DecodedMessage): void {
    const connection = this.#connection
    const { account } = connection
    const payload = typeof given.payload === 'string' ? Buffer.from(given.payload) : asBuffer(given.payload)
    const entries = Object.entries(given.headers ?? {}).filter(
      ([name]) => !name.toLowerCase().startsWith(STAMPED_PREFIX),
    )
    const headers = entries.length === 0 ? undefined : encodeHeaders(entries)
    const bytes = payload.length + (headers?.length ?? 0)
    if (bytes > connection.limits.maxPayloadBytes) {
      throw new HubError('WIREHUB_ERR_PAYLOAD_TOO_LARGE', `A message has ${bytes} bytes.`)
    }
    const route = account.routeFor(parseLiteral(given.subject))
    if (!connection.mayPublish(route)) {
      throw new HubError('WIREHUB_ERR_PERMISSION_DENIED', 'You may not publish here.', { place: route.subject })
    }
    message.account = account
    message.route = route
    message.origin = connection
    message.compose(given.reply === undefined ? this.#session.inbox : parseLiteral(given.reply), headers, payload)
    this.#stamper?.stamp(message)
    connection.publish(message)
  }

  #subscribeAll(patterns: readonly string[]): void {
    const connection = this.#connection
    for (const pattern of patterns) {
      if (this.#subscribed.has(pattern)) continue
      const own = pattern === this.#session.inbox
      if (!own && !connection.maySubscribe(parsePattern(pattern), undefined)) {
        throw new HubError('WIREHUB_ERR_PERMISSION_DENIED', 'You may not subscribe here.', { place: pattern })
      }
      if (this.#subscribed.size > this.#bounds.maxSubscriptions || !connection.hasRoomForSubscription) {
        throw new HubError('WIREHUB_ERR_LIMIT_REACHED', 'The connection has too many subscriptions.')
      }
      this.#subscribed.add(pattern)
      connection.subscribe(new CustomSubscription(connection, pattern, (given) => this.#encode(given)))
    }
  }

  // In the middle of a dispatch: an error must not reach the publisher, and the connection is ended after it.
  #encode(given: Message): Uint8Array | undefined {
    try {
      return this.#definition.encode(outgoing(given), this.#session)
    } catch (error) {
      this.#context.clock.setImmediate(() => this.#fail(error))
      return undefined
    }
  }

  #guarded<Result>(run: () => Result): Result | undefined {
    try {
      return run()
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  #fail(error: unknown): void {
    if (!this.#isOpen) return
    const sentence = error instanceof Error ? error.message : String(error)
    const code = error instanceof HubError ? error.code : 'WIREHUB_ERR_PROTOCOL'
    const { protocol, id } = this.#connection
    this.#context.log('warn', `A ${protocol} connection is ended: ${sentence}`, { connection: id, code })
    this.#end(reasons[code] ?? 'protocol-violation', sentence)
  }

  #end(reason: CloseReason, sentence: string): void {
    if (!this.#isOpen) return
    try {
      const last = this.#definition.refuse?.(sentence, this.#session)
      if (last !== undefined) this.#write(last)
    } catch (error) {
      this.#context.log('warn', `refuse failed: ${String(error)}`, { connection: this.#connection.id })
    }
    this.#connection.close(reason)
  }

  #write(bytes: Uint8Array): void {
    const view = asBuffer(bytes)
    this.#connection.outbound.append(view, 0, view.length)
  }

  end(): void {
    this.#ended = true
    if (this.#queue.length > 0 && !this.#waiting) {
      const context = this.#context
      const { account, protocol } = this.#connection
      const detail = { Bytes: String(this.#queue.length) }
      context.clock.setImmediate(() => context.deadLetter(account, protocol, 'incomplete', NOTHING, detail))
    }
    this.#run()
  }

  tick(nowMs: number): void {
    const { idleMs } = this.#bounds
    if (idleMs > 0 && nowMs - this.#lastReadMs >= idleMs) this.#end('stale', 'Nothing was heard for too long.')
  }

  refuse(reason: CloseReason): void {
    this.#end(reason, `The hub ends the connection: ${reason}.`)
  }

  subscriptionEnded(subscription: Subscription): void {
    this.#connection.unsubscribe(subscription)
  }
}

const NOTHING = Buffer.alloc(0)

const reasons: Partial<Record<string, CloseReason>> = {
  WIREHUB_ERR_PAYLOAD_TOO_LARGE: 'payload-too-large',
  WIREHUB_ERR_PERMISSION_DENIED: 'permission-violation',
  WIREHUB_ERR_LIMIT_REACHED: 'limit-reached',
}
