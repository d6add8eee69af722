/** The hub: listeners, connections, accounts and the engine, put together. */
import { Account, type AccountLimits, type RouteExtras, TAP_PREFIX } from '../core/account.ts'
import { type Authenticator, openDoor } from '../core/authenticator.ts'
import { Backpressure } from '../core/backpressure.ts'
import { type CloseReason, Connection, type ConnectionHost } from '../core/connection.ts'
import { EmbeddedEngine, type Engine, type Inspector } from '../core/engine.ts'
import type { Clock, Environment, Random, StreamSocket, Timer } from '../core/environment.ts'
import type { GatewayContext, GatewayFactory, HubIdentity } from '../core/gateway.ts'
import { encodeHeaders } from '../core/headers.ts'
import { type ConnectionLimits, defaultConnectionLimits, defaultHubLimits, type HubLimits } from '../core/limits.ts'
import { assertSecureListener, isLoopback, type ListenerUrl, parseListenerUrl } from '../core/listener-url.ts'
import { nearestKey } from '../core/nearest.ts'
import { unrestricted } from '../core/permissions.ts'
import { SlabPool } from '../core/slab.ts'
import type { TlsPeer, TlsTerminator } from '../core/tls.ts'
import { Turn } from '../core/turn.ts'
import { Dialer, type DialOptions } from '../dial/dialer.ts'
import { dialOptions, gatewayPart } from '../dial/options.ts'
import { HubError } from '../errors.ts'
import { isReservedRoot } from '../routing/subject.ts'
import { NATS_VERSION, VERSION } from '../version.ts'
import { AccountLinks, type CompiledLinks } from './account-links.ts'
import { Admission, TOO_MANY } from './admission.ts'
import { ClosedConnections } from './closed-connections.ts'
import { DeadLetters } from './dead-letters.ts'
import { addressOf, type BoundAddress, Listener } from './listener.ts'
import { MemoryGuard } from './memory-guard.ts'
import { USER_INFO_SUBJECT, UserInfo } from './user-info.ts'

const SLAB_BYTES = 64 * 1024
const MOST_TICK_MS = 1000
const LEAST_TICK_MS = 25
/** A deadline is looked at so often while it runs. */
const LOOKS = 4
const MAX_LAME_DUCK_STEP_MS = 1000
const MAX_ACCOUNT_SUBSCRIPTIONS = 10_000_000
const DEFAULT_ACCOUNT = '$G'
const DOLLAR = 36

/** Severity of a log line. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** Takes log lines; the embedding program or the command decides where they go. */
export type LogSink = (level: LogLevel, sentence: string, detail?: Record<string, unknown>) => void

/** What a hub core is made with. */
export interface HubCoreOptions {
  environment: Environment
  limits?: Partial<HubLimits> | undefined
  /** Of every listener and dialled server, where it has none of its own. */
  connectionLimits?: Partial<ConnectionLimits> | undefined
  serverName?: string | undefined
  authenticator?: Authenticator | undefined
  log?: LogSink | undefined
  /** Finds the inspection (scrub) of a subject. */
  inspector?: Inspector | undefined
}

/** Counts that the connections alone do not tell. */
export interface HubCounters {
  connectionsTotal: number
  connectionsRefused: number
  slowConsumers: number
  /** Ended connections by reason. */
  closed: Map<CloseReason, number>
}

/** The parts of a hub that gateways, monitoring and the embedded API see. */
export class HubCore implements ConnectionHost {
  readonly environment: Environment
  readonly engine: Engine
  readonly turn: Turn
  readonly limits: HubLimits
  readonly accounts: Map<string, Account> = new Map()
  readonly connections: Map<number, Connection> = new Map()
  readonly defaultAccount: Account
  readonly identity: HubIdentity
  readonly startMs: number
  readonly backpressure: Backpressure
  readonly memoryGuard: MemoryGuard
  readonly deadLetters: DeadLetters
  readonly links: AccountLinks
  /** The last ones that ended. */
  readonly closedConnections: ClosedConnections = new ClosedConnections()
  readonly listeners: Listener[] = []
  readonly dialers: Dialer[] = []
  readonly counters: HubCounters = { connectionsTotal: 0, connectionsRefused: 0, slowConsumers: 0, closed: new Map() }
  authenticator: Authenticator
  log: LogSink
  /** Called while draining, once all that had come in is routed: the embedding program answers what it was asked. Waited for, at most `drainTimeoutMs`. */
  whenDraining: (() => Promise<void>) | undefined = undefined
  readonly #admission: Admission
  readonly #connectionLimits: Partial<ConnectionLimits>
  readonly #factories = new Map<string, GatewayFactory>()
  #inspector: Inspector | undefined
  readonly #userInfo: UserInfo
  #linked = false
  #nextId = 1
  #tick: Timer | undefined
  #guardedMs = Number.NEGATIVE_INFINITY
  #closing: Promise<void> | undefined = undefined
  #whenEmpty: (() => void) | undefined = undefined

