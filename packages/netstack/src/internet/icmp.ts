import type { Frame } from '../link/frame.ts'
import {
  buildIcmpv4,
  ICMP_DESTINATION_UNREACHABLE,
  ICMP_FRAGMENTATION_NEEDED,
  ICMP_HOST_UNREACHABLE,
  ICMP_NETWORK_UNREACHABLE,
  ICMP_PARAMETER_PROBLEM,
  ICMP_PORT_UNREACHABLE,
  ICMP_PROTOCOL_UNREACHABLE,
  ICMP_REDIRECT,
  ICMP_SOURCE_ROUTE_FAILED,
  ICMP_TIME_EXCEEDED,
} from '../wire/icmpv4.ts'
import {
  buildIcmpv6,
  ICMPV6_ADDRESS_UNREACHABLE,
  ICMPV6_BEYOND_SCOPE,
  ICMPV6_DESTINATION_UNREACHABLE,
  ICMPV6_NO_ROUTE,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_TIME_EXCEEDED,
} from '../wire/icmpv6.ts'
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import { type AddressFamily, IpAddress } from './address.ts'
import { EchoSockets } from './echo.ts'
import { Icmpv4Input } from './icmpv4-input.ts'
import { Icmpv6Input } from './icmpv6-input.ts'
import type { NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import type { PacketInfo } from './packet.ts'
import type { Path } from './path.ts'
import { type QuotedPacket, readQuoted } from './quoted.ts'
import { RateLimit } from './rate-limit.ts'

/** Code of a redirect that is about one host (RFC 792). */
const REDIRECT_HOST = 1
/** An error message of 576 bytes at most (RFC 1812 4.3.2.3), and of the least MTU at most (RFC 4443 2.4 c). */
const QUOTE_BYTES_V4 = 576 - 20 - 8
const QUOTE_BYTES_V6 = 1280 - 40 - 8

/** ICMP of both families: what comes in, and the errors that this host tells others. */
export class Icmp {
  readonly echo: EchoSockets
  readonly v4: Icmpv4Input
  readonly v6: Icmpv6Input
  readonly #internet: InternetLayer
  readonly #limit: RateLimit

  constructor(internet: InternetLayer) {
    this.#internet = internet
    this.echo = new EchoSockets(internet)
    this.v4 = new Icmpv4Input(internet, this.echo)
    this.v6 = new Icmpv6Input(internet, this.echo)
    this.#limit = new RateLimit(internet.options.icmpErrorsPerSecond, internet.options.icmpErrorBurst)
  }

  // Of a packet that was delivered to this host: the frame's start has moved on, `info` knows where the packet began.

  portUnreachable(frame: Frame, info: PacketInfo, now: number): void {
    if (info.toGroup) return
    if (info.family === 4) this.#tellV4(ICMP_PORT_UNREACHABLE, 0, frame.bytes, info.headerStart, frame.end, now)
    else this.#unreachableV6(ICMPV6_PORT_UNREACHABLE, frame.bytes, info.headerStart, frame.end, info.interface, now)
  }

  protocolUnreachable(frame: Frame, info: PacketInfo, now: number): void {
    if (!info.toGroup) this.#tellV4(ICMP_PROTOCOL_UNREACHABLE, 0, frame.bytes, info.headerStart, frame.end, now)
  }

  // Of a packet that stands at the frame's start.

  timeExceeded(frame: Frame, family: AddressFamily, network: NetworkInterface, now: number): void {
    this.#timeExceeded(family, 0, frame.bytes, frame.start, frame.end, network, now)
  }

  networkUnreachable(frame: Frame, family: AddressFamily, network: NetworkInterface, now: number): void {
    if (family === 4) this.#tellV4(ICMP_NETWORK_UNREACHABLE, 0, frame.bytes, frame.start, frame.end, now)
    else this.#unreachableV6(ICMPV6_NO_ROUTE, frame.bytes, frame.start, frame.end, network, now)
  }

  /** The packet would leave the link on which alone its source address means something (RFC 4007 9). */
  beyondScope(frame: Frame, network: NetworkInterface, now: number): void {
    this.#unreachableV6(ICMPV6_BEYOND_SCOPE, frame.bytes, frame.start, frame.end, network, now)
  }

  /**
   * The packet goes back to the link that it came from: whoever sent it could have used the next hop itself (RFC 1812 5.2.7.2,
   * RFC 4861 8.2). It is passed on all the same.
   */
  redirect(frame: Frame, family: AddressFamily, path: Path, network: NetworkInterface, now: number): void {
    const internet = this.#internet
    const firstHop = path.neighbour?.address
    if (!internet.options.sendRedirects || firstHop === undefined || path.interface !== network) return
    const { bytes, start, end } = frame
    const source = IpAddress.read(family, bytes, start + (family === 4 ? 12 : 8))
    if (internet.routes.lookup(source, network)?.gateway !== null) return
    // Hosts believe what is on their link only, and of IPv6 routers link-local addresses.
    const canTell =
      family === 4
        ? network.addresses.some((own) => own.prefix.contains(source) && own.prefix.contains(firstHop))
        : network.linkLocal() !== null && (firstHop.isLinkLocal || firstHop.equals(path.destination))
    const quoted = canTell ? this.#quotable(family, bytes, start, end, false, now) : null
    if (quoted === null) return
    if (family === 6) {
      internet.ndp.redirect(network, quoted, path.neighbour!, bytes.subarray(start, end), now)
      return
    }
    const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V4))
    const gateway = firstHop.w3
    this.#sendV4(
      quoted,
      buildIcmpv4({ name: 'redirect', type: ICMP_REDIRECT, code: REDIRECT_HOST, gateway, data }),
      now,
    )
  }

  /** Source routes end at a host (RFC 1122 3.3.5). */
  sourceRouteFailed(frame: Frame, now: number): void {
    this.#tellV4(ICMP_SOURCE_ROUTE_FAILED, 0, frame.bytes, frame.start, frame.end, now)
  }

  /** An IPv4 header with a byte that makes no sense. */
  badHeader(frame: Frame, pointer: number, now: number): void {
    const { bytes, start, end } = frame
    const quoted = this.#quotable(4, bytes, start, end, false, now)
    if (quoted === null) return
    const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V4))
    const type = ICMP_PARAMETER_PROBLEM
    this.#sendV4(quoted, buildIcmpv4({ name: 'parameter-problem', type, pointer, data }), now)
  }

  /** No neighbour answered. For packets of our own the message comes by way of loopback. */
  hostUnreachable(frame: Frame, family: AddressFamily, now: number): void {
    if (family === 4) this.#tellV4(ICMP_HOST_UNREACHABLE, 0, frame.bytes, frame.start, frame.end, now)
    else this.#unreachableV6(ICMPV6_ADDRESS_UNREACHABLE, frame.bytes, frame.start, frame.end, null, now)
  }

  tooBig(frame: Frame, family: AddressFamily, mtu: number, network: NetworkInterface, now: number): void {
    if (family === 4) {
      this.#tellV4(ICMP_FRAGMENTATION_NEEDED, mtu, frame.bytes, frame.start, frame.end, now)
      return
    }
    const quoted = this.#quotable(6, frame.bytes, frame.start, frame.end, true, now)
    if (quoted === null) return
    const data = frame.bytes.subarray(frame.start, Math.min(frame.end, frame.start + QUOTE_BYTES_V6))
    this.#sendV6(quoted, { name: 'packet-too-big', type: ICMPV6_PACKET_TOO_BIG, mtu, data }, network, now)
  }

  parameterProblem(
    frame: Frame,
    code: number,
    pointer: number,
    toGroup: boolean,
    network: NetworkInterface,
    now: number,
  ): void {
    // RFC 4443 2.4 e 3: an unknown option is told even when the packet went to a group, of IP or of the link.
    const evenToGroups = code === 2
    if (toGroup && !evenToGroups) return
    const quoted = this.#quotable(6, frame.bytes, frame.start, frame.end, evenToGroups, now)
    if (quoted === null) return
    const data = frame.bytes.subarray(frame.start, Math.min(frame.end, frame.start + QUOTE_BYTES_V6))
    const type = ICMPV6_PARAMETER_PROBLEM
    this.#sendV6(quoted, { name: 'parameter-problem', type, code, pointer, data }, network, now)
  }

  reassemblyTimeExceeded(first: Uint8Array, family: AddressFamily, now: number): void {
    this.#timeExceeded(family, 1, first, 0, first.length, null, now)
  }

  #timeExceeded(
    family: AddressFamily,
    code: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    network: NetworkInterface | null,
    now: number,
  ): void {
    const quoted = this.#quotable(family, bytes, start, end, false, now)
    if (quoted === null) return
    if (family === 4) {
      const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V4))
      const message = buildIcmpv4({ name: 'time-exceeded', type: ICMP_TIME_EXCEEDED, code, data })
      this.#sendV4(quoted, message, now)
    } else {
      const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V6))
      this.#sendV6(quoted, { name: 'time-exceeded', type: ICMPV6_TIME_EXCEEDED, code, data }, network, now)
    }
  }

  #tellV4(code: number, nextHopMtu: number, bytes: Uint8Array, start: number, end: number, now: number): void {
    const quoted = this.#quotable(4, bytes, start, end, false, now)
    if (quoted === null) return
    const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V4))
    const type = ICMP_DESTINATION_UNREACHABLE
    this.#sendV4(quoted, buildIcmpv4({ name: 'destination-unreachable', type, code, nextHopMtu, data }), now)
  }

  #unreachableV6(
    code: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    network: NetworkInterface | null,
    now: number,
  ): void {
    const quoted = this.#quotable(6, bytes, start, end, false, now)
    if (quoted === null) return
    const data = bytes.subarray(start, Math.min(end, start + QUOTE_BYTES_V6))
    const type = ICMPV6_DESTINATION_UNREACHABLE
    this.#sendV6(quoted, { name: 'destination-unreachable', type, code, data }, network, now)
  }

  /** The packet that an error would be about, or null when none may be sent (RFC 1122 3.2.2, RFC 4443 2.4 e). */
  #quotable(
    family: AddressFamily,
    bytes: Uint8Array,
    start: number,
    end: number,
    evenToGroups: boolean,
    now: number,
  ): QuotedPacket | null {
    const quoted = readQuoted(family, bytes, start, end)
    if (quoted === null) return null
    // Behind the first fragment nothing tells whether the packet is an error itself.
    const isFirst = quoted.fragmentOffset === 0
    if (!isFirst && (family === 4 || quoted.protocol === PROTOCOL_ICMPV6)) return null
    const { source, destination } = quoted
    if (source.isUnspecified || source.isMulticast || source.isLimitedBroadcast) return null
    if (!evenToGroups && (destination.isMulticast || destination.isLimitedBroadcast)) return null
    if (isFirst && isIcmpError(quoted, bytes, end)) return null
    const internet = this.#internet
    if (!internet.local.has(source) && !this.#limit.take(now)) {
      this.#counters(family).outRateLimited++
      return null
    }
    return quoted
  }

  #counters(family: AddressFamily): Icmpv4Input['counters'] {
    return family === 4 ? this.v4.counters : this.v6.counters
  }

  #sendV4(quoted: QuotedPacket, message: Uint8Array, now: number): void {
    const internet = this.#internet
    // The answer comes from the address that was asked, where it is ours (RFC 1122 3.2.2).
    const from = internet.local.has(quoted.destination) && !quoted.destination.isLoopback ? quoted.destination : null
    const path = internet.findPath(quoted.source, from, null, now)
    if (path === null) return
    this.v4.counters.outMessages++
    this.v4.counters.outErrors++
    internet.send(internet.pool.frameOf(message), path, PROTOCOL_ICMP, 0, 0xc0, false, now)
  }

  #sendV6(
    quoted: QuotedPacket,
    message: Parameters<typeof buildIcmpv6>[0],
    network: NetworkInterface | null,
    now: number,
  ): void {
    const internet = this.#internet
    // The answer comes from the address that was asked, where it is ours (RFC 4443 2.2), and by the link that it was asked on.
    const from = internet.local.has(quoted.destination) && !quoted.destination.isLoopback ? quoted.destination : null
    const path = internet.findPath(quoted.source, from, quoted.source.isLinkLocal ? network : null, now)
    if (path === null) return
    this.v6.counters.outMessages++
    this.v6.counters.outErrors++
    const addresses = new Uint8Array(32)
    path.source.write(addresses, 0)
    path.destination.write(addresses, 16)
    const frame = internet.pool.frameOf(buildIcmpv6(message, addresses))
    internet.send(frame, path, PROTOCOL_ICMPV6, 0, 0, false, now)
  }
}

/** Errors about errors would never end. Messages whose type is cut off count as errors. */
function isIcmpError(quoted: QuotedPacket, bytes: Uint8Array, end: number): boolean {
  const type = quoted.transportStart < end ? bytes[quoted.transportStart] : 3
  if (quoted.protocol === PROTOCOL_ICMP) return type === 3 || type === 4 || type === 5 || type === 11 || type === 12
  return quoted.protocol === PROTOCOL_ICMPV6 && (type < 128 || type === 137)
}
