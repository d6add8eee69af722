import { Timer } from '../link/timer-queue.ts'
import type { Icmpv6Message } from '../wire/icmpv6.ts'
import { IpAddress } from './address.ts'
import type { InterfaceAddress, NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { interfaceIdentifier, linkLocalAddress, type Ndp } from './ndp.ts'
import { Prefix } from './prefix.ts'

const RETRANSMIT_MS = 1000
const SOLICITATION_INTERVAL_MS = 4000
const MAX_SOLICITATIONS = 3
const TWO_HOURS_MS = 7_200_000
/** Lifetimes of this many seconds never end (RFC 4861 4.6.2). */
const FOREVER = 0xffff_ffff

interface Lifetime {
  readonly network: NetworkInterface
  readonly own: InterfaceAddress
  deprecatedAt: number
  invalidAt: number
  probes: number
  readonly timer: Timer
}

/** IPv6 stateless address autoconfiguration (RFC 4862) of a host. */
export class Autoconfiguration {
  /** Recursive name servers that routers named (RFC 8106). */
  readonly dnsServers: IpAddress[] = []
  readonly #internet: InternetLayer
  readonly #ndp: Ndp
  readonly #lifetimes: Map<InterfaceAddress, Lifetime> = new Map()
  readonly #solicitors: Map<NetworkInterface, Timer> = new Map()
  readonly #routers: Map<string, { gateway: IpAddress; network: NetworkInterface; timer: Timer }> = new Map()

  constructor(internet: InternetLayer, ndp: Ndp) {
    this.#internet = internet
    this.#ndp = ndp
  }

  start(network: NetworkInterface, now: number): void {
    if (!network.usesNeighbours || !network.isUp) return
    const address = linkLocalAddress(network.mac)
    if (network.findAddress(address) === null) this.#add(network, address, 64, 'link-local', FOREVER, FOREVER, now)
    this.#solicit(network, 0, now)
  }

  clear(): void {
    for (const { timer } of this.#lifetimes.values()) this.#internet.timers.remove(timer)
    for (const timer of this.#solicitors.values()) this.#internet.timers.remove(timer)
    for (const { timer } of this.#routers.values()) this.#internet.timers.remove(timer)
    this.#lifetimes.clear()
    this.#solicitors.clear()
    this.#routers.clear()
  }

  /** Asks for a router up to three times. The first question waits until the link-local address may be used. */
  #solicit(network: NetworkInterface, sent: number, now: number): void {
    const old = this.#solicitors.get(network)
    if (old !== undefined) this.#internet.timers.remove(old)
    if (sent >= MAX_SOLICITATIONS || this.#internet.options.forwarding) return
    const probing = this.#internet.options.duplicateAddressDetectionTransmits * RETRANSMIT_MS
    const timer = new Timer((at) => {
      this.#ndp.solicitRouter(network, at)
      this.#solicit(network, sent + 1, at)
    })
    this.#solicitors.set(network, timer)
    this.#internet.timers.set(timer, now + (sent === 0 ? probing : SOLICITATION_INTERVAL_MS))
  }

  #add(
    network: NetworkInterface,
    address: IpAddress,
    length: number,
    origin: 'link-local' | 'autoconfigured',
    validSeconds: number,
    preferredSeconds: number,
    now: number,
  ): void {
    const probes = this.#internet.options.duplicateAddressDetectionTransmits
    const own = this.#internet.addAddress(network, address, length, origin, probes > 0 ? 'tentative' : 'preferred')
    const lifetime: Lifetime = {
      network,
      own,
      deprecatedAt: until(preferredSeconds, now),
      invalidAt: until(validSeconds, now),
      probes,
      timer: new Timer((at) => this.#onTimer(lifetime, at)),
    }
    this.#lifetimes.set(own, lifetime)
    this.#onTimer(lifetime, now)
  }

  /** Duplicate address detection first (5.4), then the ends of the two lifetimes (5.5.4). */
  #onTimer(lifetime: Lifetime, now: number): void {
    const { own, network, timer } = lifetime
    if (own.state === 'tentative') {
      if (lifetime.probes > 0) {
        lifetime.probes--
        this.#ndp.probe(network, own.address, now)
        this.#internet.timers.set(timer, now + RETRANSMIT_MS)
        return
      }
      this.#move(lifetime, 'preferred')
    }
    if (now >= lifetime.invalidAt) {
      this.#lifetimes.delete(own)
      this.#internet.removeAddress(network, own.address)
      return
    }
    if (now >= lifetime.deprecatedAt && own.state === 'preferred') this.#move(lifetime, 'deprecated')
    const next = own.state === 'preferred' ? lifetime.deprecatedAt : lifetime.invalidAt
    if (next !== Number.POSITIVE_INFINITY) this.#internet.timers.set(timer, next)
  }

  #move(lifetime: Lifetime, to: InterfaceAddress['state']): void {
    const { own } = lifetime
    const legal =
      own.state === 'tentative' ||
      (own.state === 'preferred' && to === 'deprecated') ||
      (own.state === 'deprecated' && to === 'preferred')
    if (!legal) throw new Error(`address ${own.address}: no way from ${own.state} to ${to}`)
    own.state = to
    this.#internet.addressesChanged(lifetime.network)
  }

  /** Somebody else has the address: it is not used (5.4.5). */
  onDuplicate(_network: NetworkInterface, own: InterfaceAddress, _now: number): void {
    const lifetime = this.#lifetimes.get(own)
    if (lifetime === undefined) return
    this.#internet.timers.remove(lifetime.timer)
    this.#move(lifetime, 'duplicated')
  }

  onAdvertisement(
    network: NetworkInterface,
    from: IpAddress,
    message: Extract<Icmpv6Message, { name: 'router-advertisement' }>,
    now: number,
  ): void {
    const solicitor = this.#solicitors.get(network)
    if (solicitor !== undefined) this.#internet.timers.remove(solicitor)
    this.#defaultRouter(network, from, message.routerLifetime, now)
    for (const option of message.options) {
      if (option.name === 'prefix-information' && 'prefixLength' in option) this.#onPrefix(network, option, now)
      else if (option.name === 'recursive-dns-server' && 'servers' in option) {
        for (const server of option.servers) {
          const address = IpAddress.read(6, server.address, 0)
          const known = this.dnsServers.some((other) => other.equals(address))
          if (!known && this.dnsServers.length < this.#internet.options.maxAdvertisedDnsServers)
            this.dnsServers.push(address)
        }
      }
    }
  }

  #defaultRouter(network: NetworkInterface, gateway: IpAddress, lifetimeSeconds: number, now: number): void {
    const key = `${network.index} ${gateway}`
    let router = this.#routers.get(key)
    if (lifetimeSeconds === 0) {
      if (router !== undefined) this.#forgetRouter(key)
      return
    }
    if (router === undefined) {
      // RFC 4861 6.3.4: two default routers at least; more than a few serve nobody.
      if (this.#routers.size >= this.#internet.options.maxDefaultRouters) return
      router = { gateway, network, timer: new Timer(() => this.#forgetRouter(key)) }
      this.#routers.set(key, router)
      const prefix = new Prefix(IpAddress.v6(0, 0, 0, 0), 0)
      this.#internet.addRoute({ prefix, gateway, interface: network, metric: 1024, origin: 'ra' })
    }
    this.#internet.timers.set(router.timer, now + lifetimeSeconds * 1000)
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

  /** RFC 4861 6.3.4 for what is on the link, RFC 4862 5.5.3 for addresses. */
  #onPrefix(
    network: NetworkInterface,
    option: {
      prefixLength: number
      onLink: number
      autonomous: number
      validLifetime: number
      preferredLifetime: number
      prefix: Uint8Array
    },
    now: number,
  ): void {
    const { prefixLength, validLifetime, preferredLifetime } = option
    if (prefixLength > 128 || preferredLifetime > validLifetime) return
    const prefix = new Prefix(IpAddress.read(6, option.prefix, 0), prefixLength)
    if (prefix.address.isLinkLocal || prefix.address.isMulticast) return
    if (option.onLink === 1) this.#onLink(network, prefix, validLifetime)
    if (option.autonomous !== 1 || prefixLength !== 64) return
    const [high, low] = interfaceIdentifier(network.mac)
    const address = IpAddress.v6(prefix.address.w0, prefix.address.w1, high, low)
    const own = network.findAddress(address)
    if (own === null) {
      if (validLifetime === 0 || network.addresses.length >= this.#internet.options.maxAddressesPerInterface) return
      this.#add(network, address, 64, 'autoconfigured', validLifetime, preferredLifetime, now)
      return
    }
    const lifetime = this.#lifetimes.get(own)
    if (lifetime === undefined || own.state === 'duplicated') return
    // 5.5.3 e: nobody may make an address invalid within two hours by one unauthenticated packet.
    const offered = until(validLifetime, now)
    if (offered > now + TWO_HOURS_MS || offered > lifetime.invalidAt) lifetime.invalidAt = offered
    else if (lifetime.invalidAt > now + TWO_HOURS_MS) lifetime.invalidAt = now + TWO_HOURS_MS
    lifetime.deprecatedAt = until(preferredLifetime, now)
    if (own.state === 'deprecated' && lifetime.deprecatedAt > now) this.#move(lifetime, 'preferred')
    if (own.state !== 'tentative') this.#onTimer(lifetime, now)
  }

  #onLink(network: NetworkInterface, prefix: Prefix, validSeconds: number): void {
    const same = (route: { prefix: Prefix; origin: string; interface: NetworkInterface }): boolean =>
      route.interface === network &&
      route.prefix.equals(prefix) &&
      (route.origin === 'ra' || route.origin === 'connected')
    if (validSeconds === 0) {
      this.#internet.routes.remove((route) => route.origin === 'ra' && route.gateway === null && same(route))
      return
    }
    for (const route of this.#internet.routes) if (same(route)) return
    if (this.#internet.routes.size >= this.#internet.options.maxRoutes) return
    this.#internet.addRoute({ prefix, gateway: null, interface: network, metric: 256, origin: 'ra' })
  }
}

function until(seconds: number, now: number): number {
  return seconds === FOREVER ? Number.POSITIVE_INFINITY : now + seconds * 1000
}
