import { IpAddress } from '../internet/address.ts'
import type { InternetLayer } from '../internet/internet.ts'
import type { IcmpError, PacketInfo, Transport } from '../internet/packet.ts'
import type { Path } from '../internet/path.ts'
import { FRAME_HEADROOM_BYTES, type Frame } from '../link/frame.ts'
import type { LinkOffload } from '../link/link.ts'
import type { TcpFlow, TcpIcmpError, TcpLayer, TcpOutput } from '../transport/tcp/mod.ts'
import { PROTOCOL_TCP } from '../wire/protocols.ts'

/** The way of segments out of TCP: each flow keeps its path, so that a segment costs no look-up. */
export class StackTcpOutput implements TcpOutput {
  readonly #internet: InternetLayer
  /** Segments that found no route. */
  noRoute = 0

  constructor(internet: InternetLayer) {
    this.#internet = internet
  }

  allocate(transportBytes: number): Frame | undefined {
    return this.#internet.pool.allocate(transportBytes, FRAME_HEADROOM_BYTES)
  }

  transmit(frame: Frame, flow: TcpFlow): void {
    const internet = this.#internet
    const now = internet.clock()
    let path = flow.route as Path | undefined | null
    if (path === undefined || path === null || !internet.isValid(path)) path = this.#findPath(flow, now)
    if (path === null) {
      this.noRoute++
      frame.release()
      return
    }
    internet.send(frame, path, PROTOCOL_TCP, flow.hopLimit, flow.trafficClass, true, now)
  }

  mtu(flow: TcpFlow): number {
    return this.#findPath(flow, this.#internet.clock())?.mtu ?? 0
  }

  offload(flow: TcpFlow): LinkOffload | undefined {
    return (flow.route as Path | null)?.interface.link.offload
  }

  #findPath(flow: TcpFlow, now: number): Path | null {
    const source = IpAddress.fromWords(flow.local)
    const path = this.#internet.findPath(IpAddress.fromWords(flow.remote), source, null, now)
    // An address that this host has lost cannot be sent from.
    const usable = path !== null && (this.#internet.local.has(source) || source.isLoopback) ? path : null
    flow.route = usable
    return usable
  }
}

/** The way of segments and ICMP errors into TCP. */
export class TcpTransport implements Transport {
  readonly #tcp: TcpLayer

  constructor(tcp: TcpLayer) {
    this.#tcp = tcp
  }

  receive(frame: Frame, info: PacketInfo, now: number): void {
    const segment = this.#tcp.segment
    if (info.family === 4) {
      segment.setAddresses4(info.s3, info.d3)
    } else {
      segment.source0 = info.s0
      segment.source1 = info.s1
      segment.source2 = info.s2
      segment.source3 = info.s3
      segment.destination0 = info.d0
      segment.destination1 = info.d1
      segment.destination2 = info.d2
      segment.destination3 = info.d3
    }
    segment.ecn = info.ecn
    segment.toGroup = info.toGroup
    this.#tcp.receive(frame, now, frame.isFollowed)
  }

  recognises(error: IcmpError): boolean {
    const quoted = quotedSegment(error)
    return quoted !== undefined && this.#tcp.isInFlight(quoted)
  }

  onError(error: IcmpError, now: number): void {
    const quoted = quotedSegment(error)
    if (quoted !== undefined) this.#tcp.onIcmpError(quoted, now)
  }
}

/** Ports and sequence number: RFC 792 promises eight bytes. */
function quotedSegment({ bytes, start, end, local, remote, kind, mtu }: IcmpError): TcpIcmpError | undefined {
  if (end - start < 8) return undefined
  return {
    local,
    localPort: (bytes[start] << 8) | bytes[start + 1],
    remote,
    remotePort: (bytes[start + 2] << 8) | bytes[start + 3],
    sequence: (bytes[start + 4] << 24) | (bytes[start + 5] << 16) | (bytes[start + 6] << 8) | bytes[start + 7],
    kind,
    mtu,
  }
}
