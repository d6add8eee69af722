/** A listener: a URL, its gateway, its server socket. */
import type { Environment, Ipc, ListenAddress, StreamServer, StreamSocket } from '../core/environment.ts'
import type { Gateway } from '../core/gateway.ts'
import type { ConnectionLimits } from '../core/limits.ts'
import type { ListenerUrl } from '../core/listener-url.ts'
import type { TlsTerminator } from '../core/tls.ts'
import { HubError } from '../errors.ts'

/** Where a listener actually listens. */
export interface BoundAddress {
  /** The URL with the port that it got. */
  readonly url: string
  readonly scheme: string
  readonly host: string | undefined
  readonly port: number | undefined
  readonly path: string | undefined
}

/** One listening socket. */
export class Listener {
  readonly url: ListenerUrl
  readonly gateway: Gateway
  readonly limits: ConnectionLimits
  bound: BoundAddress | undefined = undefined
  /** The TLS of its connections, if any. */
  tls: TlsTerminator | undefined = undefined
  /** Whether the handshake comes before anything else. */
  tlsFirst = false
  #server: StreamServer | undefined = undefined

  constructor(url: ListenerUrl, gateway: Gateway, limits: ConnectionLimits) {
    this.url = url
    this.gateway = gateway
    this.limits = limits
  }

  /** @param startsTls whether the gateway greets in plain text and asks for TLS itself */
  useTls(tls: TlsTerminator, startsTls: boolean): void {
    this.tls = tls
    this.tlsFirst = tls.first || !startsTls
  }

  // TLS and HTTP take the socket over, and read it their own way.
  get #canReuseReads(): boolean {
    return this.tls === undefined && this.gateway.takeSocket === undefined
  }

  /**
   * Starts to listen.
   * @throws HubError WIREHUB_ERR_LISTEN when the address cannot be had
   */
  async open(
    { net, ipc }: Pick<Environment, 'net' | 'ipc'>,
    accept: (socket: StreamSocket, listener: Listener) => void,
  ): Promise<BoundAddress> {
    const address = addressOf(this.url, ipc)
    const mode = modeOf(this.url)
    if ('path' in address) await ipc?.claim(address.path)
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, reuseReads: this.#canReuseReads })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.on('error', (error) => reject(listenError(this.url, error)))
      server.on('listening', resolve)
      server.on('connection', (socket) => accept(socket, this))
      const listen = (): void => void server.listen({ ...address, backlog: 4096 })
      if ('path' in address && ipc !== undefined) ipc.listen(mode, listen)
      else listen()
    })
    if ('path' in address) ipc?.opened(address.path, mode)
    this.bound = boundAddress(this.url, address, server)
    return this.bound
  }

  /** Stops to listen; connections stay. */
  close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.gateway.close?.()
    if (server === undefined) return Promise.resolve()
    // The callback waits for all connections to end: whoever closes a listener does not.
    server.close()
    return Promise.resolve()
  }
}

/** Where to listen (or to dial): the URL's address, a path in the machine's own form. */
export function addressOf(url: ListenerUrl, ipc: Ipc | undefined): ListenAddress {
  const { address } = url
  return 'path' in address && ipc !== undefined ? { path: ipc.path(address.path) } : address
}

/** Who may connect to a Unix socket: its owner, unless `mode=` says otherwise. */
function modeOf(url: ListenerUrl): number {
  const given = url.options.get('mode') ?? '600'
  if (/^0?[0-7]{3}$/.test(given)) return Number.parseInt(given, 8)
  throw new HubError('WIREHUB_ERR_CONFIG', `mode=${given} is no mode of a socket.`, {
    place: url.text,
    cure: 'Write it as chmod does, in octal: mode=660.',
  })
}

function boundAddress(url: ListenerUrl, address: ListenAddress, server: StreamServer): BoundAddress {
  if ('path' in address)
    return {
      url: `${url.scheme}+unix://${address.path}`,
      scheme: url.scheme,
      host: undefined,
      port: undefined,
      path: address.path,
    }
  const given = server.address()
  const port = given !== null && typeof given === 'object' ? given.port : address.port
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return { url: `${url.scheme}://${host}:${port}`, scheme: url.scheme, host: address.host, port, path: undefined }
}

function listenError(url: ListenerUrl, error: Error & { code?: string }): HubError {
  const cures: Record<string, string> = {
    EADDRINUSE: 'Another program listens there: stop it, or choose another port (port 0 takes any).',
    EACCES: 'Ports below 1024 need a privilege: choose a higher one.',
    EADDRNOTAVAIL: 'This machine does not have that address.',
    ENOTFOUND: 'The name has no address.',
    ENOENT: 'The folder of the socket does not exist.',
  }
  return new HubError('WIREHUB_ERR_LISTEN', `Cannot listen: ${error.message}`, {
    place: url.text,
    cure: cures[error.code ?? ''] ?? 'Choose another address.',
    cause: error,
  })
}
