/** The HTTP listener: monitoring. Sans-IO: the server at the edge reads requests and writes what is answered here. */
import type { Credentials } from '../../core/authenticator.ts'
import type { StreamSocket } from '../../core/environment.ts'
import type { Gateway, GatewayFactory } from '../../core/gateway.ts'
import { isAllowedHost, isAllowedOrigin } from '../../core/host-check.ts'
import { isLoopback, type ListenerUrl } from '../../core/listener-url.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { type MonitoringAnswer, monitoringAnswer, monitoringPaths } from '../endpoints.ts'
import type { MonitoredHub } from '../monitored-hub.ts'
import { QueryError } from '../query.ts'
import type { EmbeddedFigures, HttpFigures } from '../varz.ts'

/** A request, as far as it matters here. */
export interface HttpRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** The Authorization header. */
  readonly authorization: string | undefined
  readonly remoteAddress: string
}

/** Limits of the HTTP side. */
export interface HttpLimits {
  maxHeaderBytes: number
  headersTimeoutMs: number
  requestTimeoutMs: number
  idleTimeoutMs: number
  /** How often the timeouts are looked after. */
  checkIntervalMs: number
  /** Time for the last answers when the listener is closed. */
  closeTimeoutMs: number
  maxConnections: number
}

/** An HTTP server without a listening socket: sockets are handed to it. */
export interface HttpServer {
  take(socket: StreamSocket): void
  close(): void
}

/** Makes one; at the edge. */
export type HttpServerFactory = (
  limits: HttpLimits,
  answer: (request: HttpRequest) => MonitoringAnswer | Promise<MonitoringAnswer>,
  figures: HttpFigures,
) => HttpServer

/** What the HTTP gateway reports on. */
export interface HttpGatewaySource {
  readonly hub: MonitoredHub
  readonly embedded: () => EmbeddedFigures
  readonly createServer: HttpServerFactory
  /** Counted by all `http://` listeners together. */
  readonly figures: HttpFigures
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<HttpLimits>
}

const defaults: HttpLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5000,
  checkIntervalMs: 1000,
  closeTimeoutMs: 1000,
  maxConnections: 1024,
}

const optionHelp = {
  host: 'Further names by which this listener may be addressed, comma-separated.',
  auth: 'none: whoever reaches it may read, as with nats-server; default: beyond this machine a user or token is asked for.',
}

/** Makes the factory of `http://` listeners. */
export function httpGateway(source: HttpGatewaySource): GatewayFactory {
  return {
    manifest: { scheme: 'http', defaultPort: 8222, options: optionHelp, listenOnly: true },
    create: (url) => open(source, url),
  }
}

function open(source: HttpGatewaySource, url: ListenerUrl): Gateway {
  const options = new UrlOptions(url)
  options.assertKnown(Object.keys(optionHelp))
  const names = (url.options.get('host') ?? '').split(',').filter((name) => name !== '')
  const loopback = isLoopback(url.address)
  const open = loopback || options.choice('auth', ['none', 'required'], 'required') === 'none'
  const limits = { ...defaults, ...source.limits }
  const respond = (request: HttpRequest): MonitoringAnswer | Promise<MonitoringAnswer> => {
    if (isAllowedHost(request.host, url.address, loopback, names) && isAllowedOrigin(request.origin, request.host))
      return open || !source.hub.authenticator.required ? answer(source, request) : admitted(source, request)
    return problem(
      403,
      'foreign-host',
      'This Host or Origin is not allowed here.',
      'Use the address of the listener, or add ?host=NAME to its URL.',
    )
  }
  const server = source.createServer(limits, respond, source.figures)
  return {
    open: () => {
      throw new Error('the HTTP gateway takes sockets, not codecs')
    },
    takeSocket: (socket) => server.take(socket),
    close: () => server.close(),
  }
}

async function admitted(source: HttpGatewaySource, request: HttpRequest): Promise<MonitoringAnswer> {
  const credentials = credentialsOf(request)
  const identity = credentials === undefined ? undefined : await source.hub.authenticator.authenticate(credentials)
  if (identity !== undefined) return answer(source, request)
  return problem(401, 'not-authenticated', 'Say who you are.', 'Send a user and password (Basic) or a token (Bearer).')
}

/** RFC 7617 and RFC 6750. */
function credentialsOf({ authorization, remoteAddress }: HttpRequest): Credentials | undefined {
  const [, scheme, value] = /^(\S+) +(\S+)$/.exec(authorization ?? '') ?? []
  if (/^bearer$/i.test(scheme ?? '')) return { token: value, remoteAddress, protocol: 'http' }
  if (!/^basic$/i.test(scheme ?? '')) return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1), remoteAddress, protocol: 'http' }
}

function answer(source: HttpGatewaySource, request: HttpRequest): MonitoringAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'method-not-allowed', 'Monitoring is read only.', 'Use GET.')
  }
  const url = targetOf(request.target)
  if (url === undefined) return problem(400, 'malformed-target', 'This is no path.', 'See / for what there is.')
  // Counted by what there is, not by what is asked for: strangers must not make names here.
  if (Object.hasOwn(monitoringPaths, url.pathname)) {
    const { requests } = source.figures
    requests.set(url.pathname, (requests.get(url.pathname) ?? 0) + 1)
  }
  if (url.pathname === '/') return { status: 200, contentType: 'text/plain; charset=utf-8', body: index() }
  try {
    return (
      monitoringAnswer(source.hub, url.pathname, url.searchParams, { ...source.embedded(), http: source.figures }) ??
      problem(404, 'not-found', `There is no ${url.pathname}.`, 'See / for what there is.')
    )
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return problem(400, 'malformed-query', error.message, error.expected)
  }
}

// `//host/path` would be read as another host; a path is a path.
function targetOf(target: string): URL | undefined {
  return target.startsWith('/') ? (URL.parse(`http://localhost${target}`) ?? undefined) : undefined
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
