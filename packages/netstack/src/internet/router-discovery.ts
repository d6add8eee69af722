import { Timer } from '../link/timer-queue.ts'
import type { Icmpv6Message } from '../wire/icmpv6.ts'
import { IpAddress } from './address.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { Prefix } from './prefix.ts'

export type RouterMessage = Extract<Icmpv6Message, { name: 'router-advertisement' }>

/** Lifetimes of this many seconds never end (RFC 4861 4.6.2). */
const FOREVER_SECONDS = 0xffff_ffff
const IPV6_MINIMUM_MTU = 1280
/** RFC 4861 6.2.1 allows a router no more. */
const MAX_REACHABLE_TIME_MS = 3_600_000
/** RFC 4861 gives no bounds: outside of these a router would make its hosts flood the link, or wait without end. */
const MIN_RETRANSMIT_TIME_MS = 100
const MAX_RETRANSMIT_TIME_MS = 60_000

/** Something that a router said, for a while. */
interface Told {
  readonly network: NetworkInterface
  readonly timer: Timer
}

/**
 * What a host takes from router advertisements besides addresses (RFC 4861 6.3.4): default routers, prefixes on the link,
 * name servers (RFC 8106), and the link's parameters. All of it ends with its lifetime, and all of it is bounded: anybody on
 * the link may send advertisements.
 */
export class RouterDiscovery {
  /** Told when name servers came or went. */
  onDnsServers: (() => void) | null = null
  readonly #internet: InternetLayer
  readonly #routers: Map<string, Told & { readonly gateway: IpAddress }> = new Map()
  readonly #prefixes: Map<string, Told & { readonly prefix: Prefix }> = new Map()
  readonly #dnsServers: Map<string, Told & { readonly address: IpAddress }> = new Map()

  constructor(internet: InternetLayer) {
    this.#internet = internet
  }

