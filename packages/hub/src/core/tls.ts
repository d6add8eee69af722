/** TLS, as connections see it: the edge does the handshake (`edge/tls.ts`), the core decides when. */
import type { StreamSocket } from './environment.ts'

/** What a finished handshake tells of the peer. */
export interface TlsPeer {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly version: string
  readonly cipher: string
  /** Names of a verified client certificate: e-mail, DNS and URI names, then the distinguished name; empty without one. */
  readonly certificateNames: readonly string[]
}

/** Hears of one handshake. Exactly one of the two is called, once, unless the socket closes first. */
export interface TlsEvents {
  secured(peer: TlsPeer): void
  failed(error: Error): void
}

/** The TLS of one listener. */
export interface TlsTerminator {
  /** False: a client may also stay in plain text. */
  readonly required: boolean
  /** The handshake comes before anything else, also where the protocol would greet in plain text first (NATS). */
  readonly first: boolean
  /** Clients must show a certificate that verifies. */
  readonly verifiesClients: boolean
  /** Begins the handshake on a socket that nobody reads any more; what was read too much has been unshifted. Returns the socket to use from here on. */
  secure(socket: StreamSocket, events: TlsEvents): StreamSocket
}
