import type { Frame, FramePool } from '../link/frame.ts'
import type { Link, LinkOffload } from '../link/link.ts'
import { LoopbackLink } from '../link/loopback.ts'
import { splitSuperSegment } from '../link/segmentation.ts'
import type { TimerQueue } from '../link/timer-queue.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import { type AddressFamily, ALL_NODES_V4, ALL_NODES_V6, IpAddress, LOOPBACK_V4, LOOPBACK_V6 } from './address.ts'
import { Arp } from './arp.ts'
import { Icmp } from './icmp.ts'
import {
  type AddressState,
  BROADCAST_MAC,
  groupMac,
  type InterfaceAddress,
  makeInterfaceAddress,
  NetworkInterface,
} from './interface.ts'
import { Ipv4 } from './ipv4.ts'
import { Ipv6 } from './ipv6.ts'
import { LocalAddresses } from './local-addresses.ts'
import { Ndp } from './ndp.ts'
import { type NeighbourActions, NeighbourCache, type NeighbourOptions } from './neighbour.ts'
import type { Transport } from './packet.ts'
import type { Path, SendOutcome } from './path.ts'
import { PathMtuCache, type PathMtuOptions } from './path-mtu.ts'
import { Prefix, splitPrefix } from './prefix.ts'
import type { ReassemblyOptions } from './reassembly.ts'
import { Redirects } from './redirects.ts'
import { type Route, RoutingTable } from './routing.ts'
import { selectSource } from './source-address.ts'

/** Every limit and habit of the internet layer; defaults are those of the RFC named at each, or of Linux. */
export interface InternetOptions {
  /** Passes packets on that are not its own: the host is a router. */
  forwarding?: boolean
  /** TTL and hop limit of what it sends (RFC 1122 3.2.1.7). */
  hopLimit?: number
  maxRoutes?: number
  maxInterfaces?: number
  maxAddressesPerInterface?: number
  maxGroupsPerInterface?: number
  /** Sockets that send echo requests. */
  maxEchoSockets?: number
  /** Frames that wait in the loopback device. */
  maxLoopbackFrames?: number
  /** Default routers that advertisements may name, and name servers. */
  maxDefaultRouters?: number
  maxAdvertisedDnsServers?: number
  /** Prefixes that advertisements may put on the links, and addresses that they may give each interface. */
  maxOnLinkPrefixes?: number
  maxAutoconfiguredAddresses?: number
  /** Follows routers that name a better one (RFC 1122 3.2.2.2, RFC 4861 8.3); left out: unless it is a router. */
  acceptRedirects?: boolean
  /** As a router, tells hosts of better ones (RFC 1812 5.2.7.2, RFC 4861 8.2). */
  sendRedirects?: boolean
  /** Destinations that redirects may be remembered for; the oldest makes room. */
  maxRedirects?: number
  neighbours?: NeighbourOptions
  reassembly?: ReassemblyOptions
  pathMtu?: PathMtuOptions
  /** ICMP errors a second (RFC 1812 4.3.2.8, RFC 4443 2.4 f), and at once. */
  icmpErrorsPerSecond?: number
  icmpErrorBurst?: number
  /** Answers echo requests; those to groups never. */
  echoReplies?: boolean
  /** Makes link-local addresses, asks routers, and takes addresses and routes from their advertisements (RFC 4862). */
  ipv6Autoconfiguration?: boolean
  /** Neighbour solicitations that an address must survive before it is used (RFC 4862 5.1); 0 for none. */
  duplicateAddressDetectionTransmits?: number
  /** A random part of this passes before a host first speaks on a link (RFC 4861 10, MAX_RTR_SOLICITATION_DELAY). */
  maxAutoconfigurationDelayMs?: number
}

export interface InternetEnvironment {
  readonly pool: FramePool
  readonly timers: TimerQueue
  /** A uniform number in [0, 1). */
  readonly random: () => number
  /** Milliseconds, for what happens outside of a call that says the time. */
  readonly clock: () => number
  /** What stands between the host and itself instead of the plain loopback: faults, a tap. */
  readonly loopback?: ((plain: LoopbackLink) => Link) | undefined
}

