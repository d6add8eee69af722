/** The URL options of listeners whose protocol comes over WebSocket. */
import { isAllowedHost, isAllowedOrigin } from '../../core/host-check.ts'
import { isLoopback, type ListenerUrl } from '../../core/listener-url.ts'
import type { UrlOptions } from '../../core/url-options.ts'
import type { WebSocketOptions } from '../../core/web-socket.ts'

const DEFAULT_HANDSHAKE_MS = 2000
const DEFAULT_HANDSHAKES = 1024
/** A frame may hold several messages. As nats-server. */
const MESSAGES_IN_A_FRAME = 8
const MOST_FRAME_BYTES = 64 * 1024 * 1024

/** What they mean, one sentence each. */
export const webSocketHelp: Readonly<Record<string, string>> = {
  origins: 'Pages that may connect beside those of the own address: https://a.example,... or * for all.',
  host: 'Further names by which this listener may be addressed, comma-separated, or * for all.',
  compression: 'true: permessage-deflate for clients that offer it.',
  handshakeTimeoutMs: 'Time for TLS and the opening handshake together; default 2000.',
  maxHandshakes: 'Handshakes under way at the same time; default 1024.',
  maxFrameBytes: 'Largest WebSocket message; default eight times maxPayloadBytes, 64 MiB at most.',
  responseHeaders: 'Further headers of the answer to the opening handshake, as JSON.',
}

/**
 * Reads them.
 * @param maxPayloadBytes the listener's limit, asked when a connection is made
 * @throws HubError WIREHUB_ERR_CONFIG
 */
export function webSocketOptions(url: ListenerUrl, given: UrlOptions, maxPayloadBytes: () => number): WebSocketOptions {
  const origins = list(given.text('origins', ''))
  const names = list(given.text('host', ''))
  const loopback = isLoopback(url.address)
  const maxFrameBytes = given.integer('maxFrameBytes', 0, 0, 2 ** 31)
  return {
    maxFrameBytes: () =>
      maxFrameBytes > 0
        ? maxFrameBytes
        : Math.max(maxPayloadBytes(), Math.min(MOST_FRAME_BYTES, MESSAGES_IN_A_FRAME * maxPayloadBytes())),
    handshakeTimeoutMs: given.integer('handshakeTimeoutMs', DEFAULT_HANDSHAKE_MS, 1, 3_600_000),
    maxHandshakes: given.integer('maxHandshakes', DEFAULT_HANDSHAKES, 1, 1_000_000),
    compression: given.flag('compression', false),
    headers: headersOf(given),
    allows: ({ host, origin }) =>
      (names.includes('*') || isAllowedHost(host, url.address, loopback, names)) &&
      (origins.includes('*') || isAllowedOrigin(origin, host, origins)),
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '')
}

function headersOf(given: UrlOptions): Record<string, string> {
  const text = given.text('responseHeaders', '')
  if (text === '') return {}
  const wrong = given.refuse('responseHeaders', 'It may be a JSON object of texts, such as {"X-Served-By":"a"}.')
  let headers: unknown
  try {
    headers = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) throw wrong
  for (const [name, value] of Object.entries(headers)) {
    // Neither a name nor a value may end its line.
    if (typeof value !== 'string' || !/^[!#$%&'*+.^`|~\w-]+$/.test(name) || /[\x00-\x1f\x7f]/.test(value)) throw wrong
  }
  return headers as Record<string, string>
}
