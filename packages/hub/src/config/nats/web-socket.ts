/** `websocket { ... }` of a nats-server configuration. Source: NATS documentation, "WebSocket Configuration". */
import type { ListenerConfig } from '../types.ts'
import type { ConfReader } from './conf-reader.ts'
import type { ConfEntry } from './conf-value.ts'
import { readTls } from './tls.ts'

const DEFAULT_HOST = '0.0.0.0'
const DEFAULT_HANDSHAKE_MS = 2000

/** Reads the block. @returns undefined where there is no such listener */
export function readWebSocket(top: ConfReader, notices: string[]): ListenerConfig | undefined {
  const block = top.map('websocket', 'ws')
  if (block === undefined) return undefined
  const entry = top.entry('websocket', 'ws') as ConfEntry
  const listen = block.hostPort('listen')
  const port = block.number('port') ?? listen.port
  const host = block.string('host', 'net') ?? listen.host ?? DEFAULT_HOST
  const noTls = block.boolean('no_tls') === true
  const tls = readTls(block, true)
  const options = readOptions(block, tls === undefined ? 0 : (tls.timeoutMs ?? DEFAULT_HANDSHAKE_MS), notices)
  const pingIntervalMs = block.durationMs('ping_interval')
  const credentials = block.entry('authorization', 'authentication')
  if (credentials !== undefined) block.wrong(credentials, 'no users of its own; name them in authorization or accounts')
  if (block.entry('jwt_cookie') !== undefined) notices.push('websocket.jwt_cookie: no JWT operator mode; it is ignored')
  for (const cookie of ['user_cookie', 'pass_cookie', 'token_cookie'])
    if (block.entry(cookie) !== undefined) notices.push(`websocket.${cookie}: credentials are not read from cookies`)
  block.finish(['advertise'])
  if (port === undefined || port === 0) return undefined
  if (tls === undefined && !noTls) block.wrong(entry, 'tls { ... }, or no_tls: true')
  // Certificates of the other listeners are not this one's.
  if (tls === undefined || noTls) options.set('tls', 'false')
  const bracketed = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host
  return {
    url: `ws://${bracketed}:${port === -1 ? 0 : port}?${options}`,
    ...(pingIntervalMs === undefined ? {} : { limits: { pingIntervalMs } }),
    ...(tls === undefined || noTls ? {} : { tls }),
  }
}

function readOptions(block: ConfReader, tlsMs: number, notices: string[]): URLSearchParams {
  // nats-server minds neither the Host header nor, unless told to, where a page comes from.
  const options = new URLSearchParams({ host: '*' })
  const origins = block.strings(
    'allowed_origins',
    'allowed_origin',
    'allow_origins',
    'allow_origin',
    'origins',
    'origin',
  )
  if (origins.length > 0) options.set('origins', origins.join(','))
  else if (block.boolean('same_origin') !== true) {
    options.set('origins', '*')
    notices.push('websocket: pages of every origin may connect; same_origin or allowed_origins says which')
  }
  block.entry('same_origin')
  const handshakeMs = block.durationMs('handshake_timeout') ?? DEFAULT_HANDSHAKE_MS
  options.set('handshakeTimeoutMs', String(Math.max(1, Math.round(handshakeMs + tlsMs))))
  if (block.boolean('compression', 'compress') === true) options.set('compression', 'true')
  const user = block.string('no_auth_user')
  if (user !== undefined) options.set('noAuthUser', user)
  const headers = block.map('headers')
  if (headers !== undefined) options.set('responseHeaders', JSON.stringify(texts(headers)))
  return options
}

function texts(block: ConfReader): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { key } of block.entries()) found[key] = block.string(key) ?? ''
  return found
}
