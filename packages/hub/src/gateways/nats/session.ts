/** The dialogue of one NATS client apart from its messages: greeting, TLS, CONNECT, authentication, pings, farewell. Sans-IO. */
import type { Identity } from '../../core/authenticator.ts'
import type { CloseReason, Connection } from '../../core/connection.ts'
import { type ConnectOptions, defaultConnectOptions, parseConnectOptions } from './connect-options.ts'
import { infoLine, type NatsGatewayContext } from './context.ts'
import { assertPhaseStep, type NatsPhase } from './phase.ts'
import { errorLine, type FatalError, farewell, fatal, OK, PING, PONG } from './replies.ts'

const TLS_HANDSHAKE = 0x16
/** The first ping comes early, so that the round trip is known. As nats-server. */
const FIRST_PING_MS = 2000
const ROUND_TRIP_AGE_MS = 3_600_000
const NONCE_BYTES = 11

/** What the session needs of the codec. */
export interface SessionOwner {
  /** Authentication, which took its time, has been decided: go on with what was held. */
  resume(): void
}

/** One client's dialogue. */
export class NatsSession {
  readonly connection: Connection
  readonly #context: NatsGatewayContext
  readonly #owner: SessionOwner
  #phase: NatsPhase = 'awaiting-tls'
  options: Readonly<ConnectOptions> = defaultConnectOptions
  readonly #nonce: string | undefined
  #expiresAtMs: number | undefined = undefined
  readonly #startedMs: number
  #nextPingMs: number
  #pingSentMs = 0
  #roundTripAtMs = 0
  #pingsOut = 0

  constructor(connection: Connection, context: NatsGatewayContext, owner: SessionOwner) {
    this.connection = connection
    this.#context = context
    this.#owner = owner
    const { clock, random, authenticator } = context.hub
    this.#nonce = authenticator.usesNonce ? Buffer.from(random.bytes(NONCE_BYTES)).toString('base64url') : undefined
    this.#startedMs = clock.monotonic()
    this.#nextPingMs = this.#startedMs + this.#firstPingDelay()
  }

  get phase(): NatsPhase {
    return this.#phase
  }

  // The one place where the phase changes.
  #step(to: NatsPhase): void {
    assertPhaseStep(this.#phase, to)
    this.#phase = to
    if (to === 'ready') this.connection.ready()
  }

  /** Greets. */
  open(): void {
    this.write(infoLine(this.#context, this.connection, this.#nonce, false))
    if (this.connection.tls === undefined) this.#afterTls()
  }

  /** The first bytes where TLS is possible: a handshake, or not. Returns false when they are not to be read as NATS. */
  startTls(chunk: Buffer): boolean {
    if (chunk[0] === TLS_HANDSHAKE) {
      this.connection.startTls(chunk, true)
      return false
    }
    if (this.connection.tls?.required) {
      this.fail(fatal.tlsRequired)
      return false
    }
    this.#afterTls()
    return true
  }

  /** The handshake is done. */
  secured(): void {
    if (this.#phase === 'awaiting-tls') this.#afterTls()
  }

  #afterTls(): void {
    const { authenticator } = this.#context.hub
    if (authenticator.required) this.#step('awaiting-connect')
    else {
      const identity = this.#context.anonymous()
      if (identity !== undefined) this.connection.become(identity)
      this.#step('ready')
    }
  }

  /** An operation other than CONNECT comes first: whether the client may go on without credentials. */
  admitAnonymous(): boolean {
    const identity = this.#context.anonymous()
    if (identity === undefined) {
      this.fail(fatal.authorization)
      return false
    }
    this.#welcome(identity)
    return this.#phase === 'ready'
  }

  /** CONNECT. */
  connect(json: string): void {
    const options = parseConnectOptions(json, this.options)
    if (options === undefined) return this.fail(fatal.parser)
    this.options = this.#context.headers ? options : { ...options, headers: false }
    const connection = this.connection
    connection.echo = options.echo
    if (options.name !== '') connection.clientName = options.name
    if (options.language !== '') connection.clientLanguage = options.language
    if (options.version !== '') connection.clientVersion = options.version
    const now = this.#context.hub.clock.monotonic()
    // INFO and its CONNECT are a first measure, until a ping has been answered.
    connection.roundTripMs ??= now - this.#startedMs
    this.#nextPingMs = now + this.#firstPingDelay()
    // Who somebody is does not change any more once that is settled.
    if (this.#phase === 'ready') this.#acknowledge()
    else this.#authenticate(options)
  }

  #authenticate(options: ConnectOptions): void {
    this.#step('authenticating')
    const { hub, ownNoAuthUser } = this.#context
    if (ownNoAuthUser && !showsCredentials(options)) return this.#decided(this.#context.anonymous())
    const answer = hub.authenticator.authenticate({
      user: options.user,
      password: options.password,
      token: options.token,
      nkey: options.nkey,
      signature: options.signature,
      nonce: this.#nonce === undefined ? undefined : Buffer.from(this.#nonce),
      certificateNames: this.connection.tlsPeer?.certificateNames,
      remoteAddress: this.connection.remoteAddress,
      protocol: this.connection.protocol,
    })
    if (!(answer instanceof Promise)) return this.#decided(answer)
    this.connection.credentialsShown()
    this.connection.pause()
    void answer.then((identity) => {
      this.#decided(identity)
      this.#owner.resume()
      this.connection.resume()
    })
  }

  #decided(identity: Identity | undefined): void {
    const { jwt } = this.options
    // Secrets are not kept.
    this.options = { ...this.options, password: undefined, token: undefined, signature: undefined, jwt: undefined }
    // It may have been closed, or have run out of time, meanwhile.
    if (this.#phase !== 'authenticating') return
    if (identity !== undefined) return this.#welcome(identity)
    if (jwt !== undefined && jwt !== '') {
      this.#context.hub.log(
        'warn',
        'A client showed a JWT. Operator mode is not supported: give it an nkey or a password.',
        {
          connection: this.connection.id,
          client: this.connection.clientName,
        },
      )
    }
    this.fail(fatal.authorization)
  }

  #welcome(identity: Identity): void {
    if (!this.connection.hasRoomIn(identity.account)) return this.fail(fatal.accountConnections)
    this.connection.become(identity)
    this.#expiresAtMs = identity.expiresAtMs
    const connected = this.#phase === 'authenticating'
    this.#step('ready')
    if (connected) this.#acknowledge()
  }

