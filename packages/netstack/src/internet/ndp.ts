import type { Frame } from '../link/frame.ts'
import { Timer } from '../link/timer-queue.ts'
import { WireError } from '../wire/error.ts'
import { readMac, writeMac } from '../wire/ethernet.ts'
import {
  buildIcmpv6,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  ICMPV6_NEIGHBOR_SOLICITATION,
  ICMPV6_ROUTER_ADVERTISEMENT,
  ICMPV6_ROUTER_SOLICITATION,
  type Icmpv6Message,
  parseIcmpv6,
} from '../wire/icmpv6.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import { ALL_NODES_V6, ALL_ROUTERS_V6, ANY_V6, IpAddress } from './address.ts'
import { Autoconfiguration } from './autoconfiguration.ts'
import { groupMac, type InterfaceAddress, type NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import type { NeighbourEntry } from './neighbour.ts'
import type { PacketInfo } from './packet.ts'
import type { Path } from './path.ts'
import type { Prefix } from './prefix.ts'

/** RFC 4861 3.1: what has crossed a router has less, and is no neighbour's message. */
const NDP_HOP_LIMIT = 255

export interface NdpCounters {
  inMalformed: number
  inSolicitations: number
  inAdvertisements: number
  inRouterSolicitations: number
  inRouterAdvertisements: number
  outSolicitations: number
  outAdvertisements: number
  outRouterSolicitations: number
  outRouterAdvertisements: number
  duplicateAddresses: number
}

/** What a router tells the hosts of a link (RFC 4861 6.2.1). */
export interface RouterAdvertisementOptions {
  prefixes: readonly Prefix[]
  /** How long hosts may take it for a default router; 0: not at all. */
  routerLifetimeSeconds?: number
  validLifetimeSeconds?: number
  preferredLifetimeSeconds?: number
  dnsServers?: readonly IpAddress[]
  /** Between two advertisements that nobody asked for. */
  intervalMs?: number
}

const MIN_DELAY_BETWEEN_ADVERTISEMENTS_MS = 3000

interface Advertiser {
  readonly options: RouterAdvertisementOptions
  readonly timer: Timer
  sentAt: number
}

type RouterMessage = Extract<Icmpv6Message, { name: 'router-advertisement' }>

/** Neighbour discovery (RFC 4861) and the messages of address autoconfiguration (RFC 4862). */
export class Ndp {
  readonly counters: NdpCounters = {
    inMalformed: 0,
    inSolicitations: 0,
    inAdvertisements: 0,
    inRouterSolicitations: 0,
    inRouterAdvertisements: 0,
    outSolicitations: 0,
    outAdvertisements: 0,
    outRouterSolicitations: 0,
    outRouterAdvertisements: 0,
    duplicateAddresses: 0,
  }
  readonly autoconfiguration: Autoconfiguration
  readonly #internet: InternetLayer
  readonly #advertising: Map<NetworkInterface, Advertiser> = new Map()

  constructor(internet: InternetLayer) {
    this.#internet = internet
    this.autoconfiguration = new Autoconfiguration(internet, this)
  }

  /** Makes a link-local address and asks for routers. */
  start(network: NetworkInterface, now: number): void {
    this.autoconfiguration.start(network, now)
  }

  clear(): void {
    this.autoconfiguration.clear()
    for (const { timer } of this.#advertising.values()) this.#internet.timers.remove(timer)
    this.#advertising.clear()
  }

  /** The interface tells its link that a router is here. Gives it a link-local address where it has none. */
  advertiseRouter(network: NetworkInterface, options: RouterAdvertisementOptions, now: number): void {
    if (network.linkLocal() === null)
      this.#internet.addAddress(network, linkLocalAddress(network.mac), 64, 'link-local')
    const timer = new Timer((at) => this.#advertise(network, at))
    this.#internet.joinGroup(network, ALL_ROUTERS_V6)
    this.#advertising.set(network, { options, timer, sentAt: Number.NEGATIVE_INFINITY })
    this.#advertise(network, now)
  }

  #advertise(network: NetworkInterface, now: number): void {
    const entry = this.#advertising.get(network)
    if (entry === undefined) return
    const { options } = entry
    this.#internet.timers.set(entry.timer, now + (options.intervalMs ?? 200_000))
    const from = network.linkLocal()
    if (from === null || !network.isUp) return
    const list: NdpOption[] = [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
    list.push({ name: 'mtu', mtu: network.mtu })
    for (const prefix of options.prefixes) {
      const bytes = new Uint8Array(16)
      prefix.address.write(bytes, 0)
      list.push({
        name: 'prefix-information',
        prefixLength: prefix.length,
        onLink: 1,
        autonomous: prefix.length === 64 ? 1 : 0,
        validLifetime: options.validLifetimeSeconds ?? 2_592_000,
        preferredLifetime: options.preferredLifetimeSeconds ?? 604_800,
        prefix: bytes,
      })
    }
    if (options.dnsServers !== undefined && options.dnsServers.length > 0) {
      const servers = options.dnsServers.map((server) => ({ address: addressBytes(server) }))
      list.push({ name: 'recursive-dns-server', lifetime: options.routerLifetimeSeconds ?? 1800, servers })
    }
    entry.sentAt = now
    this.counters.outRouterAdvertisements++
    const type = ICMPV6_ROUTER_ADVERTISEMENT
    const routerLifetime = options.routerLifetimeSeconds ?? 1800
    this.#send(
      network,
      from,
      ALL_NODES_V6,
      null,
      { name: 'router-advertisement', type, routerLifetime, options: list },
      now,
    )
  }

  /** Asks for routers (RFC 4861 6.3.7). */
  solicitRouter(network: NetworkInterface, now: number): void {
    const from = network.linkLocal()
    const options: NdpOption[] =
      from === null ? [] : [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
    this.counters.outRouterSolicitations++
    const type = ICMPV6_ROUTER_SOLICITATION
    this.#send(network, from ?? ANY_V6, ALL_ROUTERS_V6, null, { name: 'router-solicitation', type, options }, now)
  }

  /** Asks for the MAC of a neighbour; to its group, or to itself when it is being probed. */
  solicit(network: NetworkInterface, entry: NeighbourEntry<Frame>, unicast: boolean, now: number): void {
    const target = entry.address
    const source = network.addresses.find(
      (own) => own.address.family === 6 && own.state !== 'tentative' && own.prefix.contains(target),
    )
    const from =
      source?.address ?? network.linkLocal() ?? network.addresses.find((own) => own.address.family === 6)?.address
    if (from === undefined) return
    const options: NdpOption[] = [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
    this.counters.outSolicitations++
    const message = {
      name: 'neighbor-solicitation',
      type: ICMPV6_NEIGHBOR_SOLICITATION,
      targetAddress: addressBytes(target),
      options,
    } as const
    this.#send(network, from, unicast ? target : target.solicitedNode(), unicast ? entry.mac : null, message, now)
  }

  /** Duplicate address detection asks from the unspecified address (RFC 4862 5.4.2). */
  probe(network: NetworkInterface, target: IpAddress, now: number): void {
    this.counters.outSolicitations++
    const type = ICMPV6_NEIGHBOR_SOLICITATION
    const message = { name: 'neighbor-solicitation', type, targetAddress: addressBytes(target), options: [] } as const
    this.#send(network, ANY_V6, target.solicitedNode(), null, { ...message, options: [] }, now)
  }

  #answer(network: NetworkInterface, target: IpAddress, to: IpAddress, mac: number | null, now: number): void {
    this.counters.outAdvertisements++
    const options: NdpOption[] = [{ name: 'target-link-layer-address', address: macBytes(network.mac) }]
    const toAll = to.isMulticast
    const message = {
      name: 'neighbor-advertisement',
      type: ICMPV6_NEIGHBOR_ADVERTISEMENT,
      router: this.#internet.options.forwarding ? 1 : 0,
      solicited: toAll ? 0 : 1,
      override: 1,
      targetAddress: addressBytes(target),
      options,
    } as const
    this.#send(network, target, to, mac, { ...message, options }, now)
  }

  #send(
    network: NetworkInterface,
    source: IpAddress,
    destination: IpAddress,
    mac: number | null,
    message: Parameters<typeof buildIcmpv6>[0],
    now: number,
  ): void {
    const addresses = new Uint8Array(32)
    source.write(addresses, 0)
    destination.write(addresses, 16)
    const frame = this.#internet.pool.frameOf(buildIcmpv6(message, addresses))
    const path: Path = {
      destination,
      source,
      interface: network,
      neighbour: null,
      groupMac: mac ?? (destination.isMulticast ? groupMac(destination) : 0),
      mtu: network.mtu,
      generation: 0,
    }
    this.#internet.icmp.v6.counters.outMessages++
    this.#internet.send(frame, path, PROTOCOL_ICMPV6, NDP_HOP_LIMIT, 0, true, now)
  }

  /** The message stands at the frame's start..end, checksum verified. The frame stays with the caller. */
  receive(frame: Frame, info: PacketInfo, now: number): void {
    const network = info.interface!
    if (info.hopLimit !== NDP_HOP_LIMIT || frame.bytes[frame.start + 1] !== 0 || !network.usesNeighbours) {
      this.counters.inMalformed++
      return
    }
    let message: Icmpv6Message
    try {
      message = parseIcmpv6(frame.bytes, frame.start, frame.end)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.counters.inMalformed++
      return
    }
    switch (message.name) {
      case 'neighbor-solicitation':
        this.counters.inSolicitations++
        this.#onSolicitation(network, message, info, now)
        return
      case 'neighbor-advertisement':
        this.counters.inAdvertisements++
        this.#onAdvertisement(network, message, info, now)
        return
      case 'router-solicitation':
        this.counters.inRouterSolicitations++
        this.#onRouterSolicitation(network, message.options, info, now)
        return
      case 'router-advertisement':
        this.counters.inRouterAdvertisements++
        this.#onRouterAdvertisement(network, message, info, now)
    }
  }

  /** RFC 4861 7.2.3. */
  #onSolicitation(
    network: NetworkInterface,
    message: Extract<Icmpv6Message, { name: 'neighbor-solicitation' }>,
    info: PacketInfo,
    now: number,
  ): void {
    const target = IpAddress.read(6, message.targetAddress, 0)
    const own = network.findAddress(target)
    if (target.isMulticast || own === null) return
    const from = info.source
    if (own.state === 'tentative') {
      // RFC 4862 5.4.3: another host wants the same address; a unicast source only asks for it.
      if (from.isUnspecified) this.#duplicate(network, own, now)
      return
    }
    if (own.state === 'duplicated') return
    if (from.isUnspecified) {
      this.#answer(network, target, ALL_NODES_V6, null, now)
      return
    }
    const mac = linkLayerOption(message.options, 'source-link-layer-address')
    if (mac >= 0) network.neighbours6.learn(from, mac, now)
    const known = mac >= 0 ? mac : (network.neighbours6.get(from)?.mac ?? null)
    if (known !== null) this.#answer(network, target, from, known, now)
  }

  /** RFC 4861 7.2.5. */
  #onAdvertisement(
    network: NetworkInterface,
    message: Extract<Icmpv6Message, { name: 'neighbor-advertisement' }>,
    info: PacketInfo,
    now: number,
  ): void {
    const target = IpAddress.read(6, message.targetAddress, 0)
    if (target.isMulticast || (message.solicited === 1 && info.toGroup)) {
      this.counters.inMalformed++
      return
    }
    const own = network.findAddress(target)
    if (own !== null) {
      if (own.state === 'tentative') this.#duplicate(network, own, now)
      return
    }
    const mac = linkLayerOption(message.options, 'target-link-layer-address')
    const entry = network.neighbours6.get(target)
    if (entry === null) return
    entry.isRouter = message.router === 1
    if (mac >= 0) network.neighbours6.advertise(target, mac, message.solicited === 1, message.override === 1, now)
    else if (message.solicited === 1 && entry.state !== 'incomplete' && entry.state !== 'failed') {
      network.neighbours6.confirm(entry, now)
    }
  }

  #duplicate(network: NetworkInterface, own: InterfaceAddress, now: number): void {
    this.counters.duplicateAddresses++
    this.autoconfiguration.onDuplicate(network, own, now)
  }

  #onRouterSolicitation(network: NetworkInterface, options: readonly NdpOption[], info: PacketInfo, now: number): void {
    const entry = this.#advertising.get(network)
    if (entry === undefined) return
    const mac = linkLayerOption(options, 'source-link-layer-address')
    if (mac >= 0 && !info.source.isUnspecified) network.neighbours6.learn(info.source, mac, now)
    // However many ask, all of them are answered every three seconds at most (RFC 4861 6.2.6).
    this.#internet.timers.set(entry.timer, Math.max(now, entry.sentAt + MIN_DELAY_BETWEEN_ADVERTISEMENTS_MS))
  }

  #onRouterAdvertisement(network: NetworkInterface, message: RouterMessage, info: PacketInfo, now: number): void {
    if (!info.source.isLinkLocal) {
      this.counters.inMalformed++
      return
    }
    const mac = linkLayerOption(message.options, 'source-link-layer-address')
    if (mac >= 0) network.neighbours6.learn(info.source, mac, now)
    if (this.#internet.options.ipv6Autoconfiguration) {
      this.autoconfiguration.onAdvertisement(network, info.source, message, now)
    }
  }
}

/** fe80:: with the interface identifier made of the MAC (RFC 4291 appendix A). */
export function linkLocalAddress(mac: number): IpAddress {
  const [high, low] = interfaceIdentifier(mac)
  return IpAddress.v6(0xfe80_0000, 0, high, low)
}

/** The 64 bits of a modified EUI-64, as two words. */
export function interfaceIdentifier(mac: number): [number, number] {
  const high24 = Math.floor(mac / 0x100_0000)
  const low24 = mac % 0x100_0000
  return [(((high24 ^ 0x02_0000) << 8) | 0xff) >>> 0, (0xfe00_0000 | low24) >>> 0]
}

function linkLayerOption(options: readonly NdpOption[], name: NdpOption['name']): number {
  for (const option of options) if (option.name === name && 'address' in option) return readMac(option.address, 0)
  return -1
}

function macBytes(mac: number): Uint8Array {
  const bytes = new Uint8Array(6)
  writeMac(bytes, 0, mac)
  return bytes
}

function addressBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16)
  address.write(bytes, 0)
  return bytes
}
