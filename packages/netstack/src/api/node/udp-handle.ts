import { ANY_V4, ANY_V6, IpAddress } from '../../internet/address.ts'
import type { NetworkInterface } from '../../internet/interface.ts'
import type { UdpSocket } from '../../transport/udp/udp-socket.ts'
import { errnoOf } from './errors.ts'
import { LoopHandle, type NetHost } from './host.ts'

export interface DatagramInfo {
  address: string
  family: 'IPv4' | 'IPv6'
  port: number
  size: number
}

/** Datagrams taken in one turn, before others have theirs. */
const DATAGRAMS_PER_TURN = 32

/** An int of C. */
const MAX_BUFFER_BYTES = 0x7fff_ffff
/** Linux takes twice what it is asked for, for its own book-keeping, and says so. */
const BUFFER_FACTOR = process.platform === 'linux' ? 2 : 1

/** A UDP socket as `dgram.Socket` uses it: calls return 0 or a negative error number. */
export class UdpHandle extends LoopHandle {
  onmessage: (bytes: Uint8Array, info: DatagramInfo) => void = () => {}
  onerror: (status: number) => void = () => {}
  readonly fd: number = -1
  readonly #family: 4 | 6
  readonly #socket: UdpSocket
  #isBound = false
  /** What is sent leaves at once: remembered for whoever asks. */
  #sendBufferBytes: number | undefined = undefined
  #isReceiving = false
  #isPosted = false

  constructor(host: NetHost, family: 4 | 6, options: { ipv6Only?: boolean; reuseAddress?: boolean }) {
    super(host, 'NETSTACKUDP')
    this.#family = family
    this.#socket = host.stack.udp.open({ family, ...options })
    this.#socket.onReadable = () => this.#post()
    this.#socket.onError = (error) => this.post(() => this.#isReceiving && this.onerror(errnoOf(error.code)))
  }

