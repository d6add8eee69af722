/** HTTP/1.1 by Node's own parser, over whatever sockets the hub's environment has. */
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { StreamSocket } from '../core/environment.ts'
import type { HttpServerFactory } from '../monitoring/http/gateway.ts'

/** Makes an HTTP server that gets its sockets handed to it. */
export const createHttpServer: HttpServerFactory = (limits, answer) => {
  const sockets = new Set<StreamSocket>()
  const server: Server = createServer({ maxHeaderSize: limits.maxHeaderBytes, noDelay: true }, (request, response) => {
    const { status, contentType, body } = answer({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      host: request.headers.host,
      origin: request.headers.origin,
    })
    request.resume()
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    })
    response.end(body)
  })
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = limits.idleTimeoutMs
  return {
    take(socket) {
      if (sockets.size >= limits.maxConnections) {
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      server.emit('connection', socket as unknown as Socket)
    },
    // Idle connections end at once, busy ones when they have been answered.
    close() {
      server.closeIdleConnections()
      for (const socket of sockets) socket.end()
    },
  }
}