/** One host's layer 3: interfaces, addresses, routes, neighbours, IPv4 and IPv6, ICMP. */
export class InternetLayer {
  readonly pool: FramePool
  readonly timers: TimerQueue
  readonly random: () => number
  readonly clock: () => number
  readonly options: Required<InternetOptions>
  readonly interfaces: NetworkInterface[] = []
  readonly routes: RoutingTable<NetworkInterface>
  readonly local: LocalAddresses = new LocalAddresses()
  readonly pathMtu: PathMtuCache
  readonly redirects: Redirects
  readonly arp: Arp
  readonly icmp: Icmp
  readonly ndp: Ndp
  readonly ipv4: Ipv4
  readonly ipv6: Ipv6
  readonly loopback: NetworkInterface
  /** By protocol number. */
  readonly transports: (Transport | null)[] = new Array<Transport | null>(256).fill(null)
  /** Told when the largest packet towards a destination has changed; null: towards any. */
  onPathMtu: ((destination: IpAddress | null, now: number) => void) | null = null
  /** Told when an interface has lost or gained an address. */
  onAddressChange: ((network: NetworkInterface, now: number) => void) | null = null
  /** What the host sends to itself waits here, whatever faults stand before it. */
  readonly loopbackLink: LoopbackLink

  constructor(environment: InternetEnvironment, options: InternetOptions = {}) {
    this.pool = environment.pool
    this.timers = environment.timers
    this.random = environment.random
    this.clock = environment.clock
    this.options = {
      forwarding: false,
      hopLimit: 64,
      maxRoutes: 4096,
      maxInterfaces: 256,
      maxAddressesPerInterface: 64,
      maxGroupsPerInterface: 256,
      maxEchoSockets: 1024,
      maxLoopbackFrames: 16_384,
      maxDefaultRouters: 16,
      maxAdvertisedDnsServers: 8,
      maxOnLinkPrefixes: 64,
      maxAutoconfiguredAddresses: 16,
      acceptRedirects: options.forwarding !== true,
      sendRedirects: true,
      maxRedirects: 256,
      neighbours: {},
      reassembly: {},
      pathMtu: {},
      icmpErrorsPerSecond: 1000,
      icmpErrorBurst: 50,
      echoReplies: true,
      ipv6Autoconfiguration: false,
      duplicateAddressDetectionTransmits: 1,
      maxAutoconfigurationDelayMs: 1000,
      ...options,
    }
    this.routes = new RoutingTable((route) => route.interface.isUp, { maxRoutes: this.options.maxRoutes }, doubtOf)
    this.pathMtu = new PathMtuCache(
      this.timers,
      (destination, now) => {
        this.routes.changed()
        this.onPathMtu?.(destination, now)
      },
      this.options.pathMtu,
    )
    this.redirects = new Redirects(this)
    this.arp = new Arp(this.pool)
    this.icmp = new Icmp(this)
    this.ndp = new Ndp(this)
    this.ipv4 = new Ipv4(this)
    this.ipv6 = new Ipv6(this)
    this.transports[PROTOCOL_ICMP] = this.icmp.v4
    this.transports[PROTOCOL_ICMPV6] = this.icmp.v6
    this.loopbackLink = new LoopbackLink(this.timers, this.options.maxLoopbackFrames)
    const loopback = environment.loopback?.(this.loopbackLink) ?? this.loopbackLink
    this.loopback = this.addInterface('lo', loopback, 0, true)
    this.addAddress(this.loopback, LOOPBACK_V4, 8)
    this.addAddress(this.loopback, LOOPBACK_V6, 128)
  }

  // ---- interfaces and addresses

