import type { IpAddress } from '../../internet/address.ts'
import type { InternetLayer } from '../../internet/internet.ts'
import type { IcmpError, PacketInfo, Transport } from '../../internet/packet.ts'
import type { Frame } from '../../link/frame.ts'
import { CHECKSUM_NONE } from '../../link/frame.ts'
import { pseudoHeaderSum4, pseudoHeaderSum6 } from '../../wire/checksum.ts'
import { IPV6_SOURCE_OFFSET } from '../../wire/ipv6.ts'
import { PROTOCOL_UDP } from '../../wire/protocols.ts'
import { readUdpHeader, UDP_HEADER_BYTES, type UdpHeader, verifyUdpChecksum } from '../../wire/udp.ts'
import { type UdpCounters, UdpError, type UdpOptions, type UdpSocketOptions } from './types.ts'
import { UdpSocket } from './udp-socket.ts'

/** UDP of one host (RFC 768, RFC 1122 4.1, RFC 8085). */
export class UdpLayer implements Transport {
  readonly counters: UdpCounters = {
    inDatagrams: 0,
    outDatagrams: 0,
    noPorts: 0,
    inErrors: 0,
    inChecksumErrors: 0,
    receiveBufferErrors: 0,
    sendErrors: 0,
    socketsRefused: 0,
  }
  readonly internet: InternetLayer
  readonly options: Required<UdpOptions>
  readonly #byPort: Map<number, UdpSocket[]> = new Map()
  readonly #header: UdpHeader = { sourcePort: 0, destinationPort: 0, length: 0, checksum: 0 }
  #open = 0

  constructor(internet: InternetLayer, options: UdpOptions = {}) {
    this.internet = internet
    this.options = {
      ephemeralPorts: [49_152, 65_535],
      maxSockets: 16_384,
      receiveQueueBytes: 212_992,
      receiveQueueDatagrams: 4096,
      ...options,
    }
    internet.transports[PROTOCOL_UDP] = this
  }

  /** Sockets that are open. */
  get socketCount(): number {
    return this.#open
  }

  /** @throws {UdpError} ENOBUFS when there are too many */
  open(options: UdpSocketOptions): UdpSocket {
    if (this.#open >= this.options.maxSockets) {
      this.counters.socketsRefused++
      throw new UdpError('ENOBUFS', `${this.options.maxSockets} UDP sockets are open`)
    }
    this.#open++
    return new UdpSocket(this, options)
  }

  /** Used by sockets: takes a port, or one chosen at random when it is 0 (RFC 6056 3.3.1). @throws {UdpError} EADDRINUSE */
  register(socket: UdpSocket, address: IpAddress | null, port: number): number {
    const chosen = port === 0 ? this.#choosePort(socket, address) : port
    const others = this.#byPort.get(chosen)
    if (port !== 0 && others?.some((other) => conflicts(other, socket, address))) {
      throw new UdpError('EADDRINUSE', `port ${port} is taken`)
    }
    if (others === undefined) this.#byPort.set(chosen, [socket])
    else others.push(socket)
    return chosen
  }

