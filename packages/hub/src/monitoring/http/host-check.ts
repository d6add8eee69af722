/** Which Host headers are ours: a foreign one is the mark of DNS rebinding. */
import type { ListenAddress } from '../../core/environment.ts'

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