  /** @throws {RangeError} when there are too many */
  addInterface(name: string, link: Link, mac: number, isLoopback = false): NetworkInterface {
    if (this.interfaces.length >= this.options.maxInterfaces) {
      throw new RangeError(`a host has ${this.options.maxInterfaces} interfaces at most`)
    }
    const owner = {
      receiveIpv4: (from: NetworkInterface, frame: Frame, toGroup: boolean, now: number): void =>
        this.ipv4.receive(from, frame, toGroup, now),
      receiveIpv6: (from: NetworkInterface, frame: Frame, toGroup: boolean, now: number): void =>
        this.ipv6.receive(from, frame, toGroup, now),
      receiveArp: (from: NetworkInterface, frame: Frame, now: number): void => this.arp.receive(from, frame, now),
    }
    const made = new NetworkInterface(owner, this.interfaces.length + 1, name, link, mac, isLoopback)
    made.neighbours4 = this.#neighbours(made, 4)
    made.neighbours6 = this.#neighbours(made, 6)
    this.interfaces.push(made)
    this.joinGroup(made, ALL_NODES_V4)
    this.joinGroup(made, ALL_NODES_V6)
    if (this.options.ipv6Autoconfiguration && !isLoopback) this.ndp.start(made, this.clock())
    return made
  }

