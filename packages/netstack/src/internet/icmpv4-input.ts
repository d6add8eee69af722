import type { Frame } from '../link/frame.ts'
import {
  ICMP_DESTINATION_UNREACHABLE,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER_BYTES,
  ICMP_PARAMETER_PROBLEM,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  verifyIcmpv4Checksum,
  writeIcmpv4Checksum,
} from '../wire/icmpv4.ts'
import { PROTOCOL_ICMP } from '../wire/protocols.ts'
import { createIcmpCounters, type IcmpCounters } from './counters.ts'
import type { EchoSockets } from './echo.ts'
import { deliverIcmpError, followRedirect } from './icmp-error-input.ts'
import type { InternetLayer } from './internet.ts'
import type { IcmpError, IcmpErrorKind, PacketInfo, Transport } from './packet.ts'

const SOURCE_QUENCH = 4

/** ICMP messages that arrive (RFC 792, RFC 1122 3.2.2). */
export class Icmpv4Input implements Transport {
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
    if (!verifyIcmpv4Checksum(bytes, start, end)) {
      counters.inChecksumErrors++
      return
    }
    switch (bytes[start]) {
      case ICMP_ECHO_REQUEST:
        counters.inEchoRequests++
        if (this.#internet.options.echoReplies && !info.toGroup) this.#reply(frame, info, now)
        return
      case ICMP_ECHO_REPLY:
        counters.inEchoReplies++
        this.#echo.onReply(info.source, bytes, start, end, info.hopLimit, now)
        return
      case ICMP_DESTINATION_UNREACHABLE:
        counters.inUnreachables++
        this.#receiveError(frame, info, unreachableKind(bytes[start + 1]), now)
        return
      case ICMP_TIME_EXCEEDED:
        counters.inTimeExceeded++
        this.#receiveError(frame, info, 'time-exceeded', now)
        return
      case ICMP_PARAMETER_PROBLEM:
        this.#receiveError(frame, info, 'parameter-problem', now)
        return
      case ICMP_REDIRECT:
        counters.inRedirects++
        if (!followRedirect(this.#internet, frame, info, now)) counters.inUnrelated++
        return
      case SOURCE_QUENCH:
        this.#receiveError(frame, info, 'source-quench', now)
        return
      default:
        counters.inUnknownTypes++
    }
  }

  /** RFC 1122 3.2.2.6: same data, source and destination exchanged. */
  #reply(frame: Frame, info: PacketInfo, now: number): void {
    if (info.source.isUnspecified) return
    const path = this.#internet.findPath(info.source, info.destination, null, now)
    if (path === null) return
    const answer = this.#internet.pool.frameOf(frame.bytes.subarray(frame.start, frame.end))
    answer.bytes[answer.start] = ICMP_ECHO_REPLY
    writeIcmpv4Checksum(answer.bytes, answer.start, answer.end)
    this.counters.outMessages++
    this.#internet.send(answer, path, PROTOCOL_ICMP, 0, 0, false, now)
  }

  #receiveError(frame: Frame, info: PacketInfo, kind: IcmpErrorKind, now: number): void {
    const { bytes, start } = frame
    const tooBig = kind === 'fragmentation-needed'
    if (tooBig) this.counters.inTooBig++
    const mtu = tooBig ? (bytes[start + 6] << 8) | bytes[start + 7] : 0
    if (!deliverIcmpError(this.#internet, frame, info, kind, mtu, now)) this.counters.inUnrelated++
  }

  recognises(error: IcmpError): boolean {
    return error.bytes[error.start] === ICMP_ECHO_REQUEST && this.#echo.recognises(error)
  }

  /** An error about a message of ours: echo requests have their sockets. */
  onError(error: IcmpError, now: number): void {
    if (error.bytes[error.start] === ICMP_ECHO_REQUEST) this.#echo.onError(error, now)
  }
}

/** RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
function unreachableKind(code: number): IcmpErrorKind {
  switch (code) {
    case 0:
    case 6:
    case 11:
      return 'network-unreachable'
    case 2:
      return 'protocol-unreachable'
    case 3:
      return 'port-unreachable'
    case 4:
      return 'fragmentation-needed'
    case 9:
    case 10:
    case 13:
      return 'administratively-prohibited'
    default:
      return 'host-unreachable'
  }
}
