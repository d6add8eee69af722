import { CHECKSUM_PARTIAL, type Frame } from '../link/frame.ts'
import type { Link } from '../link/link.ts'
import { completeChecksum } from '../link/segmentation.ts'
import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  readEthernetType,
  readMac,
  writeEthernet,
} from '../wire/ethernet.ts'
import type { IpAddress } from './address.ts'
import { createInterfaceCounters, type InterfaceCounters } from './counters.ts'
import type { NeighbourCache, NeighbourEntry } from './neighbour.ts'
import { Prefix } from './prefix.ts'

export const BROADCAST_MAC = 0xffff_ffff_ffff

/** RFC 4862 2: tentative addresses are not used yet, deprecated ones for nothing new. */
export type AddressState = 'tentative' | 'preferred' | 'deprecated' | 'duplicated'

/** An address that an interface answers to. */
export interface InterfaceAddress {
  readonly address: IpAddress
  readonly prefix: Prefix
  state: AddressState
  readonly origin: 'static' | 'dhcp' | 'link-local' | 'autoconfigured'
}

/** What an interface needs of the host that it belongs to. */
export interface InterfaceOwner {
  receiveIpv4(network: NetworkInterface, frame: Frame, toGroup: boolean, now: number): void
  receiveIpv6(network: NetworkInterface, frame: Frame, toGroup: boolean, now: number): void
  receiveArp(network: NetworkInterface, frame: Frame, now: number): void
}

/** Where a host meets a link: MAC address, IP addresses, neighbours, counters. */
export class NetworkInterface {
  readonly name: string
  readonly index: number
  readonly link: Link
  readonly mac: number
  readonly mtu: number
  /** Largest IPv6 packet: a router may have told a smaller one than the link's (RFC 4861 6.3.4). */
  mtuV6: number
  /** Hop limit of IPv6 packets that routers have told; 0 for the host's. */
  hopLimitV6 = 0
  readonly isLoopback: boolean
  /** Set by the owner only (`InternetLayer.setUp`), so that cached routes are dropped with it. */
  isUp = true
  /** Takes frames for any MAC address, as a capture wants. */
  promiscuous = false
  readonly addresses: InterfaceAddress[] = []
  /** Multicast groups by text, with the number of those who joined. */
  readonly groups: Map<string, { group: IpAddress; members: number }> = new Map()
  readonly counters: InterfaceCounters = createInterfaceCounters()
  neighbours4!: NeighbourCache<Frame>
  neighbours6!: NeighbourCache<Frame>
  readonly #owner: InterfaceOwner
  readonly #ethernet: boolean

  constructor(owner: InterfaceOwner, index: number, name: string, link: Link, mac: number, isLoopback: boolean) {
    this.#owner = owner
    this.index = index
    this.name = name
    this.link = link
    this.mac = mac
    this.mtu = link.mtu
    this.mtuV6 = link.mtu
    this.isLoopback = isLoopback
    this.#ethernet = link.medium === 'ethernet'
    link.receiver = (frame, now) => this.receive(frame, now)
  }

  get usesNeighbours(): boolean {
    return this.#ethernet
  }

  /** A frame arrived: takes it. */
  receive(frame: Frame, now: number): void {
    const counters = this.counters
    if (!this.isUp) {
      counters.inWhileDown++
      frame.release()
      return
    }
    counters.inPackets++
    counters.inBytes += frame.end - frame.start
    if (this.#ethernet) this.#receiveEthernet(frame, now)
    else this.#receiveBare(frame, now)
  }

  #receiveEthernet(frame: Frame, now: number): void {
    const { bytes, start } = frame
    if (frame.end - start < ETHERNET_HEADER_BYTES) {
      this.counters.inErrors++
      frame.release()
      return
    }
    const toGroup = (bytes[start] & 1) !== 0
    if (!toGroup && !this.promiscuous && readMac(bytes, start) !== this.mac) {
      this.counters.inNotForUs++
      frame.release()
      return
    }
    const type = readEthernetType(bytes, start)
    frame.start = start + ETHERNET_HEADER_BYTES
    if (type === ETHERTYPE_IPV4) this.#owner.receiveIpv4(this, frame, toGroup, now)
    else if (type === ETHERTYPE_IPV6) this.#owner.receiveIpv6(this, frame, toGroup, now)
    else if (type === ETHERTYPE_ARP) this.#owner.receiveArp(this, frame, now)
    else {
      this.counters.inUnknownTypes++
      frame.release()
    }
  }

