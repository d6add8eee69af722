import { ANY_V4, ANY_V6, IpAddress } from '../../internet/address.ts'
import type { NetworkInterface } from '../../internet/interface.ts'
import type { IcmpError, PacketInfo } from '../../internet/packet.ts'
import type { Path } from '../../internet/path.ts'
import { copyFrame } from '../../link/link.ts'
import { pseudoHeaderSum4, pseudoHeaderSum6 } from '../../wire/checksum.ts'
import { PROTOCOL_UDP } from '../../wire/protocols.ts'
import { UDP_HEADER_BYTES, writeUdpChecksum, writeUdpHeader } from '../../wire/udp.ts'
import { type Datagram, UdpError, type UdpErrorCode, type UdpSocketOptions } from './types.ts'
import type { UdpLayer } from './udp-layer.ts'

const MAX_PAYLOAD_V4 = 65_535 - 20 - UDP_HEADER_BYTES
const MAX_PAYLOAD_V6 = 65_535 - UDP_HEADER_BYTES

/** One UDP socket. All calls are synchronous; `onReadable` says that datagrams wait. */
export class UdpSocket {
  readonly options: UdpSocketOptions
  /** Null while bound to any address. */
  localAddress: IpAddress | null = null
  /** 0 while not bound. */
  localPort = 0
  remoteAddress: IpAddress | null = null
  remotePort = 0
  /** Sending to broadcast addresses is allowed. */
  broadcast = false
  /** 0 for the host's default. */
  hopLimit = 0
  multicastHopLimit = 1
  multicastLoop = true
  multicastInterface: NetworkInterface | null = null
  /** Only what comes and goes through this interface (SO_BINDTODEVICE). */
  boundInterface: NetworkInterface | null = null
  dontFragment = false
  trafficClass = 0
  onReadable: (() => void) | null = null
  /** An ICMP error about what a connected socket has sent. */
  onError: ((error: UdpError) => void) | null = null
  /** Payload bytes that wait. */
  queuedBytes = 0
  readonly #layer: UdpLayer
  readonly #queue: Datagram[] = []
  readonly #groups: { group: IpAddress; network: NetworkInterface }[] = []
  #closed = false
  #path: Path | null = null

  /** Made by `UdpLayer.open`. */
  constructor(layer: UdpLayer, options: UdpSocketOptions) {
    this.#layer = layer
    this.options = options
  }

