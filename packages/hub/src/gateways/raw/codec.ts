/** One connection of a hand-written program: frames in, published on one subject; what is meant for it, out. */
import type { CloseReason, Connection } from '../../core/connection.ts'
import type { Timer } from '../../core/environment.ts'
import type { Codec, GatewayContext } from '../../core/gateway.ts'
import { Message } from '../../core/message.ts'
import type { Route } from '../../core/route.ts'
import { Stamper } from '../../core/stamp.ts'
import { HubError } from '../../errors.ts'
import type { InboundFormat } from '../../presentation/format.ts'
import type { FrameReader } from '../../presentation/framing.ts'
import { admit } from '../shared/admit.ts'
import type { RawOptions } from './options.ts'
import { type RawDelivery, RawSubscription } from './subscription.ts'

// Shared by all codecs: a dispatch is over before the next begins.
const message = new Message()

/** What the connections of one listener share. */
export interface RawListener extends RawDelivery {
  readonly context: GatewayContext
  readonly options: RawOptions
  readonly inbound: InboundFormat
  readonly shareKey: string
}

/** The protocol of one raw connection. */
export class RawCodec implements Codec {
  readonly #connection: Connection
  readonly #listener: RawListener
  readonly #reader: FrameReader
  /** The connection's own inbox: the reply subject of all that it sends. Not to be guessed by others. */
  readonly inbox: string
  #route: Route | undefined = undefined
  #stamper: Stamper | undefined = undefined
  /** Somebody got something from it, so answers may come. */
  #mayBeAnswered = false
  #ended = false
  #lastReadMs: number
  #linger: Timer | undefined = undefined
  #lingerEndMs = 0

  constructor(connection: Connection, listener: RawListener) {
    this.#connection = connection
    this.#listener = listener
    this.#reader = listener.inbound.reader()
    connection.echo = listener.options.echo
    this.#lastReadMs = listener.context.clock.monotonic()
    this.inbox = `_INBOX.${Buffer.from(listener.context.random.bytes(16)).toString('base64url')}`
    if (connection.tls === undefined) this.#admit()
  }

  secured(): void {
    this.#admit()
  }