  #receiveBare(frame: Frame, now: number): void {
    const version = frame.end > frame.start ? frame.bytes[frame.start] >> 4 : 0
    if (version === 4) this.#owner.receiveIpv4(this, frame, false, now)
    else if (version === 6) this.#owner.receiveIpv6(this, frame, false, now)
    else {
      this.counters.inUnknownTypes++
      frame.release()
    }
  }

  /** Sends an IP packet to a neighbour, waiting for its MAC where that is not known. Takes the frame. */
  sendTo(neighbour: NeighbourEntry<Frame>, frame: Frame, now: number): void {
    if (neighbour.state === 'reachable') this.sendToMac(neighbour.mac, neighbour.address.family, frame, now)
    else if (neighbour.address.family === 4) this.neighbours4.output(neighbour, frame, now)
    else this.neighbours6.output(neighbour, frame, now)
  }

  /** Puts the link header before an IP packet and sends it. Takes the frame. */
  sendToMac(mac: number, family: 4 | 6, frame: Frame, now: number): void {
    this.sendEthernet(mac, family === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, frame, now)
  }

  /** Takes the frame. */
  sendEthernet(mac: number, type: number, frame: Frame, now: number): void {
    if (this.#ethernet) {
      frame.start -= ETHERNET_HEADER_BYTES
      writeEthernet(frame.bytes, frame.start, mac, this.mac, type)
    }
    this.#transmit(frame, now)
  }

  /** Sends a packet on a link without neighbours: loopback, TUN. Takes the frame. */
  sendBare(frame: Frame, now: number): void {
    this.#transmit(frame, now)
  }

  #transmit(frame: Frame, now: number): void {
    if (!this.isUp) {
      this.counters.outDiscards++
      frame.release()
      return
    }
    if (frame.checksum === CHECKSUM_PARTIAL && this.link.offload?.checksum !== true) completeChecksum(frame)
    this.counters.outPackets++
    this.counters.outBytes += frame.length
    this.link.transmit(frame, now)
  }

  findAddress(address: IpAddress): InterfaceAddress | null {
    for (const own of this.addresses) if (own.address.equals(address)) return own
    return null
  }

  /** The link-local IPv6 address, once it may be used. */
  linkLocal(): IpAddress | null {
    for (const own of this.addresses) {
      if (own.address.family === 6 && own.address.isLinkLocal && own.state === 'preferred') return own.address
    }
    return null
  }

  /** The broadcast address of one of the interface's IPv4 networks (RFC 919; /31 and /32 have none, RFC 3021). */
  isSubnetBroadcast(address: IpAddress): boolean {
    for (const own of this.addresses) {
      if (own.address.family === 4 && own.prefix.length < 31 && own.prefix.lastAddress().equals(address)) return true
    }
    return false
  }

  isMember(group: IpAddress): boolean {
    return this.groups.has(group.toString())
  }
}

/** The Ethernet address of a multicast group (RFC 1112 6.4, RFC 2464 7). */
export function groupMac(group: IpAddress): number {
  return group.family === 4 ? 0x0100_5e00_0000 + (group.w3 & 0x7f_ffff) : 0x3333_0000_0000 + group.w3
}

/** The interface address that `text` (`192.0.2.1/24`) and an origin make. */
export function makeInterfaceAddress(
  address: IpAddress,
  length: number,
  origin: InterfaceAddress['origin'],
  state: AddressState,
): InterfaceAddress {
  return { address, prefix: new Prefix(address, length), state, origin }
}
