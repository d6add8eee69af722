/** The HTTP listener: monitoring. Other HTTP services of the hub join it by path. */
import type { HubCore } from '../../assembly/hub-core.ts'
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import { isLoopback, type ListenerUrl } from '../../core/listener-url.ts'
import { HttpEdge, type HttpLimits, type IncomingMessage, type ServerResponse } from '../../edge/http.ts'
import { monitoringAnswer, monitoringPaths } from '../../monitoring/endpoints.ts'
import type { EmbeddedFigures } from '../../monitoring/varz.ts'
import { isAllowedHost } from './host-check.ts'

const defaults: HttpLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5000,
  maxConnections: 1024,
}

/** What the HTTP gateway must know of the hub that it reports on. */
export interface HttpGatewaySource {
  readonly hub: HubCore
  readonly embedded: () => EmbeddedFigures
}

/** Makes the factory of `http://` listeners. */
export function httpGateway(source: HttpGatewaySource): GatewayFactory {
  return {
    manifest: {
      scheme: 'http',
      defaultPort: 8222,
      options: { host: 'further names by which this listener may be addressed, comma-separated' },
    },
    create: (url, _context: GatewayContext) => open(source, url),
  }
}

function open(source: HttpGatewaySource, url: ListenerUrl): Gateway {
  const names = (url.options.get('host') ?? '').split(',').filter((name) => name !== '')
  const loopback = isLoopback(url.address)
  const edge = new HttpEdge(defaults, (request, response) => {
    const allowed = isAllowedHost(request.headers.host, url.address, loopback, names)
    if (!allowed || !isAllowedOrigin(request)) {
      problem(
        response,
        403,
        'foreign-host',
        'This Host or Origin is not allowed here.',
        'Use the address of the listener, or add ?host=NAME to its URL.',
      )
      return
    }
    answer(source, request, response)
  })
  return {
    open: () => {
      throw new Error('the HTTP gateway takes sockets, not codecs')
    },
    takeSocket: (socket) => edge.take(socket),
    close: () => edge.close(),
  }
}

// A page of another origin may not read what a browser can reach on this machine.
function isAllowedOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  return origin === `http://${host}` || origin === `https://${host}`
}

function answer(source: HttpGatewaySource, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    problem(response, 405, 'method-not-allowed', 'Monitoring is read only.', 'Use GET.')
    return
  }
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/') {
    write(response, 200, 'text/plain; charset=utf-8', index())
    return
  }
  const found = monitoringAnswer(source.hub, url.pathname, url.searchParams, source.embedded())
  if (found === undefined)
    problem(response, 404, 'not-found', `There is no ${url.pathname}.`, 'See / for what there is.')
  else write(response, found.status, found.contentType, found.body)
}

function index(): string {
  const rows = Object.entries(monitoringPaths).map(([path, what]) => `${path.padEnd(10)} ${what}`)
  return `wirehub\n\n${rows.join('\n')}\n`
}

/** RFC 9457. */
function problem(response: ServerResponse, status: number, code: string, title: string, cure: string): void {
  write(response, status, 'application/problem+json', `${JSON.stringify({ status, code, title, detail: cure })}\n`)
}

function write(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  })
  response.end(body)
}