  constructor(options: HubCoreOptions) {
    const { environment } = options
    this.environment = environment
    this.limits = { ...defaultHubLimits, ...options.limits }
    this.#connectionLimits = options.connectionLimits ?? {}
    this.log = options.log ?? (() => {})
    this.startMs = environment.clock.now()
    this.turn = new Turn(environment.clock, new SlabPool(SLAB_BYTES, this.limits.outputPoolBytes))
    this.backpressure = new Backpressure(environment.clock, this.turn)
    this.memoryGuard = new MemoryGuard(environment, this.limits.memoryPressureRatio)
    this.#admission = new Admission(this.limits)
    this.engine = new EmbeddedEngine()
    this.#inspector = options.inspector
    this.deadLetters = new DeadLetters(this.engine, encodeHeaders, () => this.#inspector)
    this.links = new AccountLinks(this)
    this.defaultAccount = this.account(DEFAULT_ACCOUNT)
    this.authenticator = options.authenticator ?? openDoor(this.defaultAccount, unrestricted)
    const serverId = Buffer.from(environment.random.bytes(16)).toString('hex').toUpperCase()
    const serverName = options.serverName ?? serverId
    const runtime = environment.statistics?.runtime ?? 'node'
    this.identity = { serverId, serverName, version: VERSION, natsVersion: NATS_VERSION, runtime }
    this.#userInfo = new UserInfo(this.engine, this.identity, environment.clock)
    this.#schedule()
  }

  get clock(): Clock {
    return this.environment.clock
  }

  get random(): Random {
    return this.environment.random
  }

  get closing(): boolean {
    return this.#closing !== undefined
  }

  /** The protocols that are known, by scheme. */
  get gateways(): ReadonlyMap<string, GatewayFactory> {
    return this.#factories
  }

  /** The account of this name, made when there is none. */
  account(name: string, limits: Partial<AccountLimits> = {}): Account {
    const known = this.accounts.get(name)
    if (known !== undefined) return known
    const made = new Account(
      name,
      { routeCacheEntries: 32_768, ...this.#accountLimits(limits) },
      {
        turn: this.turn,
        random: this.random,
        attach: (account, subject) => this.#inspector?.inspectionOf(account, subject),
        extrasOf: (one, subject, mapped) => this.#extrasOf(one, subject, mapped),
      },
    )
    this.accounts.set(name, made)
    return made
  }

  #extrasOf(account: Account, subject: string, mapped: boolean): RouteExtras | undefined {
    if (subject === USER_INFO_SUBJECT) return { subscriptions: [this.#userInfo], instead: false }
    return this.#linked ? this.links.extrasOf(account, subject, mapped) : undefined
  }

  /** Joins accounts and maps subjects as this says, for every message from here on. */
  setLinks(links: CompiledLinks): void {
    this.links.set(links)
    this.#linked = links.streams.size + links.services.size + links.mappings.size > 0
    for (const account of this.accounts.values()) account.invalidateRoutes()
  }

  #accountLimits(own: Partial<AccountLimits> = {}): Omit<AccountLimits, 'routeCacheEntries'> & Partial<AccountLimits> {
    return { maxConnections: this.limits.maxConnections, maxSubscriptions: MAX_ACCOUNT_SUBSCRIPTIONS, ...own }
  }

  /**
   * Puts other limits into force; what is not given has its default again.
   * @param accounts those of accounts, by name
   */
  setLimits(limits: Partial<HubLimits>, accounts: Readonly<Record<string, { limits?: Partial<AccountLimits> }>>): void {
    Object.assign(this.limits, defaultHubLimits, limits)
    this.memoryGuard.ratio = this.limits.memoryPressureRatio
    this.turn.pool.keepBytes = this.limits.outputPoolBytes
    for (const [name, account] of this.accounts) {
      Object.assign(account.limits, this.#accountLimits(Object.hasOwn(accounts, name) ? accounts[name].limits : {}))
    }
  }

  /** What inspects messages, if anything does. */
  get inspector(): Inspector | undefined {
    return this.#inspector
  }

  /** Puts other scrub policies in force, for every message from here on. */
  setInspector(inspector: Inspector | undefined): void {
    this.#inspector = inspector
    for (const account of this.accounts.values()) account.invalidateRoutes()
  }

  /** Makes a protocol known. */
  addGateway(factory: GatewayFactory): void {
    this.#factories.set(factory.manifest.scheme, factory)
  }

  /**
   * Listens on a URL; resolves with the address that it got.
   * @throws HubError WIREHUB_ERR_CONFIG for an unknown scheme or option, WIREHUB_ERR_LISTEN when the address cannot be had
   */
  async listen(text: string, limits: Partial<ConnectionLimits> = {}, tls?: TlsTerminator): Promise<BoundAddress> {
    const url = this.#parse(text)
    assertCertificate(url, tls !== undefined)
    const { listener, factory } = this.#listener(url, limits)
    if (tls !== undefined) listener.useTls(tls, factory.manifest.startsTls === true)
    this.#assertOpen(text)
    const bound = await listener.open(this.environment, (socket, from, peer) => this.#accept(socket, from, peer))
    if (this.closing) await listener.close()
    this.#assertOpen(text)
    this.listeners.push(listener)
    this.#hasten()
    return bound
  }

  #assertOpen(place: string): void {
    if (this.closing) throw new HubError('WIREHUB_ERR_CLOSED', 'The hub is closing.', { place })
  }

  /**
   * Checks a listener's URL, with all its options, without opening it.
   * @param hasTls whether it is given a certificate
   * @throws HubError WIREHUB_ERR_CONFIG
   */
  checkListener(text: string, hasTls: boolean): void {
    const url = this.#parse(text)
    assertCertificate(url, hasTls)
    this.#listener(url, {}).listener.gateway.close?.()
  }

  #parse(text: string): ListenerUrl {
    return parseListenerUrl(text, (scheme) => this.#factories.get(scheme)?.manifest.defaultPort)
  }

  /**
   * Refuses an address that strangers could reach, where nobody has to say who they are.
   * @throws HubError WIREHUB_ERR_INSECURE
   */
  assertSecure(text: string): void {
    assertSecureListener(this.#parse(text), this.authenticator.required)
  }

  #listener(url: ListenerUrl, limits: Partial<ConnectionLimits>): { listener: Listener; factory: GatewayFactory } {
    const factory = this.#factories.get(url.scheme)
    if (factory === undefined) {
      const nearest = nearestKey(url.scheme, [...this.#factories.keys()])
      const meant = nearest === undefined ? '' : ` Did you mean '${nearest}'?`
      throw new HubError('WIREHUB_ERR_CONFIG', `No gateway speaks '${url.scheme}'.${meant}`, {
        place: url.text,
        cure: `Known are: ${[...this.#factories.keys()].join(', ')}.`,
      })
    }
    const all = { ...defaultConnectionLimits, ...factory.manifest.limits, ...this.#connectionLimits, ...limits }
    return { listener: new Listener(url, factory.create(url, this.gatewayContext(all)), all), factory }
  }

  /**
   * Checks the URL of a server to dial, with all its options, without dialling it.
   * @throws HubError WIREHUB_ERR_CONFIG
   */
  checkDialled(text: string): void {
    this.#dialled(text, {}).listener.gateway.close?.()
  }

  #dialled(
    text: string,
    limits: Partial<ConnectionLimits>,
  ): { url: ListenerUrl; listener: Listener; options: DialOptions } {
    const given = this.#parse(text)
    const refuse = (sentence: string, cure: string): HubError =>
      new HubError('WIREHUB_ERR_CONFIG', sentence, { place: text, cure })
    if (given.secure) {
      throw refuse(
        'Servers are dialled in plain text: +tls cannot be kept.',
        'Leave +tls away, or put a TLS proxy between.',
      )
    }
    const url = { ...gatewayPart(given), address: addressOf(given, this.environment.ipc) }
    const { listener, factory } = this.#listener(url, limits)
    if (factory.manifest.listenOnly === true) {
      throw refuse(
        `The hub does not dial ${url.scheme} servers.`,
        'Write raw://host:port?framing=..., or use a protocol of your own.',
      )
    }
    return { url, listener, options: dialOptions(given) }
  }

  /**
   * Dials a hand-written server and treats it as a connected socket of its protocol; dials again when it is lost.
   * @throws HubError WIREHUB_ERR_CONFIG for an unknown scheme or option
   */
  connect(text: string, limits: Partial<ConnectionLimits> = {}): Dialer {
    const { url, listener, options } = this.#dialled(text, limits)
    const dialer = new Dialer(url, options, {
      environment: this.environment,
      adopt: (socket) => this.adopt(socket, listener, false),
      log: (level, sentence, detail) => this.log(level, sentence, detail),
    })
    this.dialers.push(dialer)
    dialer.start()
    return dialer
  }

  /** Dials a server no more, and ends the connection to it. */
  hangUp(dialer: Dialer): void {
    const at = this.dialers.indexOf(dialer)
    if (at >= 0) this.dialers.splice(at, 1)
    // Once stopped, it no longer tells.
    const { connection } = dialer
    dialer.stop()
    connection?.close('closed-by-hub')
  }

  /** Stops a listener; its connections stay. */
  async unlisten(listener: Listener): Promise<void> {
    const at = this.listeners.indexOf(listener)
    if (at >= 0) this.listeners.splice(at, 1)
    await listener.close()
  }

  /** What a gateway gets to work with. */
  gatewayContext(limits: ConnectionLimits): GatewayContext {
    const hub = this
    return {
      engine: this.engine,
      clock: this.clock,
      random: this.random,
      get authenticator() {
        return hub.authenticator
      },
      identity: this.identity,
      limits,
      deadLetter: (account, subject, reason, payload, detail) =>
        this.deadLetters.unscrubbed(account, subject, reason, payload, detail),
      log: (level, sentence, detail) => this.log(level, sentence, detail),
    }
  }

  #accept(socket: StreamSocket, listener: Listener, peer: TlsPeer | undefined): void {
    if (listener.gateway.takeSocket !== undefined) listener.gateway.takeSocket(socket)
    else this.adopt(socket, listener, true, peer)
  }

  /**
   * Makes a connection of a socket. Dialled sockets come in this way too.
   * @param counted whether admission limits hold for it
   * @param peer what a TLS handshake came to that is over already
   */
  adopt(socket: StreamSocket, listener: Listener, counted: boolean, peer?: TlsPeer): Connection {
    const { gateway, url, limits } = listener
    const connection = new Connection(this.#nextId++, this, this.defaultAccount, socket, url.scheme, url.text, limits)
    this.connections.set(connection.id, connection)
    this.counters.connectionsTotal++
    const admitted = !this.closing && (!counted || this.#admission.admit(connection))
    connection.admitted = admitted && counted
    connection.dialled = !counted
    // Over WebSocket TLS is below what the connection sees.
    if (gateway.webSocket === undefined) connection.tls = listener.tls
    connection.tlsPeer = peer
    if (connection.tls !== undefined && listener.tlsFirst) connection.startTls(undefined, false)
    connection.codec = gateway.open(connection)
    connection.start()
    if (!admitted) {
      this.counters.connectionsRefused++
      if (connection.codec.refuse !== undefined) connection.codec.refuse(this.closing ? 'hub-closing' : TOO_MANY)
      else connection.abort(TOO_MANY)
    }
    return connection
  }

  #schedule(): void {
    this.#tick = this.clock.setTimeout(() => {
      const now = this.clock.monotonic()
      for (const connection of this.connections.values()) connection.tick(now)
      // It compares seconds.
      if (now - this.#guardedMs >= MOST_TICK_MS) {
        this.#guardedMs = now
        this.memoryGuard.check(this.connections.values())
      }
      this.#schedule()
    }, this.#tickMs())
  }

  // The deadlines of a new listener may be shorter than what is being waited for.
  #hasten(): void {
    if (this.#tick !== undefined) this.clock.clearTimeout(this.#tick)
    this.#schedule()
  }

  // The shortest deadline of any listener decides; by default that is once a second.
  #tickMs(): number {
    let shortest = MOST_TICK_MS * LOOKS
    for (const { limits } of this.listeners)
      shortest = Math.min(shortest, limits.pingIntervalMs, limits.writeDeadlineMs)
    return Math.max(LEAST_TICK_MS, shortest / LOOKS)
  }

  /** Without users there is nobody to ask: `$HUB` and `$SYS` are for this machine alone then. Taps before scrubbing must be switched on. */
  mayWatch(connection: Connection, pattern: string): boolean {
    if (pattern.charCodeAt(0) !== DOLLAR || !isReservedRoot(pattern.split('.', 1)[0])) return true
    if (pattern.startsWith(`${TAP_PREFIX}before`) && this.#inspector?.showsBefore !== true) return false
    if (this.authenticator.required || connection.remoteAddress === '') return true
    return isLoopback({ host: connection.remoteAddress, port: 0 })
  }

  onPressure(connection: Connection): void {
    this.backpressure.onPressure(connection)
  }

  onDrained(connection: Connection): void {
    this.backpressure.onDrained(connection)
  }

  onReady(connection: Connection): void {
    if (connection.admitted) this.#admission.ready(connection)
  }

  onClosed(connection: Connection): void {
    this.connections.delete(connection.id)
    if (connection.admitted) this.#admission.release(connection, connection.wasReady)
    this.backpressure.forget(connection)
    this.memoryGuard.forget(connection)
    const reason = connection.closeReason as CloseReason
    this.closedConnections.add(connection, this.clock.now(), this.limits.maxClosedConnections)
    this.counters.closed.set(reason, (this.counters.closed.get(reason) ?? 0) + 1)
    if (reason === 'slow-consumer' || reason === 'write-deadline') {
      this.counters.slowConsumers++
      this.log('warn', 'A slow consumer was cut.', { connection: connection.id, reason, client: connection.clientName })
    }
    if (this.connections.size === 0) this.#whenEmpty?.()
  }

  /**
   * Drains: nothing new is accepted, everything accepted is delivered and written, then connections are closed; whoever has not taken its bytes
   * by `drainTimeoutMs` is cut.
   */
  close(): Promise<void> {
    this.#closing ??= this.#drain()
    return this.#closing
  }

  /**
   * Lame duck mode: nobody new is accepted, clients are told to go elsewhere, and after the grace period connections are closed spread over the rest
   * of the duration. Ends early when nobody is left.
   */
  async lameDuck(durationMs: number, gracePeriodMs = 0): Promise<void> {
    for (const listener of this.listeners) {
      listener.gateway.lameDuck?.()
      await listener.close()
    }
    for (const connection of this.connections.values()) connection.codec.drain?.()
    await this.#emptyOr(gracePeriodMs)
    const waiting = [...this.connections.values()]
    const closingMs = Math.max(0, durationMs - gracePeriodMs)
    const stepMs = Math.min(closingMs / Math.max(1, waiting.length), MAX_LAME_DUCK_STEP_MS)
    for (const connection of waiting) {
      await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, stepMs))
      connection.close('hub-closing')
    }
  }

  /** Waits until nobody is connected any more, so long at most. */
  async #emptyOr(timeoutMs: number): Promise<void> {
    if (this.connections.size === 0 || timeoutMs <= 0) return
    await new Promise<void>((resolve) => {
      const timer = this.clock.setTimeout(resolve, timeoutMs)
      this.#whenEmpty = () => {
        this.clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  async #drain(): Promise<void> {
    for (const dialer of this.dialers) dialer.stop()
    for (const listener of this.listeners) await listener.close()
    for (const connection of this.connections.values()) connection.codec.drain?.()
    // One turn later everything that the kernel had received before has been read and routed.
    await new Promise<void>((resolve) => this.clock.setImmediate(resolve))
    const deadlineMs = this.clock.monotonic() + this.limits.drainTimeoutMs
    if (this.whenDraining !== undefined) await this.#before(deadlineMs, this.whenDraining())
    this.turn.flush()
    for (const connection of this.connections.values()) connection.close('hub-closing')
    await this.#emptyOr(deadlineMs - this.clock.monotonic())
    for (const connection of this.connections.values()) connection.abort('hub-closing')
    if (this.#tick !== undefined) this.clock.clearTimeout(this.#tick)
  }

  /** Waits for something, but not past a moment. */
  async #before(deadlineMs: number, done: Promise<void>): Promise<void> {
    let timer: Timer
    const late = new Promise<void>((resolve) => {
      timer = this.clock.setTimeout(resolve, Math.max(0, deadlineMs - this.clock.monotonic()))
    })
    await Promise.race([done, late])
    this.clock.clearTimeout(timer)
  }
}

function assertCertificate(url: ListenerUrl, hasTls: boolean): void {
  if (!url.secure || hasTls) return
  throw new HubError('WIREHUB_ERR_CONFIG', 'This listener is to speak TLS, and has no certificate.', {
    place: url.text,
    cure: 'Give it one: tls: { cert: ..., key: ... } in the configuration, for all listeners or beside its url.',
  })
}
