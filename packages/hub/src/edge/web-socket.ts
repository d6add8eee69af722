/** WebSocket by `ws`: opening handshakes on accepted sockets, and byte streams out of what follows. */
import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer as Upgrader, type WebSocket } from 'ws'
import type { StreamSocket } from '../core/environment.ts'
import type { TlsPeer } from '../core/tls.ts'
import type { WebSocketServerFactory } from '../core/web-socket.ts'

const MAX_HEADER_BYTES = 16 * 1024
/** Once both sides have said that they close, whoever keeps the TCP connection is not waited for. */
const CLOSE_TIMEOUT_MS = 2000
/** Below this, compressing costs more than it spares. */
const COMPRESSION_THRESHOLD_BYTES = 1024
const DEFLATE_LEVEL = 1
const DEFLATES_AT_ONCE = 4

/** Close codes of RFC 6455, section 7.4.1, by what ends a connection; everything else is 1008, a policy that was not kept. */
const closeCodes: Readonly<Record<string, number>> = {
  'client-closed': 1000,
  'closed-by-hub': 1000,
  'hub-closing': 1001,
  'protocol-violation': 1002,
  'payload-too-large': 1009,
}
const POLICY_VIOLATION = 1008

/** The frames of one connection as a stream of bytes. What the peer sends may be cut into frames anywhere; each write is one binary frame. */
class WebSocketStream extends EventEmitter {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly localPort: number | undefined
  destroyed = false
  readonly #frames: WebSocket
  readonly #socket: Socket
  #reason: string | undefined = undefined

  constructor(frames: WebSocket, socket: Socket) {
    super()
    this.remoteAddress = socket.remoteAddress
    this.remotePort = socket.remotePort
    this.localPort = socket.localPort
    this.#frames = frames
    this.#socket = socket
    frames.on('message', (data) => {
      const bytes = data as Buffer
      if (bytes.length > 0) this.emit('data', bytes)
    })
    frames.on('error', (error) => {
      // `ws` tells the peer what was wrong; who does not hang up then is cut.
      setTimeout(() => frames.terminate(), CLOSE_TIMEOUT_MS).unref()
      this.emit('error', error)
    })
    frames.on('close', () => {
      this.destroyed = true
      this.emit('close', false)
    })
  }

  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    this.#frames.send(chunk, { binary: true }, callback)
    return true
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  explain(reason: string): void {
    this.#reason = reason
  }

  end(): void {
    const reason = this.#reason ?? 'client-closed'
    this.#frames.close(closeCodes[reason] ?? POLICY_VIOLATION, reason)
  }

  destroy(): void {
    this.destroyed = true
    this.#frames.terminate()
  }

  pause(): void {
    this.#frames.pause()
  }

  resume(): void {
    this.#frames.resume()
  }

  setKeepAlive(on: boolean, initialDelayMs: number): void {
    this.#socket.setKeepAlive(on, initialDelayMs)
  }
}

/** Makes the WebSocket side of a listener. */
export const createWebSocketServer: WebSocketServerFactory = (options, tls, accepted) => {
  /** Sockets whose handshake is under way, with what cuts them. */
  const pending = new Map<StreamSocket, NodeJS.Timeout>()
  const peers = new WeakMap<object, { peer: TlsPeer | undefined; taken: StreamSocket }>()
  const settings: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    perMessageDeflate: options.compression && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      threshold: COMPRESSION_THRESHOLD_BYTES,
      concurrencyLimit: DEFLATES_AT_ONCE,
      zlibDeflateOptions: { level: DEFLATE_LEVEL },
    },
  }
  const upgrader = new Upgrader(settings)
  upgrader.on('headers', (lines) => {
    for (const [name, value] of Object.entries(options.headers)) lines.push(`${name}: ${value}`)
  })
  const settled = (socket: StreamSocket): void => {
    clearTimeout(pending.get(socket))
    pending.delete(socket)
  }
  const http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, noDelay: true }, (_request, response) => {
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Type': 'text/plain' })
    response.end('This port speaks WebSocket.\n')
  })
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!options.allows({ host: request.headers.host, origin: request.headers.origin })) return refuse(socket, 403)
    upgrader.options.maxPayload = options.maxFrameBytes()
    upgrader.handleUpgrade(request, socket, head, (frames) => {
      const known = peers.get(socket)
      if (known === undefined || !pending.has(known.taken)) return frames.terminate()
      settled(known.taken)
      accepted(new WebSocketStream(frames, socket as Socket) as unknown as StreamSocket, known.peer)
    })
  })
  http.on('clientError', (_error, socket) => {
    if (socket.writable) refuse(socket, 400)
    else socket.destroy()
  })
  const speak = (socket: StreamSocket, taken: StreamSocket, peer: TlsPeer | undefined): void => {
    peers.set(socket, { peer, taken })
    http.emit('connection', socket as unknown as Socket)
  }
  return {
    take(socket) {
      if (pending.size >= options.maxHandshakes) {
        socket.destroy()
        return
      }
      pending.set(
        socket,
        setTimeout(() => socket.destroy(), options.handshakeTimeoutMs),
      )
      socket.on('close', () => settled(socket))
      socket.on('error', () => socket.destroy())
      if (tls === undefined) return speak(socket, socket, undefined)
      const secure = tls.secure(socket, {
        secured: (peer) => speak(secure, socket, peer),
        failed: () => socket.destroy(),
      })
    },
    close() {
      for (const socket of pending.keys()) socket.destroy()
    },
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}
