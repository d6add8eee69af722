/** The gateway interface: how a protocol joins the hub. */
import type { Account } from './account.ts'
import type { Authenticator } from './authenticator.ts'
import type { CloseReason, Connection } from './connection.ts'
import type { Engine } from './engine.ts'
import type { Clock, Random, StreamSocket } from './environment.ts'
import type { ConnectionLimits } from './limits.ts'
import type { ListenerUrl } from './listener-url.ts'
import type { Subscription } from './subscription.ts'
import type { TlsPeer } from './tls.ts'
import type { WebSocketOptions } from './web-socket.ts'

/** One connection's protocol: bytes in, messages out, and back. Sans-IO: it never sees the socket. */
export interface Codec {
  /** Bytes held of what has been read and is not complete yet; monitoring shows them, the fuzz harness bounds them. */
  readonly bufferedBytes?: number
  /** True: what `receive` is given is valid during the call only, and the codec copies what it keeps. Spares a copy of everything. */
  readonly readsInPlace?: boolean
  /** Takes the bytes of one read, cut anywhere. They belong to the codec, unless it says `readsInPlace`. Must not throw: bad input is answered in its own protocol. */
  receive(chunk: Buffer): void
  /** The TLS handshake that the codec asked for (or that came first) is done. */
  secured?(peer: TlsPeer): void
  /** The peer has finished sending. Without this, the connection is closed once what is queued has been written. */
  end?(): void
  /** Once a second, more often where the limits ask for it, with monotonic milliseconds: pings and deadlines of the protocol. */
  tick?(nowMs: number): void
  /** Tells the peer in its own protocol why the connection ends, and closes it. */
  refuse?(reason: CloseReason): void
  /**
   * What the peer may do has changed (the connection has the new permissions already): ends the subscriptions that it may have no longer. Without this,
   * the connection is ended when permissions change.
   */
  revise?(): void
  /** The hub is about to close: say so, if the protocol can. */
  drain?(): void
  /** A subscription has delivered its last message. */
  subscriptionEnded?(subscription: Subscription): void
  /** The connection is gone; forget it. */
  closed?(): void
}

/** The protocol of one listener (or of one dialled server). */
export interface Gateway {
  /** Makes the codec of a new connection. It may already write (a greeting). */
  open(connection: Connection): Codec
  /**
   * Takes the socket itself instead of a codec; only for gateways at the edge, whose protocol another library reads (HTTP).
   * `open` is never called then.
   */
  takeSocket?(socket: StreamSocket): void
  /** Its connections come over WebSocket: the codec gets what is in the frames. */
  readonly webSocket?: WebSocketOptions
  /** The hub is about to close: tell every client that can be told to go elsewhere. */
  lameDuck?(): void
  /** The listener is closed: end what the gateway itself has subscribed. */
  close?(): void
}

/** What a gateway may use of its hub. */
export interface GatewayContext {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  /** Who may connect; asked by the protocols that can say who they are. */
  readonly authenticator: Authenticator
  /** What the hub says of itself: versions, identifiers. */
  readonly identity: HubIdentity
  /** The limits of this listener. */
  readonly limits: ConnectionLimits
  /** A dead letter: what could not be published, to `$HUB.DLQ.<subject>`, with the reason. */
  deadLetter(
    account: Account,
    subject: string,
    reason: string,
    payload: Uint8Array,
    detail?: Record<string, string>,
  ): void
  /** One line for the operator. */
  log(level: 'trace' | 'debug' | 'info' | 'warn' | 'error', sentence: string, detail?: Record<string, unknown>): void
}

/** How a hub presents itself. */
export interface HubIdentity {
  /** Random and unique for each start; NATS's server_id. */
  readonly serverId: string
  readonly serverName: string
  /** wirehub's own version. */
  readonly version: string
  /** The runtime and its version, e.g. `node24.18.0`. */
  readonly runtime: string
  /** The NATS version whose behaviour is kept. */
  readonly natsVersion: string
}

/** What a gateway declares of itself; shown by `/varz`, checked by the configuration. */
export interface GatewayManifest {
  /** The scheme of its listener URLs. */
  readonly scheme: string
  readonly defaultPort?: number
  /** The URL options it understands, each with one sentence. */
  readonly options: Readonly<Record<string, string>>
  /** The limits it wants by default where they differ from the hub's. */
  readonly limits?: Partial<ConnectionLimits>
  /** Whether a connection is `ready` without credentials of its own protocol (raw bytes have none). */
  readonly anonymous?: boolean
  /** Its other side is no server that the hub could dial. */
  readonly listenOnly?: boolean
  /** Whether its codec greets in plain text and asks for TLS itself (NATS); otherwise TLS comes first. */
  readonly startsTls?: boolean
}

/** Makes gateways: what `--gateway ./mine.js` exports. */
export interface GatewayFactory {
  readonly manifest: GatewayManifest
  /** @throws HubError WIREHUB_ERR_CONFIG when the URL's options make no sense */
  create(url: ListenerUrl, context: GatewayContext): Gateway
}
