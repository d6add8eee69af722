/** The options that every dialled URL has besides those of its protocol. */
import type { ListenerUrl } from '../core/listener-url.ts'
import { UrlOptions } from '../core/url-options.ts'
import type { DialOptions } from './dialer.ts'

/** Their names, each with one sentence. */
const dialOptionHelp: Readonly<Record<string, string>> = {
  retryMinMs: 'first wait before dialling again (default 100); it doubles with each failure',
  retryMaxMs: 'longest wait before dialling again (default 30000)',
  connectTimeoutMs: 'time for the connection to come about (default 10000)',
}

const HOUR_MS = 3_600_000

/** @throws HubError WIREHUB_ERR_CONFIG */
export function dialOptions(url: ListenerUrl): DialOptions {
  const options = new UrlOptions(url)
  return {
    retryMinMs: options.integer('retryMinMs', 100, 1, HOUR_MS),
    retryMaxMs: options.integer('retryMaxMs', 30_000, 1, HOUR_MS),
    connectTimeoutMs: options.integer('connectTimeoutMs', 10_000, 1, HOUR_MS),
  }
}

/** The URL without them: what is left is the gateway's. */
export function gatewayPart(url: ListenerUrl): ListenerUrl {
  return { ...url, options: new Map([...url.options].filter(([name]) => !Object.hasOwn(dialOptionHelp, name))) }
}
