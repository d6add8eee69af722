import { IpAddress } from '../internet/address.ts'
import type { Stack } from '../stack/stack.ts'
import type { TcpConnection, TcpConnectionOptions, TcpInfo, TcpListener } from '../transport/tcp/mod.ts'
import { closeCode } from './byte-stream.ts'

/** The largest piece that an iteration gives. */
const PIECE_BYTES = 65_536

/** Where sockets without Node live: a stack and its clock. Whoever made the stack polls it; `onWork` says that it should look. */
export interface AsyncHost {
  readonly stack: Stack
  now(): number
  /** A call has given the stack something to do. */
  onWork?(): void
}

/** A connection that could not be made, or has broken. `code` is a POSIX name. */
export class SocketError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.name = 'SocketError'
    this.code = code
  }
}

/** A TCP connection for programs without Node's streams: bytes come by iteration, writes wait for room. */
export class AsyncSocket implements AsyncIterable<Uint8Array> {
  readonly #host: AsyncHost
  readonly #connection: TcpConnection
  /** Settles when something has happened. */
  #news: PromiseWithResolvers<void> = Promise.withResolvers()
  #failure: SocketError | null = null
  #isOver = false

  /** Used by `connectAsync` and `listenAsync`. */
  constructor(host: AsyncHost, connection: TcpConnection) {
    this.#host = host
    this.#connection = connection
    const tell = (): void => {
      const { resolve } = this.#news
      this.#news = Promise.withResolvers()
      resolve()
    }
    connection.observer = {
      onConnected: tell,
      onReadable: tell,
      onEnd: tell,
      onWritable: tell,
      onClosed: (_connection, reason) => {
        this.#isOver = true
        const code = closeCode(reason)
        if (code !== undefined) this.#failure = new SocketError(code, `the connection has ended: ${reason}`)
        tell()
      },
    }
  }

  get remoteAddress(): string {
    return textOf(this.#connection.flow.remote)
  }

  get remotePort(): number {
    return this.#connection.flow.remotePort
  }

  get localAddress(): string {
    return textOf(this.#connection.flow.local)
  }

  get localPort(): number {
    return this.#connection.flow.localPort
  }

  /** @throws {SocketError} ECONNREFUSED, ETIMEDOUT and others */
  async connected(): Promise<void> {
    while (this.#connection.state === 'SYN-SENT' || this.#connection.state === 'SYN-RECEIVED') await this.#news.promise
    if (this.#failure !== null) throw this.#failure
  }

  /** Resolves when the stack has taken all of it. @throws {SocketError} EPIPE, ECONNRESET and others */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      if (this.#failure !== null) throw this.#failure
      if (this.#isOver) throw new SocketError('EPIPE', 'the connection is closed')
      done += this.#connection.send(bytes, this.#host.now(), done)
      this.#host.onWork?.()
      if (done < bytes.length) await this.#news.promise
    }
  }

  /** Nothing more is written; reading goes on. */
  end(): void {
    this.#connection.shutdown(this.#host.now())
    this.#host.onWork?.()
  }

  /** Ends both directions; what was written still arrives. */
  close(): void {
    this.#connection.abandon(this.#host.now())
    this.#host.onWork?.()
  }

  /** Ends at once, by RST. */
  reset(): void {
    this.#connection.abort(this.#host.now())
    this.#host.onWork?.()
  }

  /** What Linux's `tcp_info` tells. */
  info(): TcpInfo {
    return this.#connection.info(this.#host.now())
  }

  /** The next bytes, or null at the end. @throws {SocketError} when the connection has broken */
  async read(): Promise<Uint8Array | null> {
    const connection = this.#connection
    for (;;) {
      if (connection.readableBytes > 0) {
        const piece = connection.take(PIECE_BYTES, (bytes) => new Uint8Array(bytes), this.#host.now())
        this.#host.onWork?.()
        return piece
      }
      if (connection.ended) return null
      if (this.#failure !== null) throw this.#failure
      if (this.#isOver) return null
      await this.#news.promise
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let piece = await this.read(); piece !== null; piece = await this.read()) yield piece
    } finally {
      // A loop that is left early reads no more.
      if (!this.#connection.ended && !this.#isOver) this.close()
    }
  }
}

/** Connections as they come in. */
export class AsyncListener implements AsyncIterable<AsyncSocket> {
  readonly #host: AsyncHost
  readonly #listener: TcpListener
  #news: PromiseWithResolvers<void> = Promise.withResolvers()
  #isClosed = false

  /** Used by `listenAsync`. */
  constructor(host: AsyncHost, port: number, address: string | undefined) {
    this.#host = host
    const options = address === undefined ? {} : { address: IpAddress.parse(address) }
    this.#listener = host.stack.tcp.listen({ ...options, port, onConnection: () => this.#tell() }, host.now())
  }

  get port(): number {
    return this.#listener.port
  }

  #tell(): void {
    const { resolve } = this.#news
    this.#news = Promise.withResolvers()
    resolve()
  }

  close(): void {
    this.#isClosed = true
    this.#listener.close(this.#host.now())
    this.#host.onWork?.()
    this.#tell()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AsyncSocket> {
    while (!this.#isClosed) {
      const connection = this.#listener.accept()
      if (connection === undefined) await this.#news.promise
      else yield new AsyncSocket(this.#host, connection)
    }
  }
}

/**
 * Connects to an IP address.
 *
 * @throws {SocketError} ENETUNREACH, ECONNREFUSED, ETIMEDOUT and others
 */
export async function connectAsync(
  host: AsyncHost,
  address: string,
  port: number,
  options: TcpConnectionOptions = {},
): Promise<AsyncSocket> {
  const remote = IpAddress.parse(address)
  const path = host.stack.internet.findPath(remote, null, null, host.now())
  if (path === null) throw new SocketError('ENETUNREACH', `no route to ${address}`)
  const connection = host.stack.tcp.connect({ local: path.source, remote, remotePort: port, options }, host.now())
  const socket = new AsyncSocket(host, connection)
  host.onWork?.()
  await socket.connected()
  return socket
}

/** Listens at a port, 0 for any. @throws {TcpError} EADDRINUSE */
export function listenAsync(host: AsyncHost, port = 0, address?: string): AsyncListener {
  return new AsyncListener(host, port, address)
}

function textOf(words: { w0: number; w1: number; w2: number; w3: number }): string {
  return IpAddress.fromWords({
    w0: words.w0 >>> 0,
    w1: words.w1 >>> 0,
    w2: words.w2 >>> 0,
    w3: words.w3 >>> 0,
  }).toString()
}
