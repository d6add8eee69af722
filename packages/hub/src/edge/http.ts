/** HTTP/1.1 by Node's own parser, over whatever sockets the hub's environment has. */
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { StreamSocket } from '../core/environment.ts'
import type { MonitoringAnswer } from '../monitoring/endpoints.ts'
import type { HttpServerFactory } from '../monitoring/http/gateway.ts'

const STATUS_OF: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }
const BAD_REQUEST = 400

const FAILED: MonitoringAnswer = { status: 500, contentType: 'text/plain', body: 'This page failed.\n' }

function write(response: ServerResponse, { status, contentType, body }: MonitoringAnswer): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="wirehub", Bearer' } : {}),
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  })
  response.end(body)
}

/** Makes an HTTP server that gets its sockets handed to it. */
export const createHttpServer: HttpServerFactory = (limits, answer, figures) => {
  const sockets = new Set<StreamSocket>()
  const options = {
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: limits.checkIntervalMs,
    noDelay: true,
  }
  const server: Server = createServer(options, (request, response) => {
    request.resume()
    const asked = {
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      host: request.headers.host,
      origin: request.headers.origin,
      authorization: request.headers.authorization,
      remoteAddress: request.socket.remoteAddress ?? '',
    }
    // A defect of a page costs this one answer, not the hub.
    new Promise<MonitoringAnswer>((resolve) => resolve(answer(asked))).then(
      (given) => write(response, given),
      () => write(response, FAILED),
    )
  })
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = limits.idleTimeoutMs
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const status = STATUS_OF[error.code ?? ''] ?? BAD_REQUEST
    if (status === 408) figures.timedOut++
    else figures.malformed++
    if (socket.writable) {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    }
    // Whoever does not hang up, or sends on, is not waited for.
    ;(socket as Socket).destroySoon()
  })
  // Node watches over slow and silent connections from here on only; this server never listens itself.
  server.emit('listening')
  return {
    take(socket) {
      if (sockets.size >= limits.maxConnections) {
        figures.refused++
        socket.destroy()
        return
      }
      sockets.add(socket)
      figures.connections++
      socket.on('close', () => {
        if (sockets.delete(socket)) figures.connections--
      })
      socket.on('error', () => socket.destroy())
      server.emit('connection', socket as unknown as Socket)
    },
    // Idle connections end at once, the others when they have been answered; whoever does not take its answer is cut.
    close() {
      server.close()
      server.closeIdleConnections()
      for (const socket of sockets) socket.end()
      if (sockets.size === 0) return
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, limits.closeTimeoutMs)
      for (const socket of sockets) {
        socket.on('close', () => {
          if (sockets.size === 0) clearTimeout(timer)
        })
      }
    },
  }
}
