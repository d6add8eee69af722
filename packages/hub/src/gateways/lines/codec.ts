/** JSON lines, server side: one JSON object on each line, in both directions. The protocol is documented in docs/lines.md. */
import type { CloseReason, Connection } from '../../core/connection.ts'
import type { Codec, GatewayContext } from '../../core/gateway.ts'
import { Message } from '../../core/message.ts'
import type { Route } from '../../core/route.ts'
import { Stamper, type StampField } from '../../core/stamp.ts'
import type { Subscription } from '../../core/subscription.ts'
import { HubError } from '../../errors.ts'
import { charsetOf } from '../../presentation/charset.ts'
import { type FrameReader, type Framing, frameReader } from '../../presentation/framing.ts'
import { type Admission, admit } from '../shared/admit.ts'
import { errorLine, okLine } from './answers.ts'
import { type ClientId, type Operation, OperationError, parseOperation } from './operation.ts'
import { LinesRequests, noResponders } from './requests.ts'
import { binaryStrangerOf, strangerOf } from './strangers.ts'
import { LinesSubscription } from './subscription.ts'

// Shared by all codecs: a dispatch is over before the next begins.
const message = new Message()

/** The limits of one lines listener. */
export interface LinesOptions {
  readonly maxLineBytes: number
  /** Requests of one connection that may wait for answers. */
  readonly maxRequests: number
  readonly stampFields: ReadonlySet<StampField> | undefined
}

const FRAMING: Framing = {
  name: 'newline',
  prefix: { bytes: 4, bigEndian: true, includesItself: false },
  crlf: false,
}
const UTF8 = charsetOf('utf-8')
/** Whoever sends this many bad lines in a row speaks something else. */
const MAX_BAD_LINES = 100

/** The protocol of one lines client. */
export class LinesCodec implements Codec {
  readonly #connection: Connection
  readonly #context: GatewayContext
  readonly #options: LinesOptions
  readonly #reader: FrameReader
  readonly #subscriptions = new Map<string, LinesSubscription>()
  #requests: LinesRequests | undefined = undefined
  #route: Route | undefined = undefined
  #stamper: Stamper | undefined = undefined
  #begun = false
  /** The authenticator thinks: lines wait. */
  #authenticating = false
  /** It has published or subscribed as who it is. */
  #used = false
  #ended = false
  #badLines = 0

  constructor(connection: Connection, context: GatewayContext, options: LinesOptions) {
    this.#connection = connection
    this.#context = context
    this.#options = options
    this.#reader = frameReader(FRAMING, UTF8, options.maxLineBytes)
    if (connection.tls === undefined) this.secured()
  }

  get bufferedBytes(): number {
    return this.#reader.bufferedBytes
  }

  /** Where nobody needs to say who they are, nobody has to. */
  secured(): void {
    this.#admit({}, () => {})
  }

