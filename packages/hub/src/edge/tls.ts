/** TLS by Node: the handshake on an accepted socket, and certificates that can be replaced while connections go on. */
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext, type SecureVersion, TLSSocket } from 'node:tls'
import type { StreamSocket } from '../core/environment.ts'
import type { TlsEvents, TlsPeer, TlsTerminator } from '../core/tls.ts'
import { HubError } from '../errors.ts'

// Forward secrecy and authenticated encryption only: Node's own list still ends in the exchange of keys by RSA, and in CBC.
const DEFAULT_CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20'

/** The TLS of a listener. Keys and certificates are PEM text, not file names. */
export interface TlsOptions {
  readonly cert: string
  readonly key: string
  readonly passphrase?: string | undefined
  /** Authorities that client certificates are verified with; default: those of Node. */
  readonly ca?: string | undefined
  /** Clients must show a certificate that verifies. */
  readonly verify?: boolean | undefined
  /** False: clients may also stay in plain text. Default true. */
  readonly required?: boolean | undefined
  /** The handshake comes before INFO (NATS only; other protocols always do it so). */
  readonly first?: boolean | undefined
  readonly minVersion?: SecureVersion | undefined
  /** OpenSSL's cipher list, TLS 1.3 suites included; default: ECDHE with AES-GCM or ChaCha20. */
  readonly ciphers?: string | undefined
  /** Curves, as `X25519:P-256`. */
  readonly curves?: string | undefined
}

/** Does handshakes with Node's TLS. */
export class NodeTlsTerminator implements TlsTerminator {
  #options: TlsOptions
  #context: SecureContext

  /** @throws HubError WIREHUB_ERR_CONFIG when key and certificates do not fit */
  constructor(options: TlsOptions) {
    this.#options = options
    this.#context = contextOf(options)
  }

  get required(): boolean {
    return this.#options.required ?? true
  }

  get first(): boolean {
    return this.#options.first ?? false
  }

  get verifiesClients(): boolean {
    return this.#options.verify ?? false
  }

  /**
   * Other certificates (or options) for handshakes from here on; connections that exist stay as they are.
   * @throws HubError WIREHUB_ERR_CONFIG; the old ones stay in force then
   */
  reload(options: TlsOptions): void {
    this.#context = contextOf(options)
    this.#options = options
  }

  secure(socket: StreamSocket, events: TlsEvents): StreamSocket {
    const verify = this.verifiesClients
    const secure = new TLSSocket(socket as unknown as Socket, {
      isServer: true,
      secureContext: this.#context,
      requestCert: verify,
      rejectUnauthorized: verify,
    })
    let settled = false
    const fail = (error: Error): void => {
      if (settled) return
      settled = true
      events.failed(error)
    }
    // A failed handshake is told by the first, a socket that breaks during it by the second.
    secure.on('_tlsError', fail)
    secure.on('error', fail)
    secure.on('secure', () => {
      if (settled) return
      const fault = verify ? verificationFault(secure) : undefined
      if (fault !== undefined) return fail(fault)
      settled = true
      events.secured(peerOf(secure, verify))
    })
    return secure as unknown as StreamSocket
  }
}

function contextOf(options: TlsOptions): SecureContext {
  const { cert, key, passphrase, ca, minVersion, ciphers, curves } = options
  try {
    return createSecureContext({
      cert,
      key,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(ca === undefined ? {} : { ca }),
      ciphers: ciphers ?? DEFAULT_CIPHERS,
      ...(curves === undefined ? {} : { ecdhCurve: curves }),
      minVersion: minVersion ?? 'TLSv1.2',
    })
  } catch (error) {
    throw new HubError('WIREHUB_ERR_CONFIG', `TLS cannot be set up: ${(error as Error).message}`, {
      place: 'tls',
      cure: 'Give certificate and key that belong together, both as PEM.',
      cause: error,
    })
  }
}

// A TLSSocket made by hand does not tell whether the chain verified; its handle does. Without that answer nobody is let in.
function verificationFault(socket: TLSSocket): Error | undefined {
  const handle = (socket as unknown as { _handle?: { verifyError?: () => Error | null } })._handle
  if (handle?.verifyError === undefined) return new Error('the client certificate could not be verified')
  if (socket.getPeerX509Certificate() === undefined) return new Error('the client showed no certificate')
  return handle.verifyError() ?? undefined
}

function peerOf(socket: TLSSocket, verified: boolean): TlsPeer {
  const certificate = verified ? socket.getPeerX509Certificate() : undefined
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    certificateNames: certificate === undefined ? [] : namesOf(certificate),
  }
}

/** E-mail, DNS and URI names, then the distinguished name: RFC 4514 order (last first) and the order of the certificate. */
function namesOf(certificate: X509Certificate): string[] {
  const alternatives: Record<string, string[]> = { email: [], DNS: [], URI: [] }
  for (const match of (certificate.subjectAltName ?? '').matchAll(/(\w+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const [, kind, value] = match
    alternatives[kind]?.push(value.startsWith('"') ? (JSON.parse(value) as string) : value)
  }
  const parts = certificate.subject.split('\n')
  return [
    ...alternatives.email,
    ...alternatives.DNS,
    ...alternatives.URI,
    parts.toReversed().join(','),
    parts.join(','),
  ]
}
