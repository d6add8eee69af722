/** WebSocket as a transport of bytes (RFC 6455): what a gateway asks for; the edge (`edge/web-socket.ts`) does it. */
import type { StreamSocket } from './environment.ts'
import type { TlsPeer, TlsTerminator } from './tls.ts'

/** What a client says of itself in its opening handshake, as far as it matters here. */
export interface UpgradeRequest {
  /** The Host header. */
  readonly host: string | undefined
  /** The Origin header; browsers send it, programs do not. */
  readonly origin: string | undefined
}

/** How a listener speaks WebSocket. */
export interface WebSocketOptions {
  /** Largest message of the WebSocket layer, bytes; asked for each connection. A larger one closes it with code 1009. */
  maxFrameBytes(): number
  /** Time for the TLS handshake and the opening handshake together, milliseconds. */
  readonly handshakeTimeoutMs: number
  /** Handshakes under way at the same time; further connections are closed. */
  readonly maxHandshakes: number
  /** Whether permessage-deflate (RFC 7692) is offered, without context takeover. */
  readonly compression: boolean
  /** Further headers of the answer to the opening handshake. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether this request may become a connection; else it is answered with 403. */
  allows(request: UpgradeRequest): boolean
}

/** Makes byte streams out of sockets; it never listens itself. */
export interface WebSocketServer {
  /** Takes a socket as it was accepted. */
  take(socket: StreamSocket): void
  /** Ends the handshakes that are under way; connections stay. */
  close(): void
}

/**
 * Makes one; at the edge.
 * @param tls where TLS comes first
 * @param accepted gets each stream whose opening handshake is done
 */
export type WebSocketServerFactory = (
  options: WebSocketOptions,
  tls: TlsTerminator | undefined,
  accepted: (stream: StreamSocket, peer: TlsPeer | undefined) => void,
) => WebSocketServer