  #neighbours(network: NetworkInterface, family: AddressFamily): NeighbourCache<Frame> {
    const actions: NeighbourActions<Frame> = {
      solicit: (entry, unicast, now) => {
        if (family === 6) this.ndp.solicit(network, entry, unicast, now)
        else {
          const source = selectSource(entry.address, entry.address, network, this.interfaces)
          if (source !== null) this.arp.request(network, source, entry.address, unicast ? entry.mac : null, now)
        }
      },
      transmit: (entry, frame, now) => network.sendToMac(entry.mac, family, frame, now),
      unreachable: (_entry, frame, now) => {
        this.icmp.hostUnreachable(frame, family, now)
        frame.release()
      },
      drop: (frame) => frame.release(),
      lost: (entry) => this.#lost(network, entry.address),
    }
    return new NeighbourCache(actions, this.timers, this.options.neighbours)
  }

  /** Packets that went by way of a silent router look for another. */
  #lost(network: NetworkInterface, address: IpAddress): void {
    this.redirects.onLost(network, address)
    for (const route of this.routes) {
      if (route.interface !== network || route.gateway?.equals(address) !== true) continue
      this.routes.changed()
      return
    }
  }

  findInterface(name: string): NetworkInterface | null {
    return this.interfaces.find((network) => network.name === name) ?? null
  }

  /** Gives an interface an address; the network that its prefix names becomes reachable on the link. */
  addAddress(
    network: NetworkInterface,
    address: IpAddress,
    length: number,
    origin: InterfaceAddress['origin'] = 'static',
    state: AddressState = 'preferred',
  ): InterfaceAddress {
    const old = network.findAddress(address)
    if (old !== null) return old
    if (network.addresses.length >= this.options.maxAddressesPerInterface) {
      throw new RangeError(`an interface has ${this.options.maxAddressesPerInterface} addresses at most`)
    }
    const made = makeInterfaceAddress(address, length, origin, state)
    network.addresses.push(made)
    if (address.family === 6 && !network.isLoopback) this.joinGroup(network, address.solicitedNode())
    // An autoconfigured address says nothing of what is on the link (RFC 4862 5.5.3 note, RFC 5942).
    if (origin !== 'autoconfigured' && length < address.byteLength * 8) {
      this.addRoute({ prefix: made.prefix, gateway: null, interface: network, metric: 0, origin: 'connected' })
    }
    this.addressesChanged(network)
    return made
  }

  removeAddress(network: NetworkInterface, address: IpAddress): void {
    const place = network.addresses.findIndex((own) => own.address.equals(address))
    if (place < 0) return
    const [old] = network.addresses.splice(place, 1)
    if (!network.addresses.some((own) => own.prefix.equals(old.prefix))) {
      this.routes.remove(
        (route) => route.origin === 'connected' && route.interface === network && route.prefix.equals(old.prefix),
      )
    }
    if (address.family === 6) this.leaveGroup(network, address.solicitedNode())
    this.addressesChanged(network)
  }

  /** To be called when an address has changed its state. */
  addressesChanged(network: NetworkInterface): void {
    const usable: IpAddress[] = []
    const broadcasts: IpAddress[] = []
    for (const each of this.interfaces) {
      for (const own of each.addresses) {
        if (own.state === 'tentative' || own.state === 'duplicated') continue
        usable.push(own.address)
        if (own.address.family === 4 && own.prefix.length < 31) broadcasts.push(own.prefix.lastAddress())
      }
    }
    this.local.replace(usable, broadcasts)
    this.routes.changed()
    this.onAddressChange?.(network, this.clock())
  }

  /** An interface that is down sends and receives nothing; its routes are passed over and its neighbours forgotten. */
  setUp(network: NetworkInterface, up: boolean, now: number): void {
    if (network.isUp === up) return
    network.isUp = up
    if (!up) {
      network.neighbours4.flush()
      network.neighbours6.flush()
    } else if (this.options.ipv6Autoconfiguration && !network.isLoopback) {
      this.ndp.start(network, now)
    }
    this.routes.changed()
  }

  joinGroup(network: NetworkInterface, group: IpAddress): void {
    const key = group.toString()
    const entry = network.groups.get(key)
    if (entry !== undefined) {
      entry.members++
      return
    }
    if (network.groups.size >= this.options.maxGroupsPerInterface) {
      throw new RangeError(`an interface is in ${this.options.maxGroupsPerInterface} groups at most`)
    }
    network.groups.set(key, { group, members: 1 })
  }

  leaveGroup(network: NetworkInterface, group: IpAddress): void {
    const key = group.toString()
    const entry = network.groups.get(key)
    if (entry !== undefined && --entry.members === 0) network.groups.delete(key)
  }

  /** Whether a multicast or broadcast address means this host. What it sends to its own groups comes by loopback. */
  isGroup(address: IpAddress, network: NetworkInterface): boolean {
    if (address.isLimitedBroadcast) return true
    const asked = network.isLoopback ? this.interfaces : [network]
    return asked.some((each) => (address.isMulticast ? each.isMember(address) : each.isSubnetBroadcast(address)))
  }

  // ---- routes

  addRoute(route: Omit<Route<NetworkInterface>, 'source' | 'origin'> & Partial<Route<NetworkInterface>>): void {
    this.routes.add({ source: null, origin: 'static', ...route })
  }

  /** `addRouteTo('0.0.0.0/0', '192.0.2.1')`: the interface is the one on whose link the gateway is. */
  addRouteTo(prefix: string, gateway: string, metric = 0): void {
    const { address, length } = splitPrefix(prefix)
    const router = IpAddress.parse(gateway)
    const onLink = this.routes.lookup(router)
    if (onLink === null || onLink.gateway !== null)
      throw new RangeError(`the gateway ${gateway} is on no link of this host`)
    const entry = { prefix: new Prefix(address, length), gateway: router, interface: onLink.interface, metric }
    this.addRoute(entry)
  }

  /** The way to a destination, or null. `source` and `only` are given where a socket is bound to them. */
  findPath(
    destination: IpAddress,
    source: IpAddress | null = null,
    only: NetworkInterface | null = null,
    now: number = this.clock(),
  ): Path | null {
    const generation = this.routes.generation
    if (this.local.has(destination) || (source?.isLoopback && destination.isLoopback)) {
      const lo = this.loopback
      const from = source ?? destination
      return { destination, source: from, interface: lo, neighbour: null, groupMac: -1, mtu: lo.mtu, generation }
    }
    const route =
      only !== null && (destination.isMulticast || destination.isLimitedBroadcast)
        ? null
        : this.routes.lookup(destination, only)
    const out = route?.interface ?? this.#groupInterface(destination, only)
    if (out === null || !out.isUp) return null
    const nextHop = route?.gateway ?? destination
    const from = source ?? route?.source ?? selectSource(destination, nextHop, out, this.interfaces)
    // Loopback addresses do not leave the host (RFC 1122 3.2.1.3 g, RFC 4291 2.5.3).
    if (from !== null && from.isLoopback !== out.isLoopback) return null
    const mtu = this.pathMtu.mtu(destination, destination.family === 6 ? out.mtuV6 : out.mtu)
    const toMac = groupMacOf(destination, out)
    if (!out.usesNeighbours || toMac >= 0) {
      const own = from ?? IpAddress.v4(0)
      return { destination, source: own, interface: out, neighbour: null, groupMac: toMac, mtu, generation }
    }
    if (from === null) return null
    const neighbour = (destination.family === 4 ? out.neighbours4 : out.neighbours6).entry(nextHop, now)
    return { destination, source: from, interface: out, neighbour, groupMac: -1, mtu, generation }
  }

  /** Where groups and broadcasts go that no route names: the given interface, else the first that is up. */
  #groupInterface(destination: IpAddress, only: NetworkInterface | null): NetworkInterface | null {
    if (only !== null)
      return destination.isMulticast || destination.isLimitedBroadcast || destination.isLinkLocal ? only : null
    if (!destination.isMulticast && !destination.isLimitedBroadcast) return null
    return this.interfaces.find((network) => network.isUp && !network.isLoopback) ?? null
  }

  isValid(path: Path): boolean {
    return path.generation === this.routes.generation && (path.neighbour === null || path.neighbour.live)
  }

  // ---- sending

  /**
   * Sends a transport packet: the frame's start..end spans transport header and payload, checksum done. Takes the frame.
   *
   * @param hopLimit 0 for the default
   */
  send(
    frame: Frame,
    path: Path,
    protocol: number,
    hopLimit: number,
    trafficClass: number,
    dontFragment: boolean,
    now: number,
  ): SendOutcome {
    if (path.destination.family === 4) {
      return this.ipv4.send(frame, path, protocol, hopLimit || this.options.hopLimit, trafficClass, dontFragment, now)
    }
    const limit = hopLimit || path.interface.hopLimitV6 || this.options.hopLimit
    return this.ipv6.send(frame, path, protocol, limit, trafficClass, dontFragment, now)
  }

  /** Puts an IP packet on the link of its path. Takes the frame. */
  emit(frame: Frame, path: Path, now: number): void {
    const out = path.interface
    const { offload } = out.link
    if (!isTaken(frame, offload)) {
      // The route has changed since TCP asked what it can do, or there is nobody who cuts.
      const pieces = splitSuperSegment(frame, this.pool, offload?.gsoBytes)
      frame.release()
      for (const piece of pieces) this.emit(piece, path, now)
      return
    }
    if (path.neighbour !== null) out.sendTo(path.neighbour, frame, now)
    else if (path.groupMac >= 0) out.sendToMac(path.groupMac, path.destination.family, frame, now)
    else out.sendBare(frame, now)
  }

  /** Lets go of every frame and timer: the host is switched off. */
  clear(): void {
    this.loopbackLink.clear()
    for (const network of this.interfaces) {
      network.neighbours4.flush()
      network.neighbours6.flush()
    }
    this.ipv4.reassembler.clear()
    this.ipv6.reassembler.clear()
    this.pathMtu.clear()
    this.redirects.clear()
    this.ndp.clear()
  }
}

