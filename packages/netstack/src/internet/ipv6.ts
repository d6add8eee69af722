import { CHECKSUM_NONE, type Frame } from '../link/frame.ts'
import { FAULT_TRUNCATED } from '../wire/error.ts'
import {
  createIpv6Numbers,
  IPV6_DESTINATION_OFFSET,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE_OFFSET,
  type Ipv6Numbers,
  readIpv6Header,
  writeIpv6Header,
} from '../wire/ipv6.ts'
import {
  type FragmentHeader,
  findIpv6Transport,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_BYTES,
  type Ipv6Transport,
  ipv6ExtensionLength,
  isIpv6Extension,
} from '../wire/ipv6-extensions.ts'
import {
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ICMPV6,
  PROTOCOL_NONE,
  PROTOCOL_ROUTING,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../wire/protocols.ts'
import { IpAddress } from './address.ts'
import { createIpCounters, type IpCounters } from './counters.ts'
import { splitIpv6 } from './fragment.ts'
import { Identifications } from './identification.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { PacketInfo } from './packet.ts'
import type { Path, SendOutcome } from './path.ts'
import { Reassembler } from './reassembly.ts'

/** Codes of Parameter Problem (RFC 4443 3.4, RFC 7112 4). */
const ERRONEOUS_FIELD = 0
const UNKNOWN_NEXT_HEADER = 1
const UNKNOWN_OPTION = 2
const INCOMPLETE_HEADER_CHAIN = 3
/** Where payload length and next header stand in the fixed header. */
const PAYLOAD_LENGTH_AT = 4
const NEXT_HEADER_AT = 6
const MAX_PAYLOAD_BYTES = 65_535

/** IPv6 of one host (RFC 8200). */
export class Ipv6 {
  readonly counters: IpCounters = createIpCounters()
  readonly reassembler: Reassembler
  readonly #internet: InternetLayer
  readonly #header: Ipv6Numbers = createIpv6Numbers()
  readonly #info: PacketInfo = new PacketInfo()
  readonly #identifications: Identifications

  constructor(internet: InternetLayer) {
    this.#internet = internet
    this.#info.family = 6
    this.#identifications = new Identifications(internet.random)
    this.reassembler = new Reassembler(
      internet.timers,
      (first, now) => internet.icmp.reassemblyTimeExceeded(first, 6, now),
      internet.options.reassembly,
    )
  }

  /** Takes the frame; its start stands at the IP header. */
  receive(network: NetworkInterface, frame: Frame, linkGroup: boolean, now: number): void {
    const counters = this.counters
    const header = this.#header
    const { bytes, start } = frame
    counters.inReceives++
    const fault = readIpv6Header(bytes, start, frame.end, header)
    if (fault < 0) {
      if (fault === FAULT_TRUNCATED) counters.inTruncated++
      else counters.inHeaderErrors++
      frame.release()
      return
    }
    frame.end = start + IPV6_HEADER_BYTES + header.payloadLength
    if (isMartian(bytes, start, network)) {
      counters.inMartians++
      frame.release()
      return
    }
    const destinationAt = start + IPV6_DESTINATION_OFFSET
    if (bytes[destinationAt] === 0xff) {
      if (this.#internet.isGroup(IpAddress.read(6, bytes, destinationAt), network))
        this.#deliver(network, frame, true, now)
      else {
        counters.inAddressErrors++
        frame.release()
      }
    } else if (this.#internet.local.hasV6At(bytes, destinationAt)) {
      this.#deliver(network, frame, linkGroup, now)
    } else if (this.#internet.options.forwarding && !linkGroup) {
      this.#forward(network, frame, now)
    } else {
      counters.inAddressErrors++
      frame.release()
    }
  }

  /** Walks the extension headers in their order (RFC 8200 4) and hands up what follows. Takes the frame. */
  #deliver(network: NetworkInterface, frame: Frame, toGroup: boolean, now: number): void {
    const { bytes, start, end } = frame
    let protocol = this.#header.nextHeader
    let at = start + IPV6_HEADER_BYTES
    let namedAt = start + NEXT_HEADER_AT
    // Whether an authentication header is right cannot be told here: it is a next header that is not known.
    while (isIpv6Extension(protocol) && protocol !== PROTOCOL_AUTHENTICATION) {
      const length = at + 8 <= end ? ipv6ExtensionLength(protocol, bytes, at) : 8
      if (at + length > end) {
        this.counters.inTruncated++
        frame.release()
        return
      }
      if (protocol === PROTOCOL_FRAGMENT && !isAtomic(bytes, at)) {
        this.#reassemble(network, frame, at, namedAt, toGroup, now)
        return
      }
      if (!this.#acceptExtension(frame, protocol, at, length, namedAt, toGroup, network, now)) {
        this.counters.inHeaderErrors++
        frame.release()
        return
      }
      protocol = bytes[at]
      namedAt = at
      at += length
    }
    this.#handUp(network, frame, protocol, at, namedAt, toGroup, now)
  }

  #handUp(
    network: NetworkInterface,
    frame: Frame,
    protocol: number,
    at: number,
    namedAt: number,
    toGroup: boolean,
    now: number,
  ): void {
    const header = this.#header
    const info = this.#info
    const { bytes, start } = frame
    info.s0 = word(bytes, start + IPV6_SOURCE_OFFSET)
    info.s1 = word(bytes, start + IPV6_SOURCE_OFFSET + 4)
    info.s2 = word(bytes, start + IPV6_SOURCE_OFFSET + 8)
    info.s3 = word(bytes, start + IPV6_SOURCE_OFFSET + 12)
    info.d0 = word(bytes, start + IPV6_DESTINATION_OFFSET)
    info.d1 = word(bytes, start + IPV6_DESTINATION_OFFSET + 4)
    info.d2 = word(bytes, start + IPV6_DESTINATION_OFFSET + 8)
    info.d3 = word(bytes, start + IPV6_DESTINATION_OFFSET + 12)
    info.protocol = protocol
    info.ecn = header.ecn
    info.hopLimit = header.hopLimit
    info.toGroup = toGroup
    info.interface = network
    info.headerStart = start
    const transport = this.#internet.transports[protocol]
    if (protocol === PROTOCOL_NONE) {
      // RFC 8200 4.7: what stands behind it is ignored.
      this.counters.inDiscards++
    } else if (transport === null) {
      this.counters.inUnknownProtocols++
      this.#internet.icmp.parameterProblem(frame, UNKNOWN_NEXT_HEADER, namedAt - start, toGroup, network, now)
    } else {
      frame.start = at
      this.counters.inDelivers++
      transport.receive(frame, info, now)
    }
    frame.release()
  }

  /** Whether the packet may go on behind this header; answers where it may not. */
  #acceptExtension(
    frame: Frame,
    protocol: number,
    at: number,
    length: number,
    namedAt: number,
    toGroup: boolean,
    network: NetworkInterface,
    now: number,
  ): boolean {
    const { bytes, start } = frame
    const icmp = this.#internet.icmp
    if (protocol === PROTOCOL_HOP_BY_HOP && namedAt !== start + NEXT_HEADER_AT) {
      icmp.parameterProblem(frame, UNKNOWN_NEXT_HEADER, namedAt - start, toGroup, network, now)
      return false
    }
    // Source routes are refused (RFC 5095); one that is used up is nobody's harm.
    if (protocol === PROTOCOL_ROUTING && bytes[at + 3] !== 0) {
      icmp.parameterProblem(frame, ERRONEOUS_FIELD, at + 2 - start, toGroup, network, now)
      return false
    }
    if (protocol !== PROTOCOL_HOP_BY_HOP && protocol !== PROTOCOL_DESTINATION_OPTIONS) return true
    for (let option = at + 2; option < at + length; ) {
      const kind = bytes[option]
      if (kind === 0) {
        option++
        continue
      }
      const next = option + 2 + bytes[option + 1]
      if (option + 1 >= at + length || next > at + length) return false
      const action = kind >> 6
      // RFC 8200 4.2: 0 skip, 1 discard, 2 discard and tell, 3 discard and tell unless it went to a group.
      const known = kind === 1 || kind === 5
      if (!known && action !== 0) {
        if (action === 2 || (action === 3 && !toGroup)) {
          icmp.parameterProblem(frame, UNKNOWN_OPTION, option - start, toGroup, network, now)
        }
        return false
      }
      option = next
    }
    return true
  }

  #reassemble(
    network: NetworkInterface,
    frame: Frame,
    at: number,
    namedAt: number,
    toGroup: boolean,
    now: number,
  ): void {
    const { bytes, start } = frame
    this.counters.reassemblyRequired++
    const header = IPV6_FRAGMENT.parse(bytes, at, at + IPV6_FRAGMENT_BYTES)
    if (!this.#acceptFragment(frame, header, at, toGroup, network, now)) {
      this.counters.inHeaderErrors++
      frame.release()
      return
    }
    const info = {
      source: IpAddress.read(6, bytes, start + IPV6_SOURCE_OFFSET),
      destination: IpAddress.read(6, bytes, start + IPV6_DESTINATION_OFFSET),
      identification: header.identification,
      protocol: -1,
      offset: header.fragmentOffset * 8,
      more: header.moreFragments === 1,
    }
    const congested = this.#header.ecn === 3
    const whole = this.reassembler.add(info, bytes, start, at + IPV6_FRAGMENT_BYTES, frame.end, congested, now)
    frame.release()
    if (whole === null) return
    const headerBytes = whole.headerLength - IPV6_FRAGMENT_BYTES
    const payloadLength = headerBytes - IPV6_HEADER_BYTES + whole.payload.length
    if (payloadLength > MAX_PAYLOAD_BYTES) {
      this.counters.reassemblyFailed++
      return
    }
    this.counters.reassemblySucceeded++
    const joined = this.#internet.pool.allocate(headerBytes + whole.payload.length, 64)
    joined.bytes.set(whole.first.subarray(0, headerBytes), joined.start)
    joined.bytes.set(whole.payload, joined.start + headerBytes)
    joined.end = joined.start + headerBytes + whole.payload.length
    joined.checksum = CHECKSUM_NONE
    const to = joined.start
    joined.bytes[to + 4] = payloadLength >> 8
    joined.bytes[to + 5] = payloadLength
    const name = namedAt - start
    if (name < headerBytes) joined.bytes[to + name] = whole.first[headerBytes]
    readIpv6Header(joined.bytes, to, joined.end, this.#header)
    if (whole.congestion) this.#header.ecn = 3
    this.#deliver(network, joined, toGroup, now)
  }

  /** Whether a fragment can be part of a packet at all (RFC 8200 4.5); answers where it cannot. */
  #acceptFragment(
    frame: Frame,
    header: FragmentHeader,
    at: number,
    toGroup: boolean,
    network: NetworkInterface,
    now: number,
  ): boolean {
    const { bytes, start, end } = frame
    const icmp = this.#internet.icmp
    const first = at + IPV6_FRAGMENT_BYTES
    if (header.moreFragments === 1 && (end - first) % 8 !== 0) {
      icmp.parameterProblem(frame, ERRONEOUS_FIELD, PAYLOAD_LENGTH_AT, toGroup, network, now)
      return false
    }
    const before = at - start - IPV6_HEADER_BYTES
    if (before + header.fragmentOffset * 8 + (end - first) > MAX_PAYLOAD_BYTES) {
      icmp.parameterProblem(frame, ERRONEOUS_FIELD, at + 2 - start, toGroup, network, now)
      return false
    }
    if (header.fragmentOffset === 0 && !holdsHeaderChain(bytes, first, end, header.nextHeader)) {
      icmp.parameterProblem(frame, INCOMPLETE_HEADER_CHAIN, 0, toGroup, network, now)
      return false
    }
    return true
  }

  #forward(network: NetworkInterface, frame: Frame, now: number): void {
    const { bytes, start } = frame
    const internet = this.#internet
    const destination = IpAddress.read(6, bytes, start + IPV6_DESTINATION_OFFSET)
    const source = IpAddress.read(6, bytes, start + IPV6_SOURCE_OFFSET)
    // RFC 4007 9, RFC 4291 2.5.2: these do not leave their link.
    if (destination.isLinkLocal || destination.isLoopback || source.isLinkLocal || source.isUnspecified) {
      this.counters.inAddressErrors++
      if (source.isLinkLocal && !destination.isLinkLocal) internet.icmp.beyondScope(frame, network, now)
      frame.release()
      return
    }
    if (this.#header.hopLimit <= 1) {
      this.counters.inTimeExceeded++
      internet.icmp.timeExceeded(frame, 6, network, now)
      frame.release()
      return
    }
    const path = internet.findPath(destination, source, null, now)
    if (path === null) {
      this.counters.outNoRoutes++
      internet.icmp.networkUnreachable(frame, 6, network, now)
      frame.release()
      return
    }
    if (frame.end - start > path.interface.mtu && frame.gsoSize === 0) {
      this.counters.fragmentationFailed++
      internet.icmp.tooBig(frame, 6, path.interface.mtu, network, now)
      frame.release()
      return
    }
    if (path.interface === network) internet.icmp.redirect(frame, 6, path, network, now)
    bytes[start + 7]--
    this.counters.forwarded++
    internet.emit(frame, path, now)
  }

  /** Takes the frame; its start..end spans the transport's header and payload. */
  send(
    frame: Frame,
    path: Path,
    protocol: number,
    hopLimit: number,
    trafficClass: number,
    dontFragment: boolean,
    now: number,
  ): SendOutcome {
    this.counters.outRequests++
    const payloadLength = frame.length
    const fits = payloadLength + IPV6_HEADER_BYTES <= path.mtu || frame.gsoSize > 0
    if (!fits && (dontFragment || payloadLength > 65_535)) {
      this.counters.fragmentationFailed++
      frame.release()
      return 'too-big'
    }
    frame.start -= IPV6_HEADER_BYTES
    const { bytes, start } = frame
    writeIpv6Header(bytes, start, payloadLength, trafficClass | frame.ecn, 0, protocol, hopLimit)
    path.source.write(bytes, start + IPV6_SOURCE_OFFSET)
    path.destination.write(bytes, start + IPV6_DESTINATION_OFFSET)
    if (fits) {
      this.#internet.emit(frame, path, now)
      return 'sent'
    }
    this.counters.fragmentationSucceeded++
    // Whoever could foretell it could put fragments of their own between ours (RFC 7739).
    const identification = this.#identifications.next()
    const pool = this.#internet.pool
    for (const piece of splitIpv6(frame, IPV6_HEADER_BYTES, NEXT_HEADER_AT, path.mtu, identification, pool)) {
      this.counters.fragmentsCreated++
      this.#internet.emit(piece, path, now)
    }
    frame.release()
    return 'sent'
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
}

