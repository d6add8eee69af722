/** HTTP/1.1 by Node's own parser, over whatever sockets the hub's environment has. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { StreamSocket } from '../core/environment.ts'

/** One request, as the HTTP gateway sees it. */
export type { IncomingMessage, ServerResponse }

/** Limits of the HTTP side. */
export interface HttpLimits {
  maxHeaderBytes: number
  headersTimeoutMs: number
  requestTimeoutMs: number
  idleTimeoutMs: number
  maxConnections: number
}

/** An HTTP server without a listening socket: sockets are handed to it. */
export class HttpEdge {
  readonly #server: Server
  readonly #sockets = new Set<StreamSocket>()
  readonly #limits: HttpLimits

  constructor(limits: HttpLimits, handle: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#limits = limits
    this.#server = createServer({ maxHeaderSize: limits.maxHeaderBytes, noDelay: true }, handle)
    this.#server.headersTimeout = limits.headersTimeoutMs
    this.#server.requestTimeout = limits.requestTimeoutMs
    this.#server.keepAliveTimeout = limits.idleTimeoutMs
  }

  get connections(): number {
    return this.#sockets.size
  }

  take(socket: StreamSocket): void {
    if (this.#sockets.size >= this.#limits.maxConnections) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    this.#server.emit('connection', socket as unknown as Socket)
  }

  /** Ends idle connections at once; busy ones when they have been answered. */
  close(): void {
    this.#server.closeIdleConnections()
    for (const socket of this.#sockets) socket.end()
  }
}
