import { Timer } from '../link/timer-queue.ts'
import type { IpAddress } from './address.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { Prefix } from './prefix.ts'

/** A redirect holds no longer than what is learned of a path's MTU: whoever forged it has to do so again. */
const LIFETIME_MS = 600_000

interface Redirect {
  readonly network: NetworkInterface
  readonly destination: IpAddress
  /** The destination itself where that is on the link. */
  readonly firstHop: IpAddress
  readonly timer: Timer
}

export interface RedirectCounters {
  followed: number
  /** Of routers that are not in use, to where nobody can be, or with no room among the routes. */
  refused: number
  evicted: number
}

/** Better first hops towards single destinations, as routers have named them (RFC 1122 3.2.2.2, RFC 4861 8.3). */
export class Redirects {
  readonly counters: RedirectCounters = { followed: 0, refused: 0, evicted: 0 }
  readonly #internet: InternetLayer
  readonly #known: Map<string, Redirect> = new Map()

  constructor(internet: InternetLayer) {
    this.#internet = internet
  }

  get size(): number {
    return this.#known.size
  }

  /**
   * A router says that `firstHop` is the better way to a destination.
   *
   * @returns whether it is believed: only the router in use is, of what is on its own link
   */
  learn(network: NetworkInterface, from: IpAddress, destination: IpAddress, firstHop: IpAddress, now: number): boolean {
    const { routes, options, timers } = this.#internet
    if (!this.#isBelievable(network, from, destination, firstHop)) {
      this.counters.refused++
      return false
    }
    this.#forget(destination.toString())
    if (this.#known.size >= options.maxRedirects) this.#evictOldest()
    if (routes.size >= options.maxRoutes) {
      this.counters.refused++
      return false
    }
    this.counters.followed++
    const timer = new Timer(() => this.#forget(destination.toString()))
    this.#known.set(destination.toString(), { network, destination, firstHop, timer })
    timers.set(timer, now + LIFETIME_MS)
    const prefix = new Prefix(destination, destination.byteLength * 8)
    const gateway = firstHop.equals(destination) ? null : firstHop
    this.#internet.addRoute({ prefix, gateway, interface: network, metric: 0, origin: 'redirect' })
    return true
  }

  #isBelievable(network: NetworkInterface, from: IpAddress, destination: IpAddress, firstHop: IpAddress): boolean {
    const { routes, local, options } = this.#internet
    if (!options.acceptRedirects) return false
    const inUse = routes.lookup(destination, network)
    if (inUse?.gateway?.equals(from) !== true || local.has(destination) || destination.isMulticast) return false
    return this.#canBeHop(network, firstHop, destination)
  }

  #evictOldest(): void {
    const oldest = this.#known.keys().next().value
    if (oldest === undefined) return
    this.counters.evicted++
    this.#forget(oldest)
  }

  /** The neighbour is silent: destinations go by the way that they went before. */
  onLost(network: NetworkInterface, address: IpAddress): void {
    for (const [key, redirect] of this.#known) {
      if (redirect.network === network && redirect.firstHop.equals(address)) this.#forget(key)
    }
  }

  clear(): void {
    for (const key of [...this.#known.keys()]) this.#forget(key)
  }

  /** IPv4: on a network of the link (RFC 1122 3.2.2.2). IPv6: the form has been checked (RFC 4861 8.1). */
  #canBeHop(network: NetworkInterface, firstHop: IpAddress, destination: IpAddress): boolean {
    if (this.#internet.local.has(firstHop) || firstHop.isMulticast || firstHop.isUnspecified) return false
    if (firstHop.family === 6) return firstHop.isLinkLocal || firstHop.equals(destination)
    const isOnLink = network.addresses.some((own) => own.address.family === 4 && own.prefix.contains(firstHop))
    return isOnLink && !network.isSubnetBroadcast(firstHop)
  }

  #forget(key: string): void {
    const redirect = this.#known.get(key)
    if (redirect === undefined) return
    this.#internet.timers.remove(redirect.timer)
    this.#known.delete(key)
    this.#internet.routes.remove(
      (route) => route.origin === 'redirect' && route.prefix.address.equals(redirect.destination),
    )
  }
}