  get queuedDatagrams(): number {
    return this.#queue.length
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** How closely the socket names what it wants: the closest gets a unicast datagram. */
  get specificity(): number {
    return (
      (this.remoteAddress !== null ? 4 : 0) + (this.localAddress !== null ? 2 : 0) + (this.options.family === 4 ? 1 : 0)
    )
  }

  /**
   * @param address null for any
   * @param port 0 for one chosen at random
   * @throws {UdpError} EINVAL when bound already, EADDRINUSE, EADDRNOTAVAIL
   */
  bind(address: IpAddress | null, port: number): void {
    this.#checkOpen()
    if (this.localPort !== 0) throw new UdpError('EINVAL', 'the socket is bound already')
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UdpError('EINVAL', `${port} is no port`)
    let own = address?.unmapped() ?? null
    if (own?.isUnspecified) own = null
    if (own !== null && !own.isMulticast && !own.isLimitedBroadcast && !this.#layer.internet.local.has(own)) {
      const isSubnetBroadcast = this.#layer.internet.interfaces.some((network) => network.isSubnetBroadcast(own))
      if (!isSubnetBroadcast) throw new UdpError('EADDRNOTAVAIL', `${own} is not an address of this host`)
    }
    this.localPort = this.#layer.register(this, own, port)
    this.localAddress = own
  }

  /**
   * From now on datagrams go to, and come from, this address only, and ICMP errors are told.
   *
   * @throws {UdpError} EISCONN, ENETUNREACH
   */
  connect(address: IpAddress, port: number): void {
    this.#checkOpen()
    if (this.remoteAddress !== null) throw new UdpError('EISCONN', 'the socket is connected already')
    const remote = this.#target(address)
    if (this.localPort === 0) this.bind(null, 0)
    const path = this.#findPath(remote)
    if (path === null) throw new UdpError('ENETUNREACH', `no route to ${remote}`)
    this.remoteAddress = remote
    this.remotePort = port
  }

  /** @throws {UdpError} ENOTCONN */
  disconnect(): void {
    this.#checkOpen()
    if (this.remoteAddress === null) throw new UdpError('ENOTCONN', 'the socket is not connected')
    this.remoteAddress = null
    this.remotePort = 0
  }

  /**
   * Sends one datagram. Where the way is not known to carry its size it is fragmented, unless `dontFragment`.
   *
   * @throws {UdpError} EDESTADDRREQ, EISCONN, EMSGSIZE, ENETUNREACH, EACCES (broadcast not allowed)
   */
  send(
    bytes: Uint8Array,
    address: IpAddress | null = null,
    port = 0,
    now: number = this.#layer.internet.clock(),
  ): void {
    this.#checkOpen()
    const remote = this.remoteAddress ?? (address === null ? null : this.#target(address))
    if (remote === null) throw new UdpError('EDESTADDRREQ', 'the datagram has no destination')
    if (this.remoteAddress !== null && address !== null) throw new UdpError('EISCONN', 'the socket is connected')
    const remotePort = this.remoteAddress === null ? port : this.remotePort
    if (remotePort <= 0 || remotePort > 65_535) throw new UdpError('EINVAL', `${remotePort} is no port`)
    if (bytes.length > (remote.family === 4 ? MAX_PAYLOAD_V4 : MAX_PAYLOAD_V6)) {
      throw new UdpError('EMSGSIZE', `${bytes.length} bytes are more than a datagram holds`)
    }
    if (this.localPort === 0) this.bind(null, 0)
    const path = this.#findPath(remote, now)
    if (path === null) {
      this.#layer.counters.sendErrors++
      throw new UdpError('ENETUNREACH', `no route to ${remote}`)
    }
    const toBroadcast = remote.isLimitedBroadcast || path.interface.isSubnetBroadcast(remote)
    if (toBroadcast && !this.broadcast) throw new UdpError('EACCES', 'the socket may not send broadcasts')
    this.#transmit(bytes, path, remotePort, toBroadcast || remote.isMulticast, now)
  }

  #transmit(bytes: Uint8Array, path: Path, remotePort: number, toGroup: boolean, now: number): void {
    const { internet, counters } = this.#layer
    const length = UDP_HEADER_BYTES + bytes.length
    const frame = internet.pool.allocate(length)
    const start = frame.start
    frame.end = start + length
    writeUdpHeader(frame.bytes, start, this.localPort, remotePort, length)
    frame.bytes.set(bytes, start + UDP_HEADER_BYTES)
    writeUdpChecksum(frame.bytes, start, frame.end, pseudoSum(path, length))
    counters.outDatagrams++
    const multicast = path.destination.isMulticast
    const hopLimit = multicast ? this.multicastHopLimit : this.hopLimit
    if (toGroup && (!multicast || this.multicastLoop) && internet.isGroup(path.destination, path.interface)) {
      const lo = internet.loopback
      const copy = copyFrame(frame, internet.pool)
      const inside: Path = { ...path, interface: lo, neighbour: null, groupMac: -1, mtu: lo.mtu }
      internet.send(copy, inside, PROTOCOL_UDP, hopLimit, this.trafficClass, false, now)
    }
    const outcome = internet.send(frame, path, PROTOCOL_UDP, hopLimit, this.trafficClass, this.dontFragment, now)
    if (outcome !== 'sent') {
      counters.sendErrors++
      throw new UdpError('EMSGSIZE', `${bytes.length} bytes are more than the way to ${path.destination} carries`)
    }
  }

  #findPath(remote: IpAddress, now?: number): Path | null {
    const cached = this.#path
    const { internet } = this.#layer
    if (cached?.destination.equals(remote) && internet.isValid(cached)) return cached
    const isGroup = remote.isMulticast || remote.isLimitedBroadcast
    const only = this.boundInterface ?? (isGroup ? this.multicastInterface : null)
    // A socket bound to a group sends from an address of its own.
    const own = this.localAddress
    const source = own === null || own.isMulticast || !internet.local.has(own) ? null : own
    this.#path = internet.findPath(remote, source, only, now)
    return this.#path
  }

