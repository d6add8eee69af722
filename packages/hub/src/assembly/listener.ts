/** A listener: a URL, its gateway, its server socket. */
import type { Environment, Ipc, ListenAddress, StreamServer, StreamSocket } from '../core/environment.ts'
import type { Gateway } from '../core/gateway.ts'
import type { ConnectionLimits } from '../core/limits.ts'
import type { ListenerUrl } from '../core/listener-url.ts'
import type { TlsPeer, TlsTerminator } from '../core/tls.ts'
import type { WebSocketServer } from '../core/web-socket.ts'
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
  #webSockets: WebSocketServer | undefined = undefined

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
    const { takeSocket, webSocket } = this.gateway
    return this.tls === undefined && takeSocket === undefined && webSocket === undefined
  }

  // WebSocket has a scheme of its own for TLS, which clients need to know.
  get #shownScheme(): string {
    return this.url.scheme === 'ws' && this.tls !== undefined ? 'wss' : this.url.scheme
  }

  /**
   * Starts to listen.
   * @throws HubError WIREHUB_ERR_LISTEN when the address cannot be had
   */
  async open(
    { net, ipc, webSockets }: Pick<Environment, 'net' | 'ipc' | 'webSockets'>,
    accept: (socket: StreamSocket, listener: Listener, peer?: TlsPeer) => void,
  ): Promise<BoundAddress> {
    const { webSocket } = this.gateway
    if (webSocket !== undefined) {
      if (webSockets === undefined) throw noWebSockets(this.url)
      this.#webSockets = webSockets(webSocket, this.tls, (stream, peer) => accept(stream, this, peer))
    }
    const address = addressOf(this.url, ipc)
    const mode = modeOf(this.url)
    if ('path' in address) await ipc?.claim(address.path)
    let server: StreamServer | undefined
    for (const where of placesOf(this.url, address)) {
      server = net.createServer({ allowHalfOpen: true, noDelay: true, reuseReads: this.#canReuseReads })
      this.#server = server
      server.on('connection', (socket) => {
        if (this.#webSockets === undefined) accept(socket, this)
        else this.#webSockets.take(socket)
      })
      const error = await listening(server, where, mode, ipc)
      if (error === undefined) break
      this.#server = undefined
      if (where === address || !NO_SUCH_FAMILY.has(error.code ?? '')) throw listenError(this.url, error)
    }
    if ('path' in address) ipc?.opened(address.path, mode)
    this.bound = boundAddress(this.url, this.#shownScheme, address, server as StreamServer)
    return this.bound
  }

  /** Stops to listen; connections stay. */
  close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.gateway.close?.()
    this.#webSockets?.close()
    if (server === undefined) return Promise.resolve()
    // The callback waits for all connections to end: whoever closes a listener does not.
    server.close()
    return Promise.resolve()
  }
}

/** What a machine without IPv6 answers. */
const NO_SUCH_FAMILY: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

// `dual=true`: every address of the machine means those of both families, as Go understands it; IPv6 sockets take IPv4 too.
function placesOf(url: ListenerUrl, address: ListenAddress): ListenAddress[] {
  const both = url.options.get('dual') === 'true' && 'host' in address && address.host === '0.0.0.0'
  return both ? [{ ...address, host: '::' }, address] : [address]
}

/** Resolves with the error, if there is one. */
function listening(
  server: StreamServer,
  where: ListenAddress,
  mode: number,
  ipc: Ipc | undefined,
): Promise<(Error & { code?: string }) | undefined> {
  return new Promise((resolve) => {
    server.on('error', resolve)
    server.on('listening', () => resolve(undefined))
    const listen = (): void => void server.listen({ ...where, backlog: 4096 })
    if ('path' in where && ipc !== undefined) ipc.listen(mode, listen)
    else listen()
  })
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

function boundAddress(url: ListenerUrl, scheme: string, address: ListenAddress, server: StreamServer): BoundAddress {
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
  return { url: `${scheme}://${host}:${port}`, scheme: url.scheme, host: address.host, port, path: undefined }
}

function noWebSockets(url: ListenerUrl): HubError {
  return new HubError('WIREHUB_ERR_CONFIG', 'This hub was made without WebSocket.', {
    place: url.text,
    cure: 'Give createHub an environment with webSockets.',
  })
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
