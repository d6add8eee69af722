import type { Frame, FramePool } from '../link/frame.ts'
import { ARP_REPLY, ARP_REQUEST, buildArp, readArpOperation } from '../wire/arp.ts'
import { ETHERTYPE_ARP, readMac, writeMac } from '../wire/ethernet.ts'
import { ANY_V4, IpAddress } from './address.ts'
import { type ArpCounters, createArpCounters } from './counters.ts'
import { BROADCAST_MAC, type InterfaceAddress, type NetworkInterface } from './interface.ts'

/** RFC 5227 1.1. */
const DEFEND_INTERVAL_MS = 10_000

interface Watch {
  readonly network: NetworkInterface
  readonly address: IpAddress
  readonly onClaim: () => void
}

/** Address resolution for IPv4 over Ethernet (RFC 826, conflicts as in RFC 5227). */
export class Arp {
  readonly counters: ArpCounters = createArpCounters()
  readonly #pool: FramePool
  readonly #watched: Set<Watch> = new Set()
  readonly #defendedAt: WeakMap<InterfaceAddress, number> = new WeakMap()
  /** Told when another host claims one of our addresses. */
  onConflict: ((network: NetworkInterface, address: IpAddress, mac: number, now: number) => void) | null = null

  constructor(pool: FramePool) {
    this.#pool = pool
  }

  /** Takes the frame; its start stands behind the Ethernet header. */
  receive(network: NetworkInterface, frame: Frame, now: number): void {
    this.#process(network, frame.bytes, frame.start, frame.end, now)
    frame.release()
  }

  #process(network: NetworkInterface, bytes: Uint8Array, start: number, end: number, now: number): void {
    const operation = readArpOperation(bytes, start, end)
    if (operation !== ARP_REQUEST && operation !== ARP_REPLY) {
      this.counters.inMalformed++
      return
    }
    const mac = readMac(bytes, start + 8)
    const sender = IpAddress.read(4, bytes, start + 14)
    const target = IpAddress.read(4, bytes, start + 24)
    // A sender with a group address, or with our own MAC, is no neighbour.
    if ((bytes[start + 8] & 1) !== 0 || mac === network.mac || sender.isMulticast || sender.isLimitedBroadcast) {
      this.counters.inMalformed++
      return
    }
    // RFC 5227 2.1.1: whoever has the address, and whoever is about to take it, too.
    const claimed = sender.isUnspecified && operation === ARP_REQUEST ? target : sender
    for (const watch of this.#watched) {
      if (watch.network === network && watch.address.equals(claimed)) watch.onClaim()
    }
    const own = sender.isUnspecified ? null : network.findAddress(sender)
    if (own !== null) {
      this.counters.conflicts++
      this.#defend(network, own, now)
      this.onConflict?.(network, sender, mac, now)
      return
    }
    const forUs = network.findAddress(target) !== null
    if (operation === ARP_REPLY) {
      this.counters.inReplies++
      network.neighbours4.advertise(sender, mac, forUs, true, now)
      return
    }
    this.counters.inRequests++
    if (forUs) {
      if (!sender.isUnspecified) network.neighbours4.learn(sender, mac, now)
      this.counters.outReplies++
      this.#send(network, ARP_REPLY, target, mac, sender, mac, now)
    } else if (!sender.isUnspecified) {
      // RFC 826 merges what is already known, and gratuitous requests announce a new MAC.
      network.neighbours4.advertise(sender, mac, false, true, now)
    }
  }

  /** Calls back whenever somebody else on the link claims an address. Returns a function that ends it. */
  watch(network: NetworkInterface, address: IpAddress, onClaim: () => void): () => void {
    const watch = { network, address, onClaim }
    this.#watched.add(watch)
    return () => void this.#watched.delete(watch)
  }

  /** RFC 5227 2.4 c: the address is kept, and others are told so, but seldom: two that defend it must not fill the link. */
  #defend(network: NetworkInterface, own: InterfaceAddress, now: number): void {
    if (now < (this.#defendedAt.get(own) ?? Number.NEGATIVE_INFINITY) + DEFEND_INTERVAL_MS) return
    this.#defendedAt.set(own, now)
    this.announce(network, own.address, now)
  }

  /** Asks for the MAC of `target`: everybody, or a neighbour that is being probed. */
  request(
    network: NetworkInterface,
    source: IpAddress,
    target: IpAddress,
    unicastTo: number | null,
    now: number,
  ): void {
    this.counters.outRequests++
    this.#send(network, ARP_REQUEST, source, 0, target, unicastTo ?? BROADCAST_MAC, now)
  }

  /** Tells everybody that an address is at this MAC (RFC 5227 2.3). */
  announce(network: NetworkInterface, address: IpAddress, now: number): void {
    this.request(network, address, address, null, now)
  }

  /** Asks whether somebody uses an address, without entering it anywhere (RFC 5227 2.1.1). */
  probe(network: NetworkInterface, address: IpAddress, now: number): void {
    this.request(network, ANY_V4, address, null, now)
  }

  #send(
    network: NetworkInterface,
    operation: number,
    sender: IpAddress,
    targetMac: number,
    target: IpAddress,
    to: number,
    now: number,
  ): void {
    const senderHardwareAddress = new Uint8Array(6)
    const targetHardwareAddress = new Uint8Array(6)
    writeMac(senderHardwareAddress, 0, network.mac)
    writeMac(targetHardwareAddress, 0, targetMac)
    const packet = buildArp({
      operation,
      senderHardwareAddress,
      senderProtocolAddress: sender.w3,
      targetHardwareAddress,
      targetProtocolAddress: target.w3,
    })
    network.sendEthernet(to, ETHERTYPE_ARP, this.#pool.frameOf(packet), now)
  }
}
