/** The HTTP listener: monitoring. Sans-IO: the server at the edge reads requests and writes what is answered here. */
import type { StreamSocket } from '../../core/environment.ts'
import type { Gateway, GatewayFactory } from '../../core/gateway.ts'
import { isLoopback, type ListenerUrl } from '../../core/listener-url.ts'
import { type MonitoringAnswer, monitoringAnswer, monitoringPaths } from '../endpoints.ts'
import type { MonitoredHub } from '../monitored-hub.ts'
import type { EmbeddedFigures } from '../varz.ts'
import { isAllowedHost } from './host-check.ts'

/** A request, as far as it matters here. */
export interface HttpRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** Limits of the HTTP side. */
export interface HttpLimits {
  maxHeaderBytes: number
  headersTimeoutMs: number
  requestTimeoutMs: number
  idleTimeoutMs: number
  maxConnections: number
}

/** An HTTP server without a listening socket: sockets are handed to it. */
export interface HttpServer {
  take(socket: StreamSocket): void
  close(): void
}

/** Makes one; at the edge. */
export type HttpServerFactory = (limits: HttpLimits, answer: (request: HttpRequest) => MonitoringAnswer) => HttpServer

/** What the HTTP gateway reports on. */
export interface HttpGatewaySource {
  readonly hub: MonitoredHub
  readonly embedded: () => EmbeddedFigures
  readonly createServer: HttpServerFactory
}

const defaults: HttpLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5000,
  maxConnections: 1024,
}

/** Makes the factory of `http://` listeners. */
export function httpGateway(source: HttpGatewaySource): GatewayFactory {
  return {
    manifest: {
      scheme: 'http',
      defaultPort: 8222,
      options: { host: 'further names by which this listener may be addressed, comma-separated' },
    },
    create: (url) => open(source, url),
  }
}

function open(source: HttpGatewaySource, url: ListenerUrl): Gateway {
  const names = (url.options.get('host') ?? '').split(',').filter((name) => name !== '')
  const loopback = isLoopback(url.address)
  const server = source.createServer(defaults, (request) => {
    if (isAllowedHost(request.host, url.address, loopback, names) && isAllowedOrigin(request))
      return answer(source, request)
    return problem(
      403,
      'foreign-host',
      'This Host or Origin is not allowed here.',
      'Use the address of the listener, or add ?host=NAME to its URL.',
    )
  })
  return {
    open: () => {
      throw new Error('the HTTP gateway takes sockets, not codecs')
    },
    takeSocket: (socket) => server.take(socket),
    close: () => server.close(),
  }
}

// A page of another origin may not read what a browser can reach on this machine.
function isAllowedOrigin({ origin, host }: HttpRequest): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`
}

function answer(source: HttpGatewaySource, request: HttpRequest): MonitoringAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'method-not-allowed', 'Monitoring is read only.', 'Use GET.')
  }
  const url = new URL(request.target, 'http://localhost')
  if (url.pathname === '/') return { status: 200, contentType: 'text/plain; charset=utf-8', body: index() }
  return (
    monitoringAnswer(source.hub, url.pathname, url.searchParams, source.embedded()) ??
    problem(404, 'not-found', `There is no ${url.pathname}.`, 'See / for what there is.')
  )
}

function index(): string {
  const rows = Object.entries(monitoringPaths).map(([path, what]) => `${path.padEnd(10)} ${what}`)
  return `wirehub\n\n${rows.join('\n')}\n`
}

/** RFC 9457. */
function problem(status: number, code: string, title: string, detail: string): MonitoringAnswer {
  return {
    status,
    contentType: 'application/problem+json',
    body: `${JSON.stringify({ status, code, title, detail })}\n`,
  }
}