  #target(address: IpAddress): IpAddress {
    const remote = address.unmapped()
    if (remote.family !== this.options.family && (this.options.family === 4 || this.options.ipv6Only === true)) {
      throw new UdpError('EINVAL', `${remote} is of the other family`)
    }
    if (!remote.isUnspecified) return remote
    // As on Linux, the unspecified address means this host.
    return remote.family === 4 ? IpAddress.v4(0x7f00_0001) : IpAddress.v6(0, 0, 0, 1)
  }

  /** @throws {UdpError} EINVAL when the address is no group, EADDRINUSE when joined already */
  joinGroup(group: IpAddress, network: NetworkInterface): void {
    this.#checkOpen()
    if (!group.isMulticast) throw new UdpError('EINVAL', `${group} is no multicast address`)
    if (this.#groups.some((each) => each.group.equals(group) && each.network === network)) {
      throw new UdpError('EADDRINUSE', `the socket is in ${group} already`)
    }
    this.#layer.internet.joinGroup(network, group)
    this.#groups.push({ group, network })
  }

  /** @throws {UdpError} EADDRNOTAVAIL when not joined */
  leaveGroup(group: IpAddress, network: NetworkInterface): void {
    const place = this.#groups.findIndex((each) => each.group.equals(group) && each.network === network)
    if (place < 0) throw new UdpError('EADDRNOTAVAIL', `the socket is not in ${group}`)
    this.#groups.splice(place, 1)
    this.#layer.internet.leaveGroup(network, group)
  }

  /** The oldest datagram that waits, or null. */
  read(): Datagram | null {
    const datagram = this.#queue.shift()
    if (datagram === undefined) return null
    this.queuedBytes -= datagram.bytes.length
    return datagram
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.localPort !== 0) this.#layer.unregister(this)
    for (const { group, network } of this.#groups.splice(0)) this.#layer.internet.leaveGroup(network, group)
    this.#queue.length = 0
    this.queuedBytes = 0
    this.#layer.closed()
  }

  /** The address and port that the socket is bound to, as `getsockname` gives them. */
  get name(): { address: IpAddress; port: number } {
    return { address: this.localAddress ?? (this.options.family === 4 ? ANY_V4 : ANY_V6), port: this.localPort }
  }

  /** Used by the layer: whether a datagram with this header is for the socket. */
  accepts(info: PacketInfo, sourcePort: number): boolean {
    if (info.family !== this.options.family && (this.options.family === 4 || this.options.ipv6Only === true))
      return false
    if (this.boundInterface !== null && info.interface !== this.boundInterface) return false
    const own = this.localAddress
    if (own !== null && !isAddress(own, info.family, info.d0, info.d1, info.d2, info.d3)) return false
    const peer = this.remoteAddress
    if (peer !== null) {
      if (sourcePort !== this.remotePort || !isAddress(peer, info.family, info.s0, info.s1, info.s2, info.s3))
        return false
    }
    return !info.toGroup || this.#hearsGroup(info)
  }

  #hearsGroup(info: PacketInfo): boolean {
    const destination = info.destination
    if (!destination.isMulticast) return true
    const onAnyLink = info.interface!.isLoopback
    return this.#groups.some((each) => each.group.equals(destination) && (onAnyLink || each.network === info.interface))
  }

  /** Used by the layer; `bytes` becomes the socket's. False when the queue is full. */
  enqueue(bytes: Uint8Array, info: PacketInfo, sourcePort: number, _now: number): boolean {
    const limits = this.#layer.options
    const limitBytes = this.options.receiveQueueBytes ?? limits.receiveQueueBytes
    if (this.queuedBytes + bytes.length > limitBytes || this.#queue.length >= limits.receiveQueueDatagrams) return false
    this.#queue.push({
      bytes,
      source: info.source,
      sourcePort,
      destination: info.destination,
      interface: info.interface!,
      hopLimit: info.hopLimit,
      ecn: info.ecn,
    })
    this.queuedBytes += bytes.length
    this.onReadable?.()
    return true
  }

  /** Used by the layer. Only a connected socket can tell which call an error belongs to (RFC 1122 4.1.3.3). */
  onIcmpError(error: IcmpError, remotePort: number, _now: number): void {
    if (this.remoteAddress === null || this.remotePort !== remotePort || !this.remoteAddress.equals(error.remote))
      return
    const code = ERROR_CODES[error.kind]
    if (code === undefined || (code === 'EMSGSIZE' && !this.dontFragment)) return
    this.onError?.(new UdpError(code, `${error.kind}, says ${error.reporter}`))
  }

  #checkOpen(): void {
    if (this.#closed) throw new UdpError('EBADF', 'the socket is closed')
  }
}

const ERROR_CODES: Partial<Record<IcmpError['kind'], UdpErrorCode>> = {
  'port-unreachable': 'ECONNREFUSED',
  'protocol-unreachable': 'ECONNREFUSED',
  'host-unreachable': 'EHOSTUNREACH',
  'network-unreachable': 'ENETUNREACH',
  'administratively-prohibited': 'EHOSTUNREACH',
  'time-exceeded': 'EHOSTUNREACH',
  'fragmentation-needed': 'EMSGSIZE',
}

const addressScratch = new Uint8Array(32)

function pseudoSum(path: Path, length: number): number {
  if (path.destination.family === 4) {
    return pseudoHeaderSum4(path.source.w3, path.destination.w3, PROTOCOL_UDP, length)
  }
  path.source.write(addressScratch, 0)
  path.destination.write(addressScratch, 16)
  return pseudoHeaderSum6(addressScratch, 0, PROTOCOL_UDP, length)
}

function isAddress(own: IpAddress, family: number, w0: number, w1: number, w2: number, w3: number): boolean {
  if (own.family !== family || own.w3 !== w3 >>> 0) return false
  return family === 4 || (own.w0 === w0 >>> 0 && own.w1 === w1 >>> 0 && own.w2 === w2 >>> 0)
}
