/** One connection of the hub, whatever protocol it speaks. */

import type { Account } from './account.ts'
import type { Identity } from './authenticator.ts'
import { assertStep, type ConnectionState } from './connection-state.ts'
import type { Engine, PublishOutcome } from './engine.ts'
import type { Clock, Random, StreamSocket, Timer } from './environment.ts'
import type { Codec } from './gateway.ts'
import type { ConnectionLimits } from './limits.ts'
import type { Message } from './message.ts'
import { Outbound, type OutboundOwner } from './outbound.ts'
import { type Permissions, unrestricted } from './permissions.ts'
import type { Route } from './route.ts'
import type { Subscription } from './subscription.ts'
import type { TlsPeer, TlsTerminator } from './tls.ts'
import type { Turn } from './turn.ts'

/** Why a connection ended; a metric label and, where its protocol has room for it, told to the peer. */
export type CloseReason =
  | 'client-closed'
  | 'slow-consumer'
  | 'write-deadline'
  | 'stale'
  | 'authentication-timeout'
  | 'authentication-failed'
  | 'protocol-violation'
  | 'payload-too-large'
  | 'control-line-too-long'
  | 'permission-violation'
  | 'limit-reached'
  | 'read-error'
  | 'tls-error'
  | 'hub-closing'
  | 'closed-by-hub'

/** What a connection needs from the hub. */
export interface ConnectionHost {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  readonly turn: Turn
  /** Whether what the hub says of itself (`$HUB`, `$SYS`) may be subscribed to by this pattern, as far as the hub is concerned. */
  mayWatch(connection: Connection, pattern: string): boolean
  /** A subscriber's pending bytes passed the pressure mark while `origin` was publishing. */
  onPressure(connection: Connection): void
  onDrained(connection: Connection): void
  onReady(connection: Connection): void
  onClosed(connection: Connection): void
}

const NO_RATE = 0
const NO_SUBSCRIPTIONS = { count: 0, first: [] }
/** Monitoring shows so many of a connection that has ended. */
const ENDED_SUBSCRIPTIONS = 32
/** Whoever has been given everything, and the FIN, and says nothing for so long, is not waited for: the kernel delivers what it still holds. */
const SILENT_END_MS = 1000
/** What a socket's error says when nobody has answered: keep-alive probes or retransmissions (RFC 9293, 3.8.3 and 3.8.4). */
const SILENT = 'ETIMEDOUT'
/** Nobody can answer much sooner, across a network or from a busy process. */
const MIN_AUTHENTICATION_MS = 50
/** Longest time for the hub's own part of authentication. */
const CHECKING_MS = 30_000
/** Sockets count the silence before the first probe in seconds. */
const MIN_KEEP_ALIVE_MS = 1000

/** A connected peer. */
export class Connection implements OutboundOwner {
  readonly id: number
  readonly host: ConnectionHost
  readonly limits: ConnectionLimits
  readonly outbound: Outbound
  /** The scheme of the listener: `nats`, `lines`, `raw`, ... */
  readonly protocol: string
  /** The listener's URL. */
  readonly listener: string
  readonly startMs: number
  account: Account
  permissions: Permissions = unrestricted
  /** The authenticated user, if any. */
  user: string | undefined = undefined
  /** What the client calls itself. */
  clientName: string | undefined = undefined
  clientLanguage: string | undefined = undefined
  clientVersion: string | undefined = undefined
  /** Last measured round trip, milliseconds. */
  roundTripMs: number | undefined = undefined
  /** The TLS of its listener. */
  tls: TlsTerminator | undefined = undefined
  /** What the TLS handshake came to; undefined in plain text. */
  tlsPeer: TlsPeer | undefined = undefined
  /** False when it does not want its own messages back. */
  echo = true
  /** Whether the hub has dialled it, as its configuration says. */
  dialled = false
  /** Whether it counts against the hub's connection limits. */
  admitted = false
  /** Whether it ever got past authentication. */
  wasReady = false
  /** Where it comes from; set at accept, kept after the socket is gone. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** The port that it came to; 0 on a Unix socket. */
  readonly localPort: number

  readonly subscriptions: Set<Subscription> = new Set()
  /** Once it is closing: how many there were, and the first of them; for monitoring. */
  endedSubscriptions: { count: number; first: readonly Subscription[] } = NO_SUBSCRIPTIONS
  /** Once it is closed: what it has not been given any more. */
  pendingAtEnd = 0
  messagesIn = 0
  bytesIn = 0
  messagesOut = 0
  bytesOut = 0
  lastActivityMs: number
  closeReason: CloseReason | undefined = undefined