  #admit(shown: { user?: string; password?: string; token?: string }, then: (outcome: Admission) => void): void {
    this.#authenticating = true
    admit(this.#connection, this.#context.authenticator, shown, (outcome) => {
      this.#authenticating = false
      then(outcome)
      this.#run()
    })
  }

  receive(chunk: Buffer): void {
    if (!this.#begun) {
      this.#begun = true
      const error = binaryStrangerOf(chunk[0])
      if (error !== undefined) {
        this.#fatal(undefined, error, 'protocol-violation')
        return
      }
    }
    this.#reader.push(chunk)
    this.#run()
  }

  #run(): void {
    while (!this.#authenticating && this.#isOpen) {
      let line: Buffer | undefined
      try {
        line = this.#reader.next()
      } catch (error) {
        this.#fatal(undefined, this.#tooLong(error as HubError), 'payload-too-large')
        return
      }
      if (line === undefined) break
      this.#line(line)
    }
    if (this.#ended) this.#closeWhenAnswered()
  }

  #tooLong({ code }: HubError): HubError {
    return new HubError(code, `A line is longer than ${this.#options.maxLineBytes} bytes.`, {
      cure: 'Send smaller messages, or raise maxLineBytes of this listener.',
    })
  }

  get #isOpen(): boolean {
    return this.#connection.state === 'opening' || this.#connection.state === 'ready'
  }

  #line(line: Buffer): void {
    if (line.length === 0) return
    if (!this.#used && this.#isStranger(line)) return
    try {
      const operation = parseOperation(line)
      this.#badLines = 0
      this.#execute(operation)
    } catch (error) {
      if (error instanceof OperationError) this.#refuse(error.id, error.error)
      else throw error
      if (++this.#badLines >= MAX_BAD_LINES) this.#connection.close('protocol-violation')
    }
  }

  #isStranger(line: Buffer): boolean {
    const stranger = strangerOf(line.toString('latin1', 0, 256))
    if (stranger === undefined) return false
    this.#write(Buffer.from(stranger.answer))
    this.#connection.close('protocol-violation')
    return true
  }

  #execute(operation: Operation): void {
    const { op, id } = operation
    if (op === 'ping') {
      this.#write(okLine(id))
      return
    }
    if (op === 'auth') {
      this.#authenticate(operation)
      return
    }
    if (this.#connection.state !== 'ready') {
      this.#fatal(id, notAuthenticated(), 'authentication-failed')
      return
    }
    if (!this.#used && this.#options.stampFields !== undefined) {
      this.#stamper = new Stamper(this.#connection, this.#options.stampFields)
    }
    this.#used = true
    if (op === 'pub') this.#publish(operation)
    else if (op === 'req') this.#request(operation)
    else if (op === 'sub') this.#subscribe(operation)
    else this.#unsubscribe(operation)
  }

  #authenticate(operation: Operation & { op: 'auth' }): void {
    const { id, user, password, token, name } = operation
    if (this.#used) {
      this.#refuse(id, new HubError('WIREHUB_ERR_PROTOCOL', '"auth" comes before everything else.'))
      return
    }
    if (name !== undefined) this.#connection.clientName = name
    if (user === undefined && password === undefined && token === undefined) {
      if (this.#connection.state === 'ready') this.#write(okLine(id))
      else this.#fatal(id, notAuthenticated(), 'authentication-failed')
      return
    }
    const shown = { ...(user && { user }), ...(password && { password }), ...(token && { token }) }
    this.#admit(shown, (outcome) => {
      if (outcome === 'admitted') this.#write(okLine(id))
      else if (outcome === 'full') this.#fatal(id, accountFull(), 'limit-reached')
      else this.#fatal(id, wrongCredentials(), 'authentication-failed')
    })
  }

  /** Sends a message on its way; tells the error and returns undefined when it may not go, else to how many it went. */
  #send(operation: Operation & { op: 'pub' | 'req' }, reply: string | undefined): number | undefined {
    const { id, subject, payload, headers } = operation
    const connection = this.#connection
    const { account, limits } = connection
    const bytes = payload.length + (headers?.length ?? 0)
    if (bytes > limits.maxPayloadBytes) {
      this.#refuse(
        id,
        new HubError(
          'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
          `The message has ${bytes} bytes; ${limits.maxPayloadBytes} are allowed.`,
        ),
      )
      return undefined
    }
    let route = this.#route
    if (route === undefined || route.subject !== subject || !account.isCurrent(route)) {
      route = account.routeFor(subject)
      this.#route = route
    }
    if (!connection.mayPublish(route)) {
      this.#refuse(id, denied('publish', subject))
      return undefined
    }
    message.account = account
    message.route = route
    message.origin = connection
    message.compose(reply, headers, payload)
    this.#stamper?.stamp(message)
    const outcome = connection.publish(message)
    if (outcome.kind !== 'refused') return outcome.count
    this.#refuse(id, new HubError('WIREHUB_ERR_REFUSED', outcome.refusal.sentence, { place: subject }))
    return undefined
  }

  #publish(operation: Operation & { op: 'pub' }): void {
    const count = this.#send(operation, operation.reply)
    if (count !== undefined && operation.ack) this.#write(okLine(operation.id, { subscribers: count }))
  }

  #request(operation: Operation & { op: 'req' }): void {
    const { id, subject, timeoutMs } = operation
    this.#requests ??= new LinesRequests(this.#connection, this.#context, (line) => this.#write(line))
    const requests = this.#requests
    if (requests.size >= this.#options.maxRequests) {
      this.#refuse(id, limitReached(`${requests.size} requests wait for their answers already.`))
      return
    }
    const reply = requests.open(id, subject, timeoutMs)
    const count = this.#send(operation, reply)
    if (count === undefined) requests.forget(reply)
    else if (count === 0) requests.fail(reply, noResponders(subject))
  }

  #subscribe(operation: Operation & { op: 'sub' }): void {
    const { id, subject, queue, max, encoding } = operation
    const connection = this.#connection
    const key = keyOf(id, subject, queue)
    if (this.#subscriptions.has(key)) {
      this.#refuse(
        id,
        new HubError('WIREHUB_ERR_PROTOCOL', 'There is such a subscription already.', {
          place: subject,
          cure: 'Give each subscription its own "id".',
        }),
      )
      return
    }
    if (!connection.maySubscribe(subject, queue)) {
      this.#refuse(id, denied('subscribe', subject))
      return
    }
    if (!connection.hasRoomForSubscription) {
      this.#refuse(id, limitReached('This connection, or its account, has as many subscriptions as it may have.'))
      return
    }
    const subscription = new LinesSubscription(connection, subject, { key, id, queue, max, encoding })
    this.#subscriptions.set(key, subscription)
    connection.subscribe(subscription)
    this.#write(okLine(id))
  }

  #unsubscribe(operation: Operation & { op: 'unsub' }): void {
    const { id, subject, queue } = operation
    const subscription = this.#subscriptions.get(keyOf(id, subject ?? '', queue))
    if (subscription === undefined) {
      this.#refuse(
        id,
        new HubError('WIREHUB_ERR_PROTOCOL', 'There is no such subscription.', {
          cure: 'Name it as the "sub" did: by its "id", or without one by "subject" and "queue".',
        }),
      )
      return
    }
    this.subscriptionEnded(subscription)
    this.#write(okLine(id))
  }

  subscriptionEnded(subscription: Subscription): void {
    this.#subscriptions.delete((subscription as LinesSubscription).key)
    this.#connection.unsubscribe(subscription)
  }

  /** The peer has finished sending: the last line counts without its line feed, and answers under way are waited for. */
  end(): void {
    this.#reader.push(LINE_FEED)
    this.#ended = true
    this.#run()
  }

  #closeWhenAnswered(): void {
    if (this.#authenticating || !this.#isOpen) return
    if (this.#requests === undefined || this.#requests.size === 0) this.#connection.close('client-closed')
  }

  #refuse(id: ClientId | undefined, error: HubError): void {
    this.#write(errorLine(id, error))
  }

  #fatal(id: ClientId | undefined, error: HubError, reason: CloseReason): void {
    this.#write(errorLine(id, error))
    this.#connection.close(reason)
  }

  #write(line: Buffer): void {
    this.#connection.outbound.append(line, 0, line.length)
    if (this.#ended) this.#context.clock.setImmediate(() => this.#closeWhenAnswered())
  }

  refuse(reason: CloseReason): void {
    const error = farewells[reason] ?? new HubError('WIREHUB_ERR_CLOSED', `The hub ends the connection: ${reason}.`)
    this.#fatal(undefined, error, reason)
  }

  drain(): void {
    this.#write(
      errorLine(undefined, new HubError('WIREHUB_ERR_CLOSED', 'The hub is closing.', { cure: 'Connect again.' })),
    )
  }

  closed(): void {
    this.#requests?.close()
  }
}

