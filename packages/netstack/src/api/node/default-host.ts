import type { NetHost } from './host.ts'
import { RealTimeHost } from './real-time-host.ts'

/** One for the process, whichever of its modules asks. */
const key = Symbol.for('@wirehub/netstack default host')
const shared = globalThis as { [key]?: NetHost }

/** The stack of `@wirehub/netstack/node-net` and `install()`: made when it is first asked for. */
export function defaultHost(): NetHost {
  shared[key] ??= new RealTimeHost()
  return shared[key]
}

/**
 * Puts another host in its place, before anybody has used it.
 *
 * @throws {Error} when it is in use already
 */
export function setDefaultHost(host: NetHost): void {
  if (shared[key] !== undefined) throw new Error('the default stack of this process is in use already')
  shared[key] = host
}
