import type { Frame } from '../link/frame.ts'
import { ICMP_HEADER_BYTES } from '../wire/icmpv4.ts'
import {
  ICMPV6_DESTINATION_UNREACHABLE,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_REDIRECT,
  ICMPV6_ROUTER_SOLICITATION,
  ICMPV6_TIME_EXCEEDED,
  verifyIcmpv6Checksum,
  writeIcmpv6Checksum,
} from '../wire/icmpv6.ts'
import { IPV6_SOURCE_OFFSET } from '../wire/ipv6.ts'
import { PROTOCOL_ICMPV6 } from '../wire/protocols.ts'
import { createIcmpCounters, type IcmpCounters } from './counters.ts'
import type { EchoSockets } from './echo.ts'
import { deliverIcmpError } from './icmp-error-input.ts'
import type { InternetLayer } from './internet.ts'
import type { IcmpError, IcmpErrorKind, PacketInfo, Transport } from './packet.ts'

/** RFC 8200 5. */
const IPV6_MINIMUM_MTU = 1280

/** ICMPv6 messages that arrive (RFC 4443); those of NDP are handed on. */
export class Icmpv6Input implements Transport {
  readonly counters: IcmpCounters = createIcmpCounters()
  readonly #internet: InternetLayer
  readonly #echo: EchoSockets

  constructor(internet: InternetLayer, echo: EchoSockets) {
    this.#internet = internet
    this.#echo = echo
  }

  receive(frame: Frame, info: PacketInfo, now: number): void {
    const { bytes, start, end } = frame
    const counters = this.counters
    counters.inMessages++
    if (end - start < ICMP_HEADER_BYTES) {
      counters.inErrors++
      return
    }
    if (!verifyIcmpv6Checksum(bytes, start, end, bytes, info.headerStart + IPV6_SOURCE_OFFSET)) {
      counters.inChecksumErrors++
      return
    }
    const type = bytes[start]
    if (type >= ICMPV6_ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT) {
      this.#internet.ndp.receive(frame, info, now)
      return
    }
    switch (type) {
      case ICMPV6_ECHO_REQUEST:
        counters.inEchoRequests++
        if (this.#internet.options.echoReplies && !info.toGroup) this.#reply(frame, info, now)
        return
      case ICMPV6_ECHO_REPLY:
        counters.inEchoReplies++
        this.#echo.onReply(info.source, bytes, start, end, info.hopLimit, now)
        return
      case ICMPV6_DESTINATION_UNREACHABLE:
        counters.inUnreachables++
        this.#receiveError(frame, info, unreachableKind(bytes[start + 1]), now)
        return
      case ICMPV6_PACKET_TOO_BIG:
        counters.inTooBig++
        this.#receiveError(frame, info, 'fragmentation-needed', now)
        return
      case ICMPV6_TIME_EXCEEDED:
        counters.inTimeExceeded++
        this.#receiveError(frame, info, 'time-exceeded', now)
        return
      case ICMPV6_PARAMETER_PROBLEM:
        this.#receiveError(frame, info, bytes[start + 1] === 1 ? 'protocol-unreachable' : 'parameter-problem', now)
        return
      default:
        // RFC 4443 2.4 a and b: of unknown types errors concern whoever sent the packet, the others nobody.
        if (type < ICMPV6_ECHO_REQUEST) this.#receiveError(frame, info, 'unknown', now)
        else counters.inUnknownTypes++
    }
  }

  #reply(frame: Frame, info: PacketInfo, now: number): void {
    if (info.source.isUnspecified) return
    const scope = info.source.isLinkLocal ? info.interface : null
    const path = this.#internet.findPath(info.source, info.destination, scope, now)
    if (path === null) return
    const answer = this.#internet.pool.frameOf(frame.bytes.subarray(frame.start, frame.end))
    answer.bytes[answer.start] = ICMPV6_ECHO_REPLY
    const addresses = new Uint8Array(32)
    path.source.write(addresses, 0)
    path.destination.write(addresses, 16)
    writeIcmpv6Checksum(answer.bytes, answer.start, answer.end, addresses, 0)
    this.counters.outMessages++
    this.#internet.send(answer, path, PROTOCOL_ICMPV6, 0, 0, false, now)
  }

  #receiveError(frame: Frame, info: PacketInfo, kind: IcmpErrorKind, now: number): void {
    const { bytes, start } = frame
    let mtu = 0
    if (kind === 'fragmentation-needed') {
      mtu = ((bytes[start + 4] << 24) | (bytes[start + 5] << 16) | (bytes[start + 6] << 8) | bytes[start + 7]) >>> 0
      // RFC 8201 4: no link of IPv6 is as narrow as that.
      if (mtu < IPV6_MINIMUM_MTU) {
        this.counters.inErrors++
        return
      }
    }
    if (!deliverIcmpError(this.#internet, frame, info, kind, mtu, now)) this.counters.inUnrelated++
  }

  recognises(error: IcmpError): boolean {
    return error.bytes[error.start] === ICMPV6_ECHO_REQUEST && this.#echo.recognises(error)
  }

  onError(error: IcmpError, now: number): void {
    if (error.bytes[error.start] === ICMPV6_ECHO_REQUEST) this.#echo.onError(error, now)
  }
}

/** RFC 4443 3.1. */
function unreachableKind(code: number): IcmpErrorKind {
  switch (code) {
    case 1:
    case 5:
    case 6:
      return 'administratively-prohibited'
    case 3:
      return 'host-unreachable'
    case 4:
      return 'port-unreachable'
    default:
      return 'network-unreachable'
  }
}
