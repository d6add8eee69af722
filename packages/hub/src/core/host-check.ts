/** Which Host and Origin headers of an HTTP request are ours: a foreign Host is the mark of DNS rebinding, a foreign Origin that of another page. */
import type { ListenAddress } from './environment.ts'

const localNames = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/**
 * Whether a request with this Host header is meant for a listener.
 * @param names further names that the operator allows
 */
export function isAllowedHost(
  host: string | undefined,
  address: ListenAddress,
  loopback: boolean,
  names: readonly string[],
): boolean {
  // HTTP/1.0 has no Host header; a browser always sends one.
  if (host === undefined) return true
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (names.includes(name) || localNames.has(name) || name.endsWith('.localhost')) return true
  if ('host' in address && name === address.host.toLowerCase()) return true
  // On a wildcard address every address of the machine is ours; names must be allowed by the operator.
  return !loopback && (/^\d+\.\d+\.\d+\.\d+$/.test(name) || name.startsWith('['))
}

/**
 * Whether a page of this origin may speak to a listener: one of its own address, or one that the operator allows.
 * @param allowed origins such as `https://example.org`, lower case
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[] = [],
): boolean {
  // Programs that are no browsers send none.
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return true
  return allowed.includes(origin.toLowerCase())
}
