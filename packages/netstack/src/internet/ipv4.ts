import { CHECKSUM_NONE, type Frame } from '../link/frame.ts'
import { checksumUpdate } from '../wire/checksum.ts'
import { FAULT_TRUNCATED } from '../wire/error.ts'
import {
  createIpv4Numbers,
  IPV4_DONT_FRAGMENT,
  IPV4_HEADER_BYTES,
  IPV4_MORE_FRAGMENTS,
  type Ipv4Numbers,
  readIpv4Header,
  verifyIpv4Checksum,
  writeIpv4Checksum,
  writeIpv4Header,
} from '../wire/ipv4.ts'
import { IpAddress } from './address.ts'
import { createIpCounters, type IpCounters } from './counters.ts'
import { splitIpv4 } from './fragment.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { PacketInfo } from './packet.ts'
import type { Path, SendOutcome } from './path.ts'
import { Reassembler } from './reassembly.ts'

const DONT_FRAGMENT_BITS = 0x4000
const END_OF_OPTIONS = 0
const NO_OPERATION = 1
const LOOSE_SOURCE_ROUTE = 131
const STRICT_SOURCE_ROUTE = 137

/** IPv4 of one host (RFC 791, RFC 1122 3.2.1; as a router RFC 1812). */
export class Ipv4 {
  readonly counters: IpCounters = createIpCounters()
  readonly reassembler: Reassembler
  readonly #internet: InternetLayer
  readonly #header: Ipv4Numbers = createIpv4Numbers()
  readonly #info: PacketInfo = new PacketInfo()
  #identification: number

  constructor(internet: InternetLayer) {
    this.#internet = internet
    this.#identification = Math.floor(internet.random() * 0x1_0000)
    this.reassembler = new Reassembler(
      internet.timers,
      (first, now) => internet.icmp.reassemblyTimeExceeded(first, 4, now),
      internet.options.reassembly,
    )
  }

  /** Takes the frame; its start stands at the IP header. */
  receive(network: NetworkInterface, frame: Frame, linkGroup: boolean, now: number): void {
    const counters = this.counters
    const header = this.#header
    const { bytes, start } = frame
    counters.inReceives++
    const headerBytes = readIpv4Header(bytes, start, frame.end, header)
    if (headerBytes < 0) {
      if (headerBytes === FAULT_TRUNCATED) counters.inTruncated++
      else counters.inHeaderErrors++
      frame.release()
      return
    }
    if (!verifyIpv4Checksum(bytes, start, headerBytes)) {
      counters.inChecksumErrors++
      frame.release()
      return
    }
    frame.end = start + header.totalLength
    if (
      isMartian(header.source, network) ||
      (!network.isLoopback && this.#internet.local.isBroadcastV4(header.source))
    ) {
      counters.inMartians++
      frame.release()
      return
    }
    if (this.#internet.local.hasV4(header.destination)) {
      // RFC 1122 3.3.6: a unicast packet in a link broadcast is somebody's mistake. Loopback destinations stay inside.
      if (linkGroup || (header.destination >>> 24 === 127 && !network.isLoopback)) {
        counters.inDiscards++
        frame.release()
        return
      }
      this.#deliver(network, frame, headerBytes, false, now)
    } else if (this.#isGroup(header.destination, network)) {
      this.#deliver(network, frame, headerBytes, true, now)
    } else if (this.#internet.options.forwarding && !linkGroup) {
      this.#forward(network, frame, headerBytes, now)
    } else {
      counters.inAddressErrors++
      frame.release()
    }
  }

  #isGroup(destination: number, network: NetworkInterface): boolean {
    if (destination === 0xffff_ffff) return true
    const address = IpAddress.v4(destination)
    return this.#internet.isGroup(address, network)
  }