  codec!: Codec
  #socket: StreamSocket
  #state: ConnectionState = 'opening'
  #pauses = 0
  #allowedRoute: Route | undefined = undefined
  #allowance = 0
  #byteAllowance = 0
  #allowanceMs = 0
  #rateTimer = false
  #securing = false
  #closingSinceMs = 0
  #authenticationTimer: Timer | undefined = undefined
  readonly #listeners = {
    data: (chunk: Buffer): void => this.#onData(chunk),
    end: (): void => this.#onEnd(),
    error: (error: Error & { code?: string }): void =>
      this.#finish(this.closeReason ?? (this.#securing ? 'tls-error' : error.code === SILENT ? 'stale' : 'read-error')),
    close: (): void => this.#finish(this.closeReason ?? (this.#securing ? 'tls-error' : 'client-closed')),
  }

  constructor(
    id: number,
    host: ConnectionHost,
    account: Account,
    socket: StreamSocket,
    protocol: string,
    listener: string,
    limits: ConnectionLimits,
  ) {
    this.id = id
    this.host = host
    this.account = account
    this.protocol = protocol
    this.listener = listener
    this.limits = limits
    this.#socket = socket
    this.startMs = host.clock.now()
    this.lastActivityMs = host.clock.monotonic()
    // An IPv4 address on a socket for both families is still one.
    this.remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
    this.remotePort = socket.remotePort ?? 0
    this.localPort = socket.localPort ?? 0
    this.outbound = new Outbound(socket, host.turn, this)
    this.outbound.alarmBytes = limits.maxPendingBytes * limits.pressureRatio
    // A peer whose machine is gone sends no FIN. Not every protocol has pings of its own: TCP asks for them all.
    socket.setKeepAlive?.(true, Math.max(MIN_KEEP_ALIVE_MS, limits.pingIntervalMs))
    account.connections.add(this)
  }

  get state(): ConnectionState {
    return this.#state
  }

  get socket(): StreamSocket {
    return this.#socket
  }

  /** Begins to read. Called once, after the codec has been set. */
  start(): void {
    this.#attach()
    // Most need no timer: where nobody is asked who they are, they are ready by now.
    this.#beginAuthenticationTimer(this.tls?.required === true ? this.limits.tlsTimeoutMs : undefined)
  }

  /** It has shown who it is. That checking it takes its time (hashes, a queue of them) is not its fault: it gets much longer from here on. */
  credentialsShown(): void {
    if (this.#authenticationTimer !== undefined) this.#beginAuthenticationTimer(CHECKING_MS)
  }

  #beginAuthenticationTimer(givenMs: number | undefined): void {
    this.#endAuthenticationTimer()
    if (!this.#isStranger) return
    const timeoutMs = Math.max(givenMs ?? this.limits.authenticationTimeoutMs, MIN_AUTHENTICATION_MS)
    this.#authenticationTimer = this.host.clock.setTimeout(() => this.#authenticationDue(), timeoutMs)
  }

  /** Whether it has yet to authenticate, or to finish its TLS handshake. */
  get #isStranger(): boolean {
    return this.#state === 'opening' || (this.#securing && this.#state === 'ready')
  }

  #authenticationDue(): void {
    this.#authenticationTimer = undefined
    if (!this.#isStranger) return
    if (!this.#securing && this.codec.refuse !== undefined) this.codec.refuse('authentication-timeout')
    else this.abort('authentication-timeout')
  }

  #endAuthenticationTimer(): void {
    if (this.#authenticationTimer === undefined) return
    this.host.clock.clearTimeout(this.#authenticationTimer)
    this.#authenticationTimer = undefined
  }

  #attach(): void {
    const socket = this.#socket
    const listeners = this.#listeners
    socket.on('data', listeners.data)
    socket.on('end', listeners.end)
    socket.on('error', listeners.error)
    socket.on('close', listeners.close)
    if (this.#pauses > 0) socket.pause()
  }

  /** Whether a TLS handshake is under way. */
  get securing(): boolean {
    return this.#securing
  }

  /**
   * Goes on in TLS. The codec hears of the end of the handshake by `secured`; until then nothing is read, what is written waits.
   * @param head what has been read of the handshake already
   * @param started whether `start` has been called
   */
  startTls(head: Buffer | undefined, started: boolean): void {
    const raw = this.#socket
    this.outbound.flush()
    if (started) for (const [event, listener] of Object.entries(this.#listeners)) raw.removeListener(event, listener)
    raw.on('error', () => {})
    raw.pause()
    if (head !== undefined) raw.unshift?.(head)
    this.#securing = true
    this.#socket = (this.tls as TlsTerminator).secure(raw, {
      secured: (peer) => {
        if (this.#state === 'closed') return
        this.#securing = false
        this.tlsPeer = peer
        this.codec.secured?.(peer)
        this.#beginAuthenticationTimer(undefined)
      },
      failed: () => this.abort('tls-error'),
    })
    this.outbound.socket = this.#socket
    if (started) this.#attach()
  }

  /** Authentication is done (or not needed): the peer may publish and subscribe. */
  ready(): void {
    if (this.#state !== 'opening') return
    this.#step('ready')
    if (!this.#securing) this.#endAuthenticationTimer()
    this.wasReady = true
    this.host.onReady(this)
  }

  /** Becomes somebody, as authentication demands. Only before the first subscription. */
  become(identity: Identity): void {
    this.user = identity.user
    this.permissions = identity.permissions
    if (identity.account !== this.account) this.#joinAccount(identity.account)
    this.#allowedRoute = undefined
  }

  #joinAccount(account: Account): void {
    this.account.connections.delete(this)
    this.account = account
    account.connections.add(this)
  }

  #step(to: ConnectionState): void {
    assertStep(this.#state, to)
    this.#state = to
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'closed') return
    this.lastActivityMs = this.host.clock.monotonic()
    if (this.#state === 'closing') return
    this.host.turn.reads(this)
    // A codec that keeps views of what it reads must not find them overwritten.
    const own = this.#socket.reusesReads === true && this.codec.readsInPlace !== true ? Buffer.from(chunk) : chunk
    this.codec.receive(own)
    this.host.turn.hasRead(chunk.length)
    if (this.limits.messagesPerSecond !== NO_RATE || this.limits.bytesPerSecond !== NO_RATE) this.#spend(chunk.length)
  }

  #onEnd(): void {
    if (this.#state === 'closed') return
    if (this.codec.end !== undefined && this.#state !== 'closing') this.codec.end()
    else this.close('client-closed')
  }

  // Rates are kept by reading later, not by refusing: TCP's flow control then slows the sender.
  #spend(bytes: number): void {
    const now = this.host.clock.monotonic()
    const elapsed = this.#allowanceMs === 0 ? 1000 : Math.min(1000, now - this.#allowanceMs)
    this.#allowanceMs = now
    const { messagesPerSecond, bytesPerSecond } = this.limits
    let waitMs = 0
    if (messagesPerSecond > 0) {
      this.#allowance = Math.min(messagesPerSecond, this.#allowance + (elapsed * messagesPerSecond) / 1000)
      if (this.#allowance < 0) waitMs = (-this.#allowance * 1000) / messagesPerSecond
    }
    if (bytesPerSecond > 0) {
      this.#byteAllowance = Math.min(bytesPerSecond, this.#byteAllowance + (elapsed * bytesPerSecond) / 1000) - bytes
      if (this.#byteAllowance < 0) waitMs = Math.max(waitMs, (-this.#byteAllowance * 1000) / bytesPerSecond)
    }
    if (waitMs < 1 || this.#rateTimer) return
    this.#rateTimer = true
    this.pause()
    this.host.clock.setTimeout(() => {
      this.#rateTimer = false
      this.resume()
    }, waitMs)
  }

  /** Stops reading until as many `resume` calls have come. */
  pause(): void {
    if (this.#pauses++ === 0) this.#socket.pause()
  }

  resume(): void {
    if (this.#pauses === 0) return
    if (--this.#pauses === 0 && this.#state !== 'closed') this.#socket.resume()
  }

  /**
   * Whether this connection may publish on the message's route. Remembers the last answer.
   */
  mayPublish(route: Route): boolean {
    if (route === this.#allowedRoute) return true
    const permissions = this.permissions
    if (!permissions.canPublish(route.subject)) {
      // A response that was asked for; not remembered, since it may be used up.
      return permissions.mayRespond?.(route.subject, this.host.clock.monotonic()) ?? false
    }
    this.#allowedRoute = route
    return true
  }

  /** Whether this connection may subscribe to a pattern (with a queue group). */
  maySubscribe(pattern: string, queue: string | undefined): boolean {
    return this.host.mayWatch(this, pattern) && this.permissions.canSubscribe(pattern, queue)
  }

  /** Publishes; the caller has asked `mayPublish` and filled in account and route. */
  publish(message: Message): PublishOutcome {
    this.messagesIn++
    this.bytesIn += message.sizeBytes
    this.#allowance--
    return this.host.engine.publish(message)
  }

  /** Whether this connection, and its account, may have one more subscription. */
  get hasRoomForSubscription(): boolean {
    return this.subscriptions.size < this.limits.maxSubscriptions && this.account.hasRoomForSubscription
  }

  /** Whether it may become one of this account's connections. */
  hasRoomIn(account: Account): boolean {
    return account === this.account || account.hasRoomForConnection
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription)
    this.host.engine.subscribe(this.account, subscription)
  }

  unsubscribe(subscription: Subscription): void {
    if (!this.subscriptions.delete(subscription)) return
    // What was published before must still arrive.
    if (this.outbound.inFanOut) this.host.turn.closeFanOut()
    this.host.engine.unsubscribe(this.account, subscription)
  }

  /** Counts deliveries to this connection. */
  countOut(messages: number, bytes: number): void {
    this.messagesOut += messages
    this.bytesOut += bytes
    const counters = this.account.counters
    counters.messagesOut += messages
    counters.bytesOut += bytes
  }

  onPressure(outbound: Outbound): void {
    if (outbound.pendingBytes > this.limits.maxPendingBytes) {
      this.outbound.alarmBytes = Number.POSITIVE_INFINITY
      this.abort('slow-consumer')
    } else {
      this.host.onPressure(this)
    }
  }

  onDrained(outbound: Outbound): void {
    if (this.#state === 'closing') {
      if (outbound.pendingBytes === 0) this.#socket.end()
      return
    }
    this.host.onDrained(this)
  }

  /** Writes what is queued, then ends the connection. Nothing is read any more. */
  close(reason: CloseReason): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.closeReason ??= reason
    this.#step('closing')
    this.#socket.explain?.(this.closeReason)
    this.#closingSinceMs = this.host.clock.monotonic()
    this.#dropSubscriptions()
    this.outbound.flush()
    if (this.outbound.pendingBytes === 0) this.#socket.end()
    // What still arrives is read and thrown away, so that the peer's FIN can be seen.
    if (this.#pauses > 0) this.#socket.resume()
  }

  /** Ends the connection without writing what is queued. */
  abort(reason: CloseReason): void {
    if (this.#state === 'closed') return
    this.closeReason ??= reason
    // The caller may stand in the middle of a dispatch: lists it walks must not change under it, so only flags are set here.
    for (const subscription of this.subscriptions) subscription.closed = true
    this.#finish(this.closeReason)
    this.#socket.destroy()
  }

  #dropSubscriptions(): void {
    if (this.subscriptions.size > 0) this.endedSubscriptions = ended(this.subscriptions)
    for (const subscription of this.subscriptions) this.host.engine.unsubscribe(this.account, subscription)
    this.subscriptions.clear()
  }

  #finish(reason: CloseReason): void {
    if (this.#state === 'closed') return
    this.closeReason ??= reason
    this.#step('closed')
    this.#endAuthenticationTimer()
    this.#dropSubscriptions()
    this.pendingAtEnd = this.outbound.pendingBytes
    this.outbound.discard()
    this.account.connections.delete(this)
    this.codec.closed?.()
    this.host.onClosed(this)
  }

  /** Once a second, more often where the limits ask for it: deadlines. */
  tick(nowMs: number): void {
    if (this.#state === 'closing') {
      // The peer has been told, but does not hang up. One that still sends would be reset, and might lose what it has not read: it gets longer.
      const sinceMs = Math.max(this.#closingSinceMs, this.lastActivityMs)
      const silent = this.outbound.pendingBytes === 0 && nowMs - sinceMs > SILENT_END_MS
      if (silent || nowMs - this.#closingSinceMs > this.limits.writeDeadlineMs) this.#socket.destroy()
      return
    }
    const since = this.outbound.writeStartedMs
    if (since !== 0 && nowMs - since > this.limits.writeDeadlineMs) {
      this.abort('write-deadline')
      return
    }
    if (this.#state !== 'closed') this.codec.tick?.(nowMs)
  }
}

function ended(subscriptions: ReadonlySet<Subscription>): { count: number; first: readonly Subscription[] } {
  const first: Subscription[] = []
  for (const one of subscriptions) {
    if (first.length === ENDED_SUBSCRIPTIONS) break
    first.push(one)
  }
  return { count: subscriptions.size, first }
}