  #try(action: () => void): number {
    if (this.isClosed) return errnoOf('EBADF')
    try {
      action()
      this.host.kick()
      return 0
    } catch (error) {
      return errnoOf((error as { code?: string }).code ?? 'EINVAL')
    }
  }

  bind(text: string, port: number): number {
    const address = this.#parse(text)
    if (address === null) return errnoOf('EINVAL')
    return this.#try(() => {
      this.#socket.bind(address.isUnspecified ? null : address, port)
      this.#isBound = true
    })
  }

  #parse(text: string): IpAddress | null {
    const address = IpAddress.tryParse(text.split('%', 1)[0]!)
    return address !== null && address.family === 6 && this.#family === 4 ? null : address
  }

  connect(text: string, port: number): number {
    const address = this.#parse(text)
    if (address === null) return errnoOf('EINVAL')
    return this.#try(() => this.#socket.connect(address, port))
  }

  disconnect(): number {
    return this.#try(() => this.#socket.disconnect())
  }

  /** The number of bytes sent, or a negative error number. */
  send(bytes: Uint8Array, text: string | null, port: number): number {
    const address = text === null ? null : this.#parse(text)
    if (text !== null && address === null) return errnoOf('EINVAL')
    if (address?.isLimitedBroadcast && !this.#socket.broadcast) return errnoOf('EACCES')
    const status = this.#try(() => this.#socket.send(bytes, address, port, this.host.now()))
    return status === 0 ? bytes.length : status
  }

  receiveStart(): number {
    this.#isReceiving = true
    this.active = true
    this.#post()
    return 0
  }

  receiveStop(): number {
    this.#isReceiving = false
    this.active = false
    return 0
  }

  #post(): void {
    if (this.#isPosted || !this.#isReceiving || this.isClosed) return
    this.#isPosted = true
    this.post(() => {
      this.#isPosted = false
      for (let count = 0; count < DATAGRAMS_PER_TURN && this.#isReceiving && !this.isClosed; count++) {
        const datagram = this.#socket.read()
        if (datagram === null) return
        const { bytes, source, sourcePort } = datagram
        this.onmessage(bytes, { ...this.#name(source), port: sourcePort, size: bytes.length })
      }
      this.#post()
    })
  }

  #name(address: IpAddress): { address: string; family: 'IPv4' | 'IPv6' } {
    if (this.#family === 4) return { address: address.toString(), family: 'IPv4' }
    return { address: address.family === 6 ? address.toString() : `::ffff:${address}`, family: 'IPv6' }
  }

  getsockname(out: object): number {
    if (!this.#isBound && this.#socket.localPort === 0) return errnoOf('EBADF')
    const own = this.#socket.localAddress ?? (this.#family === 4 ? ANY_V4 : ANY_V6)
    Object.assign(out, this.#name(own), { port: this.#socket.localPort })
    return 0
  }

  getpeername(out: object): number {
    const { remoteAddress, remotePort } = this.#socket
    if (remoteAddress === null) return errnoOf('ENOTCONN')
    Object.assign(out, this.#name(remoteAddress), { port: remotePort })
    return 0
  }

  // --- options: EBADF before the socket is bound, as where there is no descriptor yet ---------------

  #option(action: () => void): number {
    return this.#socket.localPort === 0 ? errnoOf('EBADF') : this.#try(action)
  }

  setBroadcast(on: boolean): number {
    return this.#option(() => {
      this.#socket.broadcast = on
    })
  }

  setTTL(value: number): number {
    if (value < 1 || value > 255) return errnoOf('EINVAL')
    return this.#option(() => {
      this.#socket.hopLimit = value
    })
  }

  setMulticastTTL(value: number): number {
    if (value < 0 || value > 255) return errnoOf('EINVAL')
    return this.#option(() => {
      this.#socket.multicastHopLimit = value
    })
  }

  setMulticastLoopback(on: boolean): number {
    return this.#option(() => {
      this.#socket.multicastLoop = on
    })
  }

  setMulticastInterface(text: string): number {
    // With IPv6 the zone alone counts, and one that is unknown is none.
    const isAny = this.#family === 6 && this.#parse(text) !== null && this.#interfaceOf(text) === undefined
    const network = isAny ? null : this.#interfaceOf(text)
    if (network === undefined) return errnoOf(IpAddress.tryParse(text) === null ? 'EINVAL' : 'EADDRNOTAVAIL')
    return this.#option(() => {
      this.#socket.multicastInterface = network
    })
  }

  addMembership(group: string, via: string | undefined): number {
    return this.#membership(group, via, (address, network) => this.#socket.joinGroup(address, network))
  }

  dropMembership(group: string, via: string | undefined): number {
    return this.#membership(group, via, (address, network) => this.#socket.leaveGroup(address, network))
  }

  #membership(
    group: string,
    via: string | undefined,
    action: (address: IpAddress, network: NetworkInterface) => void,
  ): number {
    const address = this.#parse(group)
    const network = this.#interfaceOf(via)
    if (address === null) return errnoOf('EINVAL')
    if (network === undefined || network === null) return errnoOf('ENODEV')
    return this.#try(() => {
      if (this.#socket.localPort === 0) this.#socket.bind(null, 0)
      action(address, network)
    })
  }

  /** By one of its addresses or, with IPv6, by its name behind `%`; the first one that is no loopback without any. */
  #interfaceOf(text: string | undefined): NetworkInterface | null | undefined {
    const { interfaces } = this.host.stack.internet
    const wanted = text === undefined || text === '' ? null : IpAddress.tryParse(text.split('%', 1)[0]!)
    const zone = text?.split('%', 2)[1]
    if (zone !== undefined) return interfaces.find((each) => each.name === zone)
    if (wanted === null || wanted.isUnspecified) {
      return text === undefined || wanted !== null ? (interfaces[1] ?? interfaces[0]) : undefined
    }
    return interfaces.find((each) => each.addresses.some((own) => own.address.equals(wanted)))
  }

  /** Sets the size unless it is 0. Returns what it is now, or a negative error number. */
  bufferSize(which: 'recv' | 'send', size: number): number {
    if (this.#socket.localPort === 0) return errnoOf('EBADF')
    if (size > MAX_BUFFER_BYTES) return errnoOf('EINVAL')
    const { options } = this.#socket
    const bytes = size * BUFFER_FACTOR
    if (size > 0 && which === 'recv') options.receiveQueueBytes = bytes
    else if (size > 0) this.#sendBufferBytes = bytes
    const receiveBytes = options.receiveQueueBytes ?? this.host.stack.udp.options.receiveQueueBytes
    return which === 'recv' ? receiveBytes : (this.#sendBufferBytes ?? receiveBytes)
  }

  getSendQueueSize(): number {
    return 0
  }

  getSendQueueCount(): number {
    return 0
  }

  close(): void {
    if (!this.endLoop()) return
    this.#isReceiving = false
    this.#socket.close()
  }
}