  #choosePort(socket: UdpSocket, address: IpAddress | null): number {
    const [first, last] = this.options.ephemeralPorts
    const count = last - first + 1
    const start = Math.floor(this.internet.random() * count)
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count)
      if (!this.#byPort.get(port)?.some((other) => conflicts(other, socket, address))) return port
    }
    throw new UdpError('EADDRINUSE', `all ports from ${first} to ${last} are taken`)
  }

  /** Used by sockets. */
  unregister(socket: UdpSocket): void {
    const others = this.#byPort.get(socket.localPort)
    const place = others?.indexOf(socket) ?? -1
    if (others === undefined || place < 0) return
    if (others.length === 1) this.#byPort.delete(socket.localPort)
    else others.splice(place, 1)
  }

  /** Used by sockets. */
  closed(): void {
    this.#open--
  }

  receive(frame: Frame, info: PacketInfo, now: number): void {
    const { bytes, start } = frame
    const header = this.#header
    if (readUdpHeader(bytes, start, frame.end, header) < 0) {
      this.counters.inErrors++
      return
    }
    const end = start + header.length
    if (frame.checksum === CHECKSUM_NONE && !this.#verify(bytes, start, end, info)) {
      this.counters.inChecksumErrors++
      return
    }
    const sockets = this.#byPort.get(header.destinationPort)
    if (info.toGroup) {
      // Every socket that wants the group has it (RFC 1122 4.1.3.5 and 3.3.6).
      let delivered = false
      for (const socket of sockets ?? []) {
        if (!socket.accepts(info, header.sourcePort)) continue
        delivered = true
        this.#deliver(socket, frame, end, info, header.sourcePort, now)
      }
      if (!delivered) this.counters.noPorts++
      return
    }
    let best: UdpSocket | null = null
    let bestScore = -1
    for (const socket of sockets ?? []) {
      const score = socket.accepts(info, header.sourcePort) ? socket.specificity : -1
      if (score > bestScore) {
        best = socket
        bestScore = score
      }
    }
    if (best === null) {
      this.counters.noPorts++
      this.internet.icmp.portUnreachable(frame, info, now)
      return
    }
    this.#deliver(best, frame, end, info, header.sourcePort, now)
  }

  #deliver(socket: UdpSocket, frame: Frame, end: number, info: PacketInfo, sourcePort: number, now: number): void {
    const payload = frame.bytes.slice(frame.start + UDP_HEADER_BYTES, end)
    if (socket.enqueue(payload, info, sourcePort, now)) this.counters.inDatagrams++
    else this.counters.receiveBufferErrors++
  }

  #verify(bytes: Uint8Array, start: number, end: number, info: PacketInfo): boolean {
    if (info.family === 4) {
      const sum = pseudoHeaderSum4(info.s3, info.d3, PROTOCOL_UDP, end - start)
      return verifyUdpChecksum(bytes, start, end, sum, true)
    }
    const sum = pseudoHeaderSum6(bytes, info.headerStart + IPV6_SOURCE_OFFSET, PROTOCOL_UDP, end - start)
    return verifyUdpChecksum(bytes, start, end, sum, false)
  }

  /** A datagram leaves no trace: a socket of that port must be there, and be connected to nobody else. */
  recognises({ bytes, start, end, remote }: IcmpError): boolean {
    if (end - start < 4) return false
    const remotePort = (bytes[start + 2] << 8) | bytes[start + 3]
    return [...(this.#byPort.get((bytes[start] << 8) | bytes[start + 1]) ?? [])].some(
      ({ remoteAddress, remotePort: port }) =>
        remoteAddress === null || (port === remotePort && remoteAddress.equals(remote)),
    )
  }

  onError(error: IcmpError, now: number): void {
    if (error.end - error.start < 4) return
    const { bytes, start } = error
    const localPort = (bytes[start] << 8) | bytes[start + 1]
    const remotePort = (bytes[start + 2] << 8) | bytes[start + 3]
    for (const socket of this.#byPort.get(localPort) ?? []) socket.onIcmpError(error, remotePort, now)
  }

  /** Closes every socket: the host is switched off. */
  closeAll(): void {
    for (const sockets of [...this.#byPort.values()]) for (const socket of [...sockets]) socket.close()
  }
}

function conflicts(other: UdpSocket, socket: UdpSocket, address: IpAddress | null): boolean {
  if (other.options.reuseAddress && socket.options.reuseAddress) return false
  const bothHear4 = hears4(other) && hears4(socket)
  const bothHear6 = other.options.family === 6 && socket.options.family === 6
  if (!bothHear4 && !bothHear6) return false
  return other.localAddress === null || address === null || other.localAddress.equals(address)
}

function hears4(socket: UdpSocket): boolean {
  return socket.options.family === 4 || socket.options.ipv6Only !== true
}