  // Bytes say nothing of who sends them: the authenticator decides by address and certificate alone.
  #admit(): void {
    admit(this.#connection, this.#listener.context.authenticator, {}, (outcome) => {
      if (outcome === 'admitted') this.#begin()
      else this.#connection.close(outcome === 'full' ? 'limit-reached' : 'authentication-failed')
    })
  }

  get bufferedBytes(): number {
    return this.#reader.bufferedBytes
  }

  #begin(): void {
    const { stampFields } = this.#listener.options
    if (stampFields !== undefined) this.#stamper = new Stamper(this.#connection, stampFields)
    const { outSubject } = this.#listener.options
    this.#subscribe(outSubject, this.#listener.shareKey)
    this.#subscribe(`${outSubject}.${this.#connection.id}`, undefined)
    this.#subscribe(this.inbox, undefined, () => this.#answered())
  }

  #subscribe(subject: string, shareKey: string | undefined, onDelivered?: () => void): void {
    const connection = this.#connection
    // Its own inbox needs no permission: nobody but the hub chose its name.
    if (subject !== this.inbox && !connection.maySubscribe(subject, undefined)) return
    connection.subscribe(new RawSubscription(connection, subject, this.#listener, shareKey, onDelivered))
  }

  receive(chunk: Buffer): void {
    this.#lastReadMs = this.#listener.context.clock.monotonic()
    this.#reader.push(chunk)
    try {
      for (let frame = this.#reader.next(); frame !== undefined; frame = this.#reader.next()) {
        this.#take(frame)
        if (this.#connection.state !== 'ready') return
      }
    } catch (error) {
      this.#unreadable(error)
    }
  }

  /** The peer has finished sending. Answers may still come: the other half stays open for them, for a bounded time. */
  end(): void {
    this.#ended = true
    try {
      const last = this.#reader.finish()
      if (last !== undefined) this.#take(last)
    } catch (error) {
      this.#unreadable(error)
    }
    const { lingerMs, lingerMaxMs } = this.#listener.options
    if (!this.#mayBeAnswered || lingerMs === 0 || this.#connection.state !== 'ready') {
      this.#connection.close('client-closed')
      return
    }
    this.#lingerEndMs = this.#listener.context.clock.monotonic() + lingerMaxMs
    this.#waitForAnswers()
  }

  #waitForAnswers(): void {
    const { clock } = this.#listener.context
    const waitMs = Math.min(this.#listener.options.lingerMs, this.#lingerEndMs - clock.monotonic())
    if (this.#linger !== undefined) clock.clearTimeout(this.#linger)
    this.#linger = clock.setTimeout(() => this.#connection.close('client-closed'), Math.max(0, waitMs))
  }

  #answered(): void {
    if (this.#linger === undefined) return
    // Where the connection is the frame, one answer is all that can be told apart.
    if (this.#listener.options.outbound.framing.name === 'whole') {
      this.#listener.context.clock.setImmediate(() => this.#connection.close('client-closed'))
    } else this.#waitForAnswers()
  }

  #take(frame: Buffer): void {
    let payload: Buffer | undefined
    try {
      payload = this.#listener.inbound.decode(frame)
    } catch (error) {
      this.#deadLetter(reasonOf(error), frame, frame.length, (error as Error).message)
      return
    }
    if (payload !== undefined) this.#publish(payload)
  }

  #publish(payload: Buffer): void {
    const connection = this.#connection
    const { account } = connection
    let route = this.#route
    if (route === undefined || !account.isCurrent(route)) {
      route = account.routeFor(this.#listener.options.inSubject)
      this.#route = route
    }
    if (!connection.mayPublish(route)) {
      this.#listener.context.log('warn', 'A raw connection may not publish on the subject of its listener.', {
        connection: connection.id,
        subject: route.subject,
        user: connection.user,
      })
      connection.close('permission-violation')
      return
    }
    message.account = account
    message.route = route
    message.origin = connection
    message.compose(this.inbox, undefined, payload)
    this.#stamper?.stamp(message)
    const outcome = connection.publish(message)
    if (outcome.kind === 'routed') this.#mayBeAnswered ||= outcome.count > 0
  }

  // The rest of the stream cannot be told apart any more.
  #unreadable(error: unknown): void {
    const reason = reasonOf(error)
    this.#deadLetter(reason, NOTHING, this.#reader.bufferedBytes, (error as Error).message)
    this.#connection.close(reason === 'payload-too-large' ? 'payload-too-large' : 'protocol-violation')
  }

  // Later, since this may be called in the middle of a dispatch, which must not be entered twice.
  #deadLetter(reason: string, payload: Buffer, bytes: number, sentence: string): void {
    const { context, options } = this.#listener
    const connection = this.#connection
    const detail = { Bytes: String(bytes), Error: sentence.replace(/[\r\n\0]+/g, ' ') }
    context.log('debug', `A frame could not be published: ${sentence}`, { connection: connection.id, reason })
    const { account } = connection
    context.clock.setImmediate(() => context.deadLetter(account, options.inSubject, reason, payload, detail))
  }

  tick(nowMs: number): void {
    const { idleMs } = this.#listener.options
    if (idleMs === 0 || this.#ended || nowMs - this.#lastReadMs < idleMs) return
    this.#connection.close('stale')
  }

  refuse(reason: CloseReason): void {
    this.#connection.close(reason)
  }

  /** What had begun and was not finished when the connection ended is told to whoever watches dead letters. */
  closed(): void {
    if (this.#linger !== undefined) this.#listener.context.clock.clearTimeout(this.#linger)
    const rest = this.#reader.bufferedBytes
    if (this.#ended || rest === 0) return
    const reason = this.#connection.closeReason as CloseReason
    if (reason === 'payload-too-large' || reason === 'protocol-violation') return
    this.#deadLetter('incomplete', NOTHING, rest, `The connection ended (${reason}) ${rest} bytes into a frame.`)
  }
}

const NOTHING = Buffer.alloc(0)

const reasons: Readonly<Record<string, string>> = {
  WIREHUB_ERR_PAYLOAD_TOO_LARGE: 'payload-too-large',
  WIREHUB_ERR_MALFORMED: 'malformed',
  WIREHUB_ERR_TRUNCATED: 'incomplete',
}

function reasonOf(error: unknown): string {
  return (error instanceof HubError ? reasons[error.code] : undefined) ?? 'protocol-violation'
}
