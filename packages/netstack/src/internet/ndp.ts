import type { Frame } from '../link/frame.ts'
import { WireError } from '../wire/error.ts'
import { readMac, writeMac } from '../wire/ethernet.ts'
import {
  buildIcmpv6,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  ICMPV6_NEIGHBOR_SOLICITATION,
  ICMPV6_REDIRECT,
  ICMPV6_ROUTER_SOLICITATION,
  type Icmpv6Message,
  parseIcmpv6,
} from '../wire/icmpv6.ts'
import { IPV6_SOURCE_OFFSET } from '../wire/ipv6.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import { ALL_NODES_V6, ALL_ROUTERS_V6, ANY_V6, IpAddress } from './address.ts'
import { Autoconfiguration } from './autoconfiguration.ts'
import { groupMac, type InterfaceAddress, type NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { isValidNdp } from './ndp-validation.ts'
import type { NeighbourEntry } from './neighbour.ts'
import type { PacketInfo } from './packet.ts'
import type { Path } from './path.ts'
import type { QuotedPacket } from './quoted.ts'
import { type RouterAdvertisementOptions, RouterAdvertiser } from './router-advertiser.ts'
import { RouterDiscovery, type RouterMessage } from './router-discovery.ts'

/** RFC 4861 3.1: what has crossed a router has less, and is no neighbour's message. */
const NDP_HOP_LIMIT = 255
/** 1280 bytes without the headers of IPv6 and of the redirect, and those of its two options. */
const MAX_REDIRECTED_BYTES = 1280 - 40 - 40 - 8 - 8

export interface NdpCounters {
  /** Against the rules of RFC 4861 6.1, 7.1 and 8.1. */
  inMalformed: number
  inSolicitations: number
  inAdvertisements: number
  inRouterSolicitations: number
  inRouterAdvertisements: number
  inRedirects: number
  outSolicitations: number
  outAdvertisements: number
  outRouterSolicitations: number
  outRouterAdvertisements: number
  outRedirects: number
  duplicateAddresses: number
  /** Probes of our own that the link has sent back (RFC 7527). */
  loopedProbes: number
  /** What advertisements named beyond what the options leave room for. */
  routersRefused: number
  prefixesRefused: number
  dnsServersRefused: number
  addressesRefused: number
}

/** Neighbour discovery (RFC 4861) and the messages of address autoconfiguration (RFC 4862). */
export class Ndp {
  readonly counters: NdpCounters = {
    inMalformed: 0,
    inSolicitations: 0,
    inAdvertisements: 0,
    inRouterSolicitations: 0,
    inRouterAdvertisements: 0,
    inRedirects: 0,
    outSolicitations: 0,
    outAdvertisements: 0,
    outRouterSolicitations: 0,
    outRouterAdvertisements: 0,
    outRedirects: 0,
    duplicateAddresses: 0,
    loopedProbes: 0,
    routersRefused: 0,
    prefixesRefused: 0,
    dnsServersRefused: 0,
    addressesRefused: 0,
  }
  readonly autoconfiguration: Autoconfiguration
  readonly discovery: RouterDiscovery
  readonly #advertiser: RouterAdvertiser
  readonly #internet: InternetLayer

  constructor(internet: InternetLayer) {
    this.#internet = internet
    this.autoconfiguration = new Autoconfiguration(internet, this)
    this.discovery = new RouterDiscovery(internet)
    this.#advertiser = new RouterAdvertiser(internet, this)
  }

  /** Makes a link-local address and asks for routers. */
  start(network: NetworkInterface, now: number): void {
    this.autoconfiguration.start(network, now)
  }

  clear(): void {
    this.autoconfiguration.clear()
    this.discovery.clear()
    this.#advertiser.clear()
  }

  /** The interface tells its link that a router is here. Gives it a link-local address where it has none. */
  advertiseRouter(network: NetworkInterface, options: RouterAdvertisementOptions, now: number): void {
    this.#advertiser.start(network, options, now)
  }

  /** Asks for routers (RFC 4861 6.3.7). */
  solicitRouter(network: NetworkInterface, now: number): void {
    const from = network.linkLocal()
    const options: NdpOption[] =
      from === null ? [] : [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
    this.counters.outRouterSolicitations++
    const type = ICMPV6_ROUTER_SOLICITATION
    this.send(network, from ?? ANY_V6, ALL_ROUTERS_V6, null, { name: 'router-solicitation', type, options }, now)
  }

  /** Asks for the MAC of a neighbour; to its group, or to itself when it is being probed. */
  solicit(network: NetworkInterface, entry: NeighbourEntry<Frame>, unicast: boolean, now: number): void {
    const target = entry.address
    // 7.2.2: from the source of what waits, where that is an address of the interface that may be used.
    const waiting = entry.pending[0]
    const sender = waiting === undefined ? null : IpAddress.read(6, waiting.bytes, waiting.start + IPV6_SOURCE_OFFSET)
    const usable = network.addresses.filter(
      (own) => own.address.family === 6 && (own.state === 'preferred' || own.state === 'deprecated'),
    )
    const source =
      usable.find((own) => sender?.equals(own.address)) ??
      usable.find((own) => own.prefix.contains(target)) ??
      usable.find((own) => own.address.isLinkLocal)
    const from = (source ?? usable[0])?.address
    if (from === undefined) return
    const options: NdpOption[] = [{ name: 'source-link-layer-address', address: macBytes(network.mac) }]
    this.counters.outSolicitations++
    const message = {
      name: 'neighbor-solicitation',
      type: ICMPV6_NEIGHBOR_SOLICITATION,
      targetAddress: addressBytes(target),
      options,
    } as const
    const to = unicast ? target : target.solicitedNode()
    this.send(network, from, to, unicast ? entry.mac : null, message, now)
  }

  /** Duplicate address detection asks from the unspecified address (RFC 4862 5.4.2), with a nonce to know its echo by (RFC 7527 4.1). */
  probe(network: NetworkInterface, target: IpAddress, nonce: Uint8Array, now: number): void {
    this.counters.outSolicitations++
    const message = {
      name: 'neighbor-solicitation',
      type: ICMPV6_NEIGHBOR_SOLICITATION,
      targetAddress: addressBytes(target),
      options: [{ name: 'nonce', nonce }],
    } satisfies Parameters<typeof buildIcmpv6>[0]
    this.send(network, ANY_V6, target.solicitedNode(), null, message, now)
  }

  /** 7.2.4; `to` is resolved first where its MAC is not known. */
  #answer(network: NetworkInterface, target: IpAddress, to: IpAddress, now: number): void {
    this.counters.outAdvertisements++
    const message = {
      name: 'neighbor-advertisement',
      type: ICMPV6_NEIGHBOR_ADVERTISEMENT,
      router: this.#internet.options.forwarding ? 1 : 0,
      solicited: to.isMulticast ? 0 : 1,
      override: 1,
      targetAddress: addressBytes(target),
      options: [{ name: 'target-link-layer-address', address: macBytes(network.mac) }],
    } satisfies Parameters<typeof buildIcmpv6>[0]
    this.send(network, target, to, null, message, now)
  }

  /** Tells a host of the better first hop for a packet of its own (RFC 4861 8.2). */
  redirect(
    network: NetworkInterface,
    { source, destination }: Pick<QuotedPacket, 'source' | 'destination'>,
    firstHop: NeighbourEntry<Frame>,
    packet: Uint8Array,
    now: number,
  ): void {
    const from = network.linkLocal()
    if (from === null) return
    const options: NdpOption[] = []
    if (firstHop.state !== 'incomplete' && firstHop.state !== 'failed') {
      options.push({ name: 'target-link-layer-address', address: macBytes(firstHop.mac) })
    }
    // As much as fits into 1280 bytes, in units of eight.
    const quote = packet.subarray(0, Math.min(packet.length, MAX_REDIRECTED_BYTES) & ~7)
    options.push({ name: 'redirected-header', packet: quote })
    this.counters.outRedirects++
    const message = {
      name: 'redirect',
      type: ICMPV6_REDIRECT,
      targetAddress: addressBytes(firstHop.address),
      destinationAddress: addressBytes(destination),
      options,
    } satisfies Parameters<typeof buildIcmpv6>[0]
    this.send(network, from, source, null, message, now)
  }

  /** @param mac null to find it: of a group it is computed, a neighbour is asked for it */
  send(
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
    const toMac = mac ?? (destination.isMulticast ? groupMac(destination) : -1)
    const path: Path = {
      destination,
      source,
      interface: network,
      neighbour: toMac < 0 ? network.neighbours6.entry(destination, now) : null,
      groupMac: toMac,
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
    if (!isValidNdp(message, info)) {
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
        this.#onAdvertisement(network, message, now)
        return
      case 'router-solicitation':
        this.counters.inRouterSolicitations++
        this.#advertiser.onSolicitation(network, info.source, message.options, now)
        return
      case 'router-advertisement':
        this.counters.inRouterAdvertisements++
        this.#onRouterAdvertisement(network, message, info, now)
        return
      case 'redirect':
        this.counters.inRedirects++
        this.#onRedirect(network, message, info.source, now)
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
    if (own === null) return
    const from = info.source
    if (own.state === 'tentative') {
      // RFC 4862 5.4.3: another host wants the same address; a unicast source only asks for it.
      if (!from.isUnspecified) return
      if (this.autoconfiguration.isOwnProbe(own, message.options)) this.counters.loopedProbes++
      else this.#duplicate(network, own, now)
      return
    }
    if (own.state === 'duplicated') return
    if (from.isUnspecified) {
      this.#answer(network, target, ALL_NODES_V6, now)
      return
    }
    // Nobody else has an address of ours.
    if (this.#internet.local.has(from)) return
    const mac = linkLayerOption(message.options, 'source-link-layer-address')
    if (mac >= 0) network.neighbours6.learn(from, mac, now)
    this.#answer(network, target, from, now)
  }

  /** RFC 4861 7.2.5. */
  #onAdvertisement(
    network: NetworkInterface,
    message: Extract<Icmpv6Message, { name: 'neighbor-advertisement' }>,
    now: number,
  ): void {
    const target = IpAddress.read(6, message.targetAddress, 0)
    const own = network.findAddress(target)
    if (own !== null) {
      if (own.state === 'tentative') this.#duplicate(network, own, now)
      return
    }
    const mac = linkLayerOption(message.options, 'target-link-layer-address')
    const isSolicited = message.solicited === 1
    if (!network.neighbours6.advertise(target, mac, isSolicited, message.override === 1, now)) return
    const entry = network.neighbours6.get(target)!
    const wasRouter = entry.isRouter
    entry.isRouter = message.router === 1
    if (wasRouter && !entry.isRouter) this.discovery.onRouterGone(network, target)
  }

  /** RFC 4861 8.3. */
  #onRedirect(
    network: NetworkInterface,
    message: Extract<Icmpv6Message, { name: 'redirect' }>,
    from: IpAddress,
    now: number,
  ): void {
    const target = IpAddress.read(6, message.targetAddress, 0)
    const destination = IpAddress.read(6, message.destinationAddress, 0)
    if (!this.#internet.redirects.learn(network, from, destination, target, now)) return
    const mac = linkLayerOption(message.options, 'target-link-layer-address')
    if (mac >= 0) network.neighbours6.learn(target, mac, now)
    const entry = network.neighbours6.get(target)
    if (entry !== null && !target.equals(destination)) entry.isRouter = true
  }

  #duplicate(network: NetworkInterface, own: InterfaceAddress, now: number): void {
    this.counters.duplicateAddresses++
    this.autoconfiguration.onDuplicate(network, own, now)
  }

  #onRouterAdvertisement(network: NetworkInterface, message: RouterMessage, info: PacketInfo, now: number): void {
    const source = info.source
    // Nobody is its own router.
    if (this.#internet.local.has(source)) return
    const mac = linkLayerOption(message.options, 'source-link-layer-address')
    if (mac >= 0) network.neighbours6.learn(source, mac, now)
    const entry = network.neighbours6.get(source)
    if (entry !== null) entry.isRouter = true
    if (!this.#internet.options.ipv6Autoconfiguration) return
    this.discovery.onAdvertisement(network, source, message, now)
    this.autoconfiguration.onAdvertisement(network, message, now)
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

/** The MAC address in the option of that name, or -1. */
export function linkLayerOption(options: readonly NdpOption[], name: NdpOption['name']): number {
  for (const option of options) if (option.name === name && 'address' in option) return readMac(option.address, 0)
  return -1
}

export function macBytes(mac: number): Uint8Array {
  const bytes = new Uint8Array(6)
  writeMac(bytes, 0, mac)
  return bytes
}

export function addressBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16)
  address.write(bytes, 0)
  return bytes
}
