import { Timer } from '../link/timer-queue.ts'
import { ICMPV6_ROUTER_ADVERTISEMENT } from '../wire/icmpv6.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { ALL_NODES_V6, ALL_ROUTERS_V6, type IpAddress } from './address.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { addressBytes, linkLayerOption, linkLocalAddress, macBytes, type Ndp } from './ndp.ts'
import type { Prefix } from './prefix.ts'

/** What a router tells the hosts of a link (RFC 4861 6.2.1). */
export interface RouterAdvertisementOptions {
  prefixes: readonly Prefix[]
  /** How long hosts may take it for a default router; 0: not at all. */
  routerLifetimeSeconds?: number
  validLifetimeSeconds?: number
  preferredLifetimeSeconds?: number
  dnsServers?: readonly IpAddress[]
  /** Between two advertisements that nobody asked for, at most; at least a third of it passes (RFC 4861 6.2.1). */
  intervalMs?: number
}

const MIN_DELAY_BETWEEN_ADVERTISEMENTS_MS = 3000
const MAX_ADVERTISEMENT_DELAY_MS = 500

/** The first few advertisements come faster (RFC 4861 6.2.4). */
const MAX_INITIAL_INTERVAL_MS = 16_000
const INITIAL_ADVERTISEMENTS = 3

interface Advertiser {
  readonly options: RouterAdvertisementOptions
  readonly timer: Timer
  sentAt: number
  sent: number
}

/** A router's side of router discovery (RFC 4861 6.2). */
export class RouterAdvertiser {
  readonly #internet: InternetLayer
  readonly #ndp: Ndp
  readonly #advertising: Map<NetworkInterface, Advertiser> = new Map()

  constructor(internet: InternetLayer, ndp: Ndp) {
    this.#internet = internet
    this.#ndp = ndp
  }

  clear(): void {
    for (const { timer } of this.#advertising.values()) this.#internet.timers.remove(timer)
    this.#advertising.clear()
  }

  start(network: NetworkInterface, options: RouterAdvertisementOptions, now: number): void {
    if (network.linkLocal() === null)
      this.#internet.addAddress(network, linkLocalAddress(network.mac), 64, 'link-local')
    const timer = new Timer((at) => this.#advertise(network, at))
    this.#internet.joinGroup(network, ALL_ROUTERS_V6)
    this.#advertising.set(network, { options, timer, sentAt: Number.NEGATIVE_INFINITY, sent: 0 })
    this.#advertise(network, now)
  }

  /** 6.2.6: each answer waits a random while, and however many ask, all of them are answered every three seconds at most. */
  onSolicitation(network: NetworkInterface, source: IpAddress, options: readonly NdpOption[], now: number): void {
    const entry = this.#advertising.get(network)
    if (entry === undefined) return
    if (!source.isUnspecified) {
      const mac = linkLayerOption(options, 'source-link-layer-address')
      if (mac >= 0) network.neighbours6.learn(source, mac, now)
      // Who asks for routers is none.
      const neighbour = network.neighbours6.get(source)
      if (neighbour !== null) neighbour.isRouter = false
    }
    const delay = this.#internet.random() * MAX_ADVERTISEMENT_DELAY_MS
    const at = Math.max(now, entry.sentAt + MIN_DELAY_BETWEEN_ADVERTISEMENTS_MS) + delay
    // Whoever keeps asking does not put the answer off.
    this.#internet.timers.set(entry.timer, Math.min(entry.timer.deadline, at))
  }

  #advertise(network: NetworkInterface, now: number): void {
    const entry = this.#advertising.get(network)
    if (entry === undefined) return
    const { options } = entry
    // 6.2.4: at random, so that the routers of a link do not speak in step.
    const interval = (options.intervalMs ?? 200_000) * (1 / 3 + (this.#internet.random() * 2) / 3)
    const isInitial = entry.sent < INITIAL_ADVERTISEMENTS
    this.#internet.timers.set(entry.timer, now + (isInitial ? Math.min(interval, MAX_INITIAL_INTERVAL_MS) : interval))
    const from = network.linkLocal()
    if (from === null || !network.isUp) return
    entry.sentAt = now
    entry.sent++
    this.#ndp.counters.outRouterAdvertisements++
    const message = {
      name: 'router-advertisement',
      type: ICMPV6_ROUTER_ADVERTISEMENT,
      routerLifetime: options.routerLifetimeSeconds ?? 1800,
      options: describe(network, options),
    } as const
    this.#ndp.send(network, from, ALL_NODES_V6, null, message, now)
  }
}

function describe(network: NetworkInterface, options: RouterAdvertisementOptions): NdpOption[] {
  const list: NdpOption[] = [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
  list.push({ name: 'mtu', mtu: network.mtu })
  for (const prefix of options.prefixes) {
    list.push({
      name: 'prefix-information',
      prefixLength: prefix.length,
      onLink: 1,
      autonomous: prefix.length === 64 ? 1 : 0,
      validLifetime: options.validLifetimeSeconds ?? 2_592_000,
      preferredLifetime: options.preferredLifetimeSeconds ?? 604_800,
      prefix: addressBytes(prefix.address),
    })
  }
  if (options.dnsServers !== undefined && options.dnsServers.length > 0) {
    const servers = options.dnsServers.map((server) => ({ address: addressBytes(server) }))
    list.push({ name: 'recursive-dns-server', lifetime: options.routerLifetimeSeconds ?? 1800, servers })
  }
  return list
}