  #deliver(network: NetworkInterface, frame: Frame, headerBytes: number, toGroup: boolean, now: number): void {
    const header = this.#header
    if (headerBytes > IPV4_HEADER_BYTES && !this.#acceptOptions(frame, headerBytes, toGroup, now)) {
      this.counters.inHeaderErrors++
      frame.release()
      return
    }
    if ((header.flags & IPV4_MORE_FRAGMENTS) !== 0 || header.fragmentOffset !== 0) {
      this.#reassemble(network, frame, headerBytes, toGroup, now)
      return
    }
    this.#handUp(network, frame, headerBytes, toGroup, now)
  }

  /** Whether the options can be read, and no source route leads on from here (RFC 1122 3.2.1.8); answers where not. */
  #acceptOptions(frame: Frame, headerBytes: number, toGroup: boolean, now: number): boolean {
    const { bytes, start } = frame
    const end = start + headerBytes
    const icmp = this.#internet.icmp
    for (let at = start + IPV4_HEADER_BYTES; at < end; ) {
      const kind = bytes[at]
      if (kind === END_OF_OPTIONS) return true
      const length = kind === NO_OPERATION ? 1 : bytes[at + 1]
      const isCut = kind !== NO_OPERATION && (at + 1 >= end || length < 2)
      if (isCut || at + length > end) {
        // RFC 1122 3.2.2.5: it is told which byte was not understood.
        if (!toGroup) icmp.badHeader(frame, Math.min(at + 1, end - 1) - start, now)
        return false
      }
      const isRoute = kind === LOOSE_SOURCE_ROUTE || kind === STRICT_SOURCE_ROUTE
      if (isRoute && (length < 3 || bytes[at + 2] <= length)) {
        if (!toGroup) icmp.sourceRouteFailed(frame, now)
        return false
      }
      at += length
    }
    return true
  }

  #handUp(network: NetworkInterface, frame: Frame, headerBytes: number, toGroup: boolean, now: number): void {
    const header = this.#header
    const info = this.#info
    info.s2 = 0xffff
    info.s3 = header.source | 0
    info.d2 = 0xffff
    info.d3 = header.destination | 0
    info.protocol = header.protocol
    info.ecn = header.ecn
    info.hopLimit = header.timeToLive
    info.toGroup = toGroup
    info.interface = network
    info.headerStart = frame.start
    frame.start += headerBytes // RFC9293:MUST-50: options of IP stay below
    const transport = this.#internet.transports[header.protocol]
    if (transport === null) {
      this.counters.inUnknownProtocols++
      this.#internet.icmp.protocolUnreachable(frame, info, now)
    } else {
      this.counters.inDelivers++
      transport.receive(frame, info, now)
    }
    frame.release()
  }

  #reassemble(network: NetworkInterface, frame: Frame, headerBytes: number, toGroup: boolean, now: number): void {
    const header = this.#header
    this.counters.reassemblyRequired++
    const info = {
      source: IpAddress.v4(header.source),
      destination: IpAddress.v4(header.destination),
      identification: header.identification,
      protocol: header.protocol,
      offset: header.fragmentOffset * 8,
      more: (header.flags & IPV4_MORE_FRAGMENTS) !== 0,
    }
    const payloadStart = frame.start + headerBytes
    const congested = header.ecn === 3
    const whole = this.reassembler.add(info, frame.bytes, frame.start, payloadStart, frame.end, congested, now)
    frame.release()
    if (whole === null) return
    const length = whole.headerLength + whole.payload.length
    if (length > 65_535) {
      this.counters.reassemblyFailed++
      return
    }
    this.counters.reassemblySucceeded++
    const joined = this.#internet.pool.allocate(length)
    joined.bytes.set(whole.first.subarray(0, whole.headerLength), joined.start)
    joined.bytes.set(whole.payload, joined.start + whole.headerLength)
    joined.end = joined.start + length
    joined.checksum = CHECKSUM_NONE
    const { bytes, start } = joined
    bytes[start + 2] = length >> 8
    bytes[start + 3] = length
    bytes[start + 6] = 0
    bytes[start + 7] = 0
    writeIpv4Checksum(bytes, start, whole.headerLength)
    readIpv4Header(bytes, start, joined.end, header)
    if (whole.congestion) header.ecn = 3
    this.#handUp(network, joined, whole.headerLength, toGroup, now)
  }

  /** RFC 1812 5.2 and 5.3. */
  #forward(network: NetworkInterface, frame: Frame, headerBytes: number, now: number): void {
    const header = this.#header
    const internet = this.#internet
    const destination = IpAddress.v4(header.destination)
    // Link-local and special destinations do not cross a router.
    if (destination.isMulticast || destination.isLinkLocal || destination.isUnspecified || header.source === 0) {
      this.counters.inAddressErrors++
      frame.release()
      return
    }
    if (header.timeToLive <= 1) {
      this.counters.inTimeExceeded++
      internet.icmp.timeExceeded(frame, 4, network, now)
      frame.release()
      return
    }
    const path = internet.findPath(destination, IpAddress.v4(header.source), null, now)
    if (path === null) {
      this.counters.outNoRoutes++
      internet.icmp.networkUnreachable(frame, 4, network, now)
      frame.release()
      return
    }
    if (path.groupMac >= 0) {
      // RFC 2644: whoever is far away does not address everybody here.
      this.counters.inAddressErrors++
      frame.release()
      return
    }
    if (path.interface === network) internet.icmp.redirect(frame, 4, path, network, now)
    const { bytes, start } = frame
    const before = (bytes[start + 8] << 8) | bytes[start + 9]
    bytes[start + 8]--
    const sum = checksumUpdate(header.headerChecksum, before, before - 0x100)
    bytes[start + 10] = sum >> 8
    bytes[start + 11] = sum
    // A router knows its own link only: what it learned of the way beyond is not for others' packets.
    const mtu = path.interface.mtu
    if (header.totalLength <= mtu || frame.gsoSize > 0) {
      this.counters.forwarded++
      internet.emit(frame, path, now)
    } else if ((header.flags & IPV4_DONT_FRAGMENT) !== 0) {
      this.counters.fragmentationFailed++
      internet.icmp.tooBig(frame, 4, mtu, network, now)
      frame.release()
    } else {
      this.counters.forwarded++
      this.#fragment(frame, headerBytes, mtu, path, now)
    }
  }

  #fragment(frame: Frame, headerBytes: number, mtu: number, path: Path, now: number): void {
    this.counters.fragmentationSucceeded++
    for (const piece of splitIpv4(frame, headerBytes, mtu, this.#internet.pool)) {
      this.counters.fragmentsCreated++
      this.#internet.emit(piece, path, now)
    }
    frame.release()
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
    const totalLength = frame.length + IPV4_HEADER_BYTES
    const fits = totalLength <= path.mtu || frame.gsoSize > 0
    if (!fits && (dontFragment || totalLength > 65_535)) {
      this.counters.fragmentationFailed++
      frame.release()
      return 'too-big'
    }
    this.#identification = (this.#identification + 1) & 0xffff
    frame.start -= IPV4_HEADER_BYTES
    writeIpv4Header(
      frame.bytes,
      frame.start,
      // What is longer than the field can tell is for a device only, which knows how much it was given.
      totalLength > 65_535 ? 0 : totalLength,
      trafficClass | frame.ecn,
      this.#identification,
      dontFragment ? DONT_FRAGMENT_BITS : 0,
      hopLimit,
      protocol,
      path.source.w3,
      path.destination.w3,
    )
    if (fits) this.#internet.emit(frame, path, now)
    else this.#fragment(frame, IPV4_HEADER_BYTES, path.mtu, path, now)
    return 'sent'
  }
}

/** RFC 1812 5.3.7, RFC 1122 3.2.1.3: source addresses that nothing on a wire can have. */
function isMartian(source: number, network: NetworkInterface): boolean {
  if (source >>> 28 >= 0xe) return true
  return source >>> 24 === 127 && !network.isLoopback
}