const LINE_FEED = Buffer.from('\n')

const farewells: Partial<Record<CloseReason, HubError>> = {
  'authentication-timeout': new HubError('WIREHUB_ERR_TIMEOUT', 'The time to authenticate is over.', {
    cure: 'Send {"op":"auth","user":...,"password":...} first.',
  }),
  'limit-reached': limitReached('There are too many connections.'),
}

function accountFull(): HubError {
  return limitReached('The account has as many connections as it may have.')
}

function limitReached(sentence: string): HubError {
  return new HubError('WIREHUB_ERR_LIMIT_REACHED', sentence, { cure: 'Wait, use fewer, or raise the limit.' })
}

function notAuthenticated(): HubError {
  return new HubError('WIREHUB_ERR_NOT_AUTHENTICATED', 'This hub wants to know who you are.', {
    cure: 'Begin with {"op":"auth","user":...,"password":...} or {"op":"auth","token":...}.',
  })
}

function wrongCredentials(): HubError {
  return new HubError('WIREHUB_ERR_NOT_AUTHENTICATED', 'These credentials are not accepted.')
}

function denied(what: string, subject: string): HubError {
  return new HubError('WIREHUB_ERR_PERMISSION_DENIED', `You may not ${what} here.`, { place: subject })
}

/** A subscription's name: its id, or its subject and queue group where the client gave none. */
function keyOf(id: ClientId | undefined, subject: string, queue: string | undefined): string {
  return id === undefined ? `subject ${subject} ${queue ?? ''}` : `id ${JSON.stringify(id)}`
}