  /** Recursive name servers that routers named (RFC 8106), for as long as they said. */
  get dnsServers(): IpAddress[] {
    return Array.from(this.#dnsServers.values(), ({ address }) => address)
  }

  clear(): void {
    for (const list of [this.#routers, this.#prefixes, this.#dnsServers]) {
      for (const { timer } of list.values()) this.#internet.timers.remove(timer)
      list.clear()
    }
  }

  onAdvertisement(network: NetworkInterface, from: IpAddress, message: RouterMessage, now: number): void {
    this.#onParameters(network, message)
    this.#onRouter(network, from, message.routerLifetime, now)
    for (const option of message.options) {
      if (option.name === 'mtu' && 'mtu' in option) this.#onMtu(network, option.mtu, now)
      else if (option.name === 'prefix-information' && 'prefixLength' in option) {
        const { prefixLength, onLink, validLifetime } = option
        if (onLink !== 1 || prefixLength > 128) continue
        const prefix = new Prefix(IpAddress.read(6, option.prefix, 0), prefixLength)
        if (!prefix.address.isLinkLocal && !prefix.address.isMulticast) {
          this.#onPrefix(network, prefix, validLifetime, now)
        }
      } else if (option.name === 'recursive-dns-server' && 'servers' in option) {
        for (const { address } of option.servers) {
          this.#onDnsServer(network, IpAddress.read(6, address, 0), option.lifetime, now)
        }
      }
    }
  }

  /** RFC 4861 7.2.5: a neighbour that was a router says that it is none any more. */
  onRouterGone(network: NetworkInterface, address: IpAddress): void {
    this.#forgetRouter(keyOf(network, address))
  }

  #onParameters(network: NetworkInterface, message: RouterMessage): void {
    // A smaller one would keep packets from leaving the site: whoever says so means harm (CVE-2015-2923).
    if (message.currentHopLimit >= (network.hopLimitV6 || this.#internet.options.hopLimit)) {
      network.hopLimitV6 = message.currentHopLimit
    }
    const { reachableTime, retransTimer } = message
    // 6.3.2: between half of it and one and a half, so that hosts do not probe in step.
    const reachableMs =
      reachableTime > 0 && reachableTime <= MAX_REACHABLE_TIME_MS ? reachableTime * (0.5 + this.#internet.random()) : 0
    const retransmitMs =
      retransTimer >= MIN_RETRANSMIT_TIME_MS && retransTimer <= MAX_RETRANSMIT_TIME_MS ? retransTimer : 0
    network.neighbours6.setTimes(reachableMs, retransmitMs)
  }

  #onMtu(network: NetworkInterface, mtu: number, now: number): void {
    if (mtu < IPV6_MINIMUM_MTU || mtu > network.mtu || mtu === network.mtuV6) return
    network.mtuV6 = mtu
    this.#internet.routes.changed()
    this.#internet.onPathMtu?.(null, now)
  }

  #onRouter(network: NetworkInterface, gateway: IpAddress, lifetimeSeconds: number, now: number): void {
    const key = keyOf(network, gateway)
    if (lifetimeSeconds === 0) {
      this.#forgetRouter(key)
      return
    }
    const { routes, options, timers, ndp } = this.#internet
    let router = this.#routers.get(key)
    if (router === undefined) {
      // 6.3.4: two default routers at least; more than a few serve nobody.
      if (this.#routers.size >= options.maxDefaultRouters || routes.size >= options.maxRoutes) {
        ndp.counters.routersRefused++
        return
      }
      router = { gateway, network, timer: new Timer(() => this.#forgetRouter(key)) }
      this.#routers.set(key, router)
      const prefix = new Prefix(IpAddress.v6(0, 0, 0, 0), 0)
      this.#internet.addRoute({ prefix, gateway, interface: network, metric: 1024, origin: 'ra' })
    }
    timers.set(router.timer, now + lifetimeSeconds * 1000)
  }

  #forgetRouter(key: string): void {
    const router = this.#routers.get(key)
    if (router === undefined) return
    this.#internet.timers.remove(router.timer)
    this.#routers.delete(key)
    this.#internet.routes.remove(
      (route) =>
        route.origin === 'ra' && route.interface === router.network && route.gateway?.equals(router.gateway) === true,
    )
  }

  #onPrefix(network: NetworkInterface, prefix: Prefix, validSeconds: number, now: number): void {
    const key = `${keyOf(network, prefix.address)} ${prefix.length}`
    if (validSeconds === 0) {
      this.#forgetPrefix(key)
      return
    }
    const { routes, options, timers, ndp } = this.#internet
    let known = this.#prefixes.get(key)
    if (known === undefined) {
      if (this.#prefixes.size >= options.maxOnLinkPrefixes || routes.size >= options.maxRoutes) {
        ndp.counters.prefixesRefused++
        return
      }
      for (const route of routes) {
        if (route.origin === 'connected' && route.interface === network && route.prefix.equals(prefix)) return
      }
      known = { prefix, network, timer: new Timer(() => this.#forgetPrefix(key)) }
      this.#prefixes.set(key, known)
      this.#internet.addRoute({ prefix, gateway: null, interface: network, metric: 256, origin: 'ra' })
    }
    timers.set(known.timer, endOf(validSeconds, now))
  }

  #forgetPrefix(key: string): void {
    const known = this.#prefixes.get(key)
    if (known === undefined) return
    this.#internet.timers.remove(known.timer)
    this.#prefixes.delete(key)
    this.#internet.routes.remove(
      (route) =>
        route.origin === 'ra' &&
        route.interface === known.network &&
        route.gateway === null &&
        route.prefix.equals(known.prefix),
    )
  }

  /** RFC 8106 5.1: 0 takes the server back. */
  #onDnsServer(network: NetworkInterface, address: IpAddress, lifetimeSeconds: number, now: number): void {
    if (address.isMulticast || address.isUnspecified || address.isLoopback) return
    const key = keyOf(network, address)
    if (lifetimeSeconds === 0) {
      this.#forgetDnsServer(key)
      return
    }
    let known = this.#dnsServers.get(key)
    const isNew = known === undefined
    if (known === undefined) {
      if (this.#dnsServers.size >= this.#internet.options.maxAdvertisedDnsServers) {
        this.#internet.ndp.counters.dnsServersRefused++
        return
      }
      known = { address, network, timer: new Timer(() => this.#forgetDnsServer(key)) }
      this.#dnsServers.set(key, known)
    }
    this.#internet.timers.set(known.timer, endOf(lifetimeSeconds, now))
    if (isNew) this.onDnsServers?.()
  }

  #forgetDnsServer(key: string): void {
    const known = this.#dnsServers.get(key)
    if (known === undefined) return
    this.#internet.timers.remove(known.timer)
    this.#dnsServers.delete(key)
    this.onDnsServers?.()
  }
}

function keyOf(network: NetworkInterface, address: IpAddress): string {
  return `${network.index} ${address}`
}

/** When a lifetime ends; Infinity for those that do not. */
export function endOf(lifetimeSeconds: number, now: number): number {
  return lifetimeSeconds === FOREVER_SECONDS ? Number.POSITIVE_INFINITY : now + lifetimeSeconds * 1000
}