/** Whether a link that offers this much takes the frame as it is. */
function isTaken(frame: Frame, offload: LinkOffload | undefined): boolean {
  if (frame.gsoSize === 0) return true
  if (offload === undefined || offload.gsoBytes === 0) return false
  if (frame.tailBytes === 0) return true
  return offload.gathers === true && frame.tailBytes <= Math.max(offload.gsoBytes, offload.bigTcpBytes ?? 0)
}

/**
 * Of routers that advertise themselves one that answers or has answered (0) comes before one that is unknown (1), and that
 * before a silent one (2; RFC 4861 6.3.6). Routes that were written down have their order; only a silent gateway is passed
 * over (RFC 1122 3.3.1.4).
 */
function doubtOf({ gateway, interface: network, origin }: Route<NetworkInterface>): number {
  if (gateway === null || !network.usesNeighbours) return 0
  const state = (gateway.family === 4 ? network.neighbours4 : network.neighbours6).get(gateway)?.state
  if (state === 'failed') return 2
  return origin === 'ra' && (state === undefined || state === 'incomplete') ? 1 : 0
}

function groupMacOf(destination: IpAddress, out: NetworkInterface): number {
  if (!out.usesNeighbours) return -1
  if (destination.isMulticast) return groupMac(destination)
  if (destination.family === 4 && (destination.isLimitedBroadcast || out.isSubnetBroadcast(destination)))
    return BROADCAST_MAC
  return -1
}