/** Multicast sources (RFC 4291 2.7); from outside also the loopback address, and IPv4 addresses in mapped form (2.5.5.2). */
function isMartian(bytes: Uint8Array, start: number, network: NetworkInterface): boolean {
  const at = start + IPV6_SOURCE_OFFSET
  if (bytes[at] === 0xff) return true
  if (network.isLoopback || word(bytes, at) !== 0 || word(bytes, at + 4) !== 0) return false
  return word(bytes, at + 8) === 0xffff || (word(bytes, at + 8) === 0 && word(bytes, at + 12) === 1)
}

/** A packet that is its own only fragment: it is never mixed with those of its identification (RFC 6946 4). */
function isAtomic(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 2] === 0 && (bytes[at + 3] & 0xf9) === 0
}

/** Bytes of the upper layer's header that a first fragment must have: without ports a packet cannot be judged (RFC 7112 5). */
const UPPER_LAYER_BYTES: Readonly<Record<number, number>> = {
  [PROTOCOL_TCP]: 20,
  [PROTOCOL_UDP]: 8,
  [PROTOCOL_ICMPV6]: 8,
  [PROTOCOL_NONE]: 0,
}

function holdsHeaderChain(bytes: Uint8Array, start: number, end: number, nextHeader: number): boolean {
  const found: Ipv6Transport = { protocol: 0, start: 0, nextHeaderAt: 0, fragmentStart: -1 }
  if (findIpv6Transport(bytes, start, end, nextHeader, start, found) < 0) return false
  return end - found.start >= (UPPER_LAYER_BYTES[found.protocol] ?? 1)
}