  #acknowledge(): void {
    const { protocol, noResponders, headers, verbose } = this.options
    if (protocol < 0 || protocol > 1) this.fail(fatal.badProtocol)
    else if (noResponders && !headers) this.fail(fatal.noRespondersNeedHeaders)
    else if (verbose) this.write(OK)
  }

  ping(): void {
    this.write(PONG)
  }

  pong(): void {
    this.#pingsOut = 0
    if (this.#pingSentMs === 0) return
    const now = this.#context.hub.clock.monotonic()
    this.connection.roundTripMs = now - this.#pingSentMs
    this.#roundTripAtMs = now
  }

  #firstPingDelay(): number {
    const delay = Math.min(this.connection.limits.pingIntervalMs, FIRST_PING_MS)
    // Spread out, so that many that connected together are not asked together.
    return delay * (1 + this.#context.hub.random.next() / 5)
  }

  /** Once a second, more often where the limits ask for it. */
  tick(nowMs: number): void {
    if (this.#phase !== 'ready') return
    const { clock } = this.#context.hub
    if (this.#expiresAtMs !== undefined && clock.now() >= this.#expiresAtMs)
      return this.fail(fatal.authenticationExpired)
    if (nowMs < this.#nextPingMs) return
    const { pingIntervalMs, maxPingsOut } = this.connection.limits
    this.#nextPingMs = nowMs + pingIntervalMs
    const known = this.#pingSentMs !== 0 && nowMs - this.#roundTripAtMs < ROUND_TRIP_AGE_MS
    if (known && nowMs - this.connection.lastActivityMs < pingIntervalMs) return
    if (this.#pingsOut >= maxPingsOut) return this.fail(fatal.stale)
    this.#pingsOut++
    this.#pingSentMs = nowMs
    this.write(PING)
  }

  /**
   * Tells a client that understands it (protocol 1) that INFO has changed.
   * @param lameDuck whether the hub is about to close
   */
  announce(lameDuck: boolean): void {
    if (this.#phase === 'ready' && this.options.protocol >= 1) {
      this.write(infoLine(this.#context, this.connection, this.#nonce, lameDuck))
    }
  }

  write(bytes: Buffer): void {
    const { outbound } = this.connection
    // Pings to thousands of idle connections in one turn must not take a slab for each.
    if (outbound.buffer.length === 0) outbound.appendReference(bytes, undefined)
    else outbound.append(bytes, 0, bytes.length)
  }

  /** Says what is wrong; the connection goes on. */
  remark(text: string): void {
    this.write(errorLine(text))
  }

  /** Says what is wrong and closes. */
  fail(error: FatalError): void {
    this.#end(error.text, error.reason)
  }

  refuse(reason: CloseReason): void {
    this.#end(farewell(reason), reason)
  }

  #end(text: string, reason: CloseReason): void {
    if (this.#phase === 'closing') return
    this.remark(text)
    this.#step('closing')
    this.connection.close(reason)
  }

  /** The connection is gone. */
  closed(): void {
    if (this.#phase !== 'closing') this.#step('closing')
  }
}

function showsCredentials({ user, token, nkey, jwt }: ConnectOptions): boolean {
  return [user, token, nkey, jwt].some((one) => one !== undefined && one !== '')
}
