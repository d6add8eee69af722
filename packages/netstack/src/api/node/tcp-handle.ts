import { ANY_V4, ANY_V6, IpAddress, LOOPBACK_V4, LOOPBACK_V6 } from '../../internet/address.ts'
import type { TcpConnection, TcpListener, TcpListenOptions } from '../../transport/tcp/mod.ts'
import { closeCode } from '../byte-stream.ts'
import type { ConnectEntry } from './connect-entry.ts'
import { codeOf, errnoOf } from './errors.ts'
import type { NetHost } from './host.ts'
import { StreamHandle } from './stream-handle.ts'

/** Where a socket is, as `socket.address()` gives it. */
export interface SocketName {
  address?: string
  family?: string
  port?: number
}

export interface ConnectRequest {
  oncomplete?:
    | ((status: number, handle: unknown, request: unknown, readable: boolean, writable: boolean) => void)
    | undefined
  address?: string
  port?: number
  localAddress?: string | undefined
  localPort?: number | undefined
  addressType?: number
  /** Sent in the SYN where the peer takes it there (RFC 7413), else first. */
  data?: Uint8Array | undefined
  entry?: ConnectEntry | null
}

/** Flags of `bind6`, as libuv numbers them. */
export const TCP_IPV6ONLY = 1
export const TCP_REUSEPORT = 2

const DEFAULT_BACKLOG = 511
/** What libuv sets together with the delay. */
const KEEP_ALIVE_INTERVAL_SECONDS = 1
const KEEP_ALIVE_PROBES = 10

interface Bound {
  readonly address: IpAddress
  readonly port: number
  readonly ipv6Only: boolean
  readonly reusePort: boolean
}

/** Which addresses a listener there would have. */
function whereOf({ address, ipv6Only }: Bound): Pick<TcpListenOptions, 'address' | 'family'> {
  if (!address.isUnspecified) return { address }
  if (address.family === 4) return { family: 4 }
  return ipv6Only ? { family: 6 } : {}
}

/** A TCP socket of a stack: connected, or listening. */
export class TcpHandle extends StreamHandle {
  /** A connection has come in, or accepting has failed. */
  onconnection: (status: number, client: TcpHandle) => void = () => {}
  /** How many connections may be served before their handshake is complete (RFC 7413 5.1): 0 takes no data in a SYN. */
  fastOpenBacklog = 0
  #connection: TcpConnection | null = null
  #listener: TcpListener | null = null
  #isListening = false
  #bound: Bound | null = null
  /** Others that share the port (SO_REUSEPORT); the first has the listener. */
  #group: TcpHandle[] = [this]
  #turn = 0
  #connecting: ConnectRequest | null = null
  /** The socket is of IPv6, so that IPv4 addresses are shown mapped. */
  #isIpv6 = false
  #isUnreachable = false
  #trafficClass = 0
  /** Why `bind` has failed, which is told by the next call, as libuv has it. */
  #bindError = 0

  constructor(host: NetHost) {
    super(host, 'NETSTACKTCP')
  }

  // --- addresses -------------------------------------------------------------------------------

  /** Only the address of the call counts; whether the port is free is found out by `listen` or `connect`. */
  bind(address: string, port: number, flags = 0): number {
    return this.#bind(address, port, flags & ~TCP_IPV6ONLY, 4)
  }

  bind6(address: string, port: number, flags = 0): number {
    return this.#bind(address, port, flags, 6)
  }

  #bind(text: string, port: number, flags: number, family: 4 | 6): number {
    if (this.isClosed || this.#bound !== null || this.#connection !== null) return errnoOf('EINVAL')
    const address = IpAddress.tryParse(text.split('%', 1)[0]!)
    if (address === null || family !== (text.includes(':') ? 6 : 4)) return errnoOf('EINVAL')
    const own = address.unmapped()
    if (!own.isUnspecified && !isOwn(this.host, own)) return errnoOf('EADDRNOTAVAIL')
    this.#isIpv6 = family === 6
    this.#bound = {
      address: own,
      port: port | 0,
      ipv6Only: (flags & TCP_IPV6ONLY) !== 0,
      reusePort: (flags & TCP_REUSEPORT) !== 0,
    }
    this.#bindError = this.#isTaken() ? errnoOf('EADDRINUSE') : 0
    return 0
  }

  /** Whether somebody listens there already who does not share. */
  #isTaken(): boolean {
    const bound = this.#bound!
    if (bound.port === 0 || (bound.reusePort && this.#sharer() !== undefined)) return false
    return this.host.stack.tcp.isTaken(whereOf(bound), bound.port)
  }

  /** Binds and takes the port at once, before anybody listens. */
  listenLater(address: string, port: number, flags: number, family: 4 | 6): number {
    return this.#bind(address, port, flags, family) || this.#reserve(DEFAULT_BACKLOG)
  }

  getsockname(out: SocketName): number {
    const connection = this.#connection
    if (connection !== null) return describe(out, connection.flow.local, connection.flow.localPort, this.#isIpv6)
    if (this.#bound === null) return errnoOf('EBADF')
    if (this.#bindError !== 0) return this.#bindError
    // A port that the system chooses is known from the moment it is asked for.
    if (this.#bound.port === 0 && !this.#isUnreachable) this.#reserve(DEFAULT_BACKLOG)
    return describe(out, this.#bound.address, this.#listener?.port ?? this.#bound.port, this.#isIpv6)
  }

  getpeername(out: SocketName): number {
    const connection = this.#connection
    if (connection === null || !this.isConnected) return errnoOf('ENOTCONN')
    return describe(out, connection.flow.remote, connection.flow.remotePort, this.#isIpv6)
  }

  // --- listening -------------------------------------------------------------------------------

  listen(backlog: number): number {
    if (this.isClosed || this.#connection !== null) return errnoOf('EINVAL')
    if (this.#bindError !== 0) return this.#bindError
    this.#bound ??= { address: ANY_V4, port: 0, ipv6Only: false, reusePort: false }
    const status = this.#reserve(backlog)
    if (status !== 0) return status
    this.#isListening = true
    this.active = true
    this.#accept()
    return 0
  }

  #reserve(backlog: number): number {
    const bound = this.#bound
    if (this.#listener !== null || bound === null) return 0
    if (bound.reusePort && this.#join()) return 0
    const options: TcpListenOptions = {
      ...whereOf(bound),
      port: bound.port,
      backlog,
      fastOpenBacklog: this.fastOpenBacklog,
      onConnection: () => this.#accept(),
    }
    try {
      this.#listener = this.host.stack.tcp.listen(options, this.host.now())
      if (bound.reusePort) sharing(this.host).add(this)
      return 0
    } catch (error) {
      return errnoOf((error as { code?: string }).code ?? 'EADDRINUSE')
    }
  }

  /** Shares the port of another handle that is willing to; false when there is none. */
  #join(): boolean {
    const other = this.#sharer()
    if (other === undefined) return false
    this.#group = other.#group
    this.#group.push(this)
    return true
  }

  #sharer(): TcpHandle | undefined {
    const { address, port } = this.#bound!
    for (const other of sharing(this.host)) {
      if (other !== this && other.#listener?.port === port && other.#bound!.address.equals(address)) return other
    }
    return undefined
  }

  /** Leaves the others; the next of them listens where this one did. */
  #leave(): void {
    const group = this.#group
    group.splice(group.indexOf(this), 1)
    if (!sharing(this.host).delete(this)) return
    const [next] = group
    if (next === undefined) return
    next.#listenAgain()
  }

  #listenAgain(): void {
    const bound = this.#bound!
    this.#bound = { ...bound, reusePort: false }
    this.#reserve(DEFAULT_BACKLOG)
    this.#bound = bound
    sharing(this.host).add(this)
  }

  #accept(): void {
    if (!this.#isListening) return
    const listener = this.#listener
    const isDual = this.#isIpv6 && this.#bound?.address.isUnspecified === true
    for (let connection = listener?.accept(); connection !== undefined; connection = listener?.accept()) {
      const client = new TcpHandle(this.host)
      client.#isIpv6 = isDual || IpAddress.fromWords(connection.flow.remote).family === 6
      client.#take(connection)
      client.#connected()
      const taker = this.#group[this.#turn++ % this.#group.length] ?? this
      taker.post(() => {
        // A server that has been closed meanwhile leaves nobody to speak to.
        if (taker.isClosed) client.reset()
        else taker.onconnection(0, client)
      })
    }
  }

  // --- connecting ------------------------------------------------------------------------------

  connect(request: ConnectRequest, address: string, port: number): number {
    return this.#connect(request, address, port, false)
  }

  connect6(request: ConnectRequest, address: string, port: number): number {
    return this.#connect(request, address, port, true)
  }

  #connect(request: ConnectRequest, text: string, port: number, isIpv6: boolean): number {
    if (this.isClosed) return errnoOf('EBADF')
    if (this.#connection !== null) return errnoOf(this.isConnected ? 'EISCONN' : 'EALREADY')
    const parsed = IpAddress.tryParse(text.split('%', 1)[0]!)
    if (parsed === null) return errnoOf('EINVAL')
    // As on Linux, where an address of IPv4 is too short for a socket of IPv6.
    if (this.#bound !== null && this.#isIpv6 !== isIpv6) return errnoOf(isIpv6 ? 'EAFNOSUPPORT' : 'EINVAL')
    this.#isIpv6 = isIpv6
    const remote = reachable(parsed.unmapped())
    this.#connecting = request
    this.active = true
    const status = port === 0 ? 0 : this.#open(remote, port, request.data)
    if (status !== 0) {
      this.#connecting = null
      this.active = false
      // As libuv: what the peer may have said is told later, what this host knows is told at once.
      if (codeOf(status) !== 'ECONNREFUSED') return status
    }
    if (port === 0 || status !== 0) this.post(() => this.#finishConnecting(errnoOf('ECONNREFUSED'), request))
    this.host.kick()
    return 0
  }

  #open(remote: IpAddress, port: number, data: Uint8Array | undefined): number {
    const { stack } = this.host
    const now = this.host.now()
    const bound = this.#bound
    const own = bound === null || bound.address.isUnspecified ? sourceFor(remote) : bound.address
    if (own !== null && own.family !== remote.family) return errnoOf('EINVAL')
    const path = stack.internet.findPath(remote, own, null, now)
    if (path === null) {
      this.#bound ??= { address: this.#isIpv6 ? ANY_V6 : ANY_V4, port: 0, ipv6Only: false, reusePort: false }
      this.#isUnreachable = true
      return errnoOf('ENETUNREACH')
    }
    // The port may have been reserved to tell its number.
    const localPort = this.#listener?.port ?? bound?.port ?? 0
    this.#listener?.close(now)
    this.#listener = null
    try {
      const ends = { local: own ?? path.source, localPort, remote, remotePort: port }
      const connection = stack.tcp.connect(
        data === undefined ? ends : { ...ends, data, options: { fastOpen: true } },
        now,
      )
      if (data !== undefined) this.bytesWritten += data.length
      this.#take(connection)
      return 0
    } catch (error) {
      return errnoOf((error as { code?: string }).code ?? 'EINVAL')
    }
  }

  #take(connection: TcpConnection): void {
    this.#connection = connection
    if (this.#trafficClass !== 0) connection.flow.trafficClass = this.#trafficClass
    connection.observer = {
      onConnected: () => {
        this.#connected()
        const request = this.#connecting
        this.#connecting = null
        if (request !== null) this.post(() => this.#finishConnecting(0, request))
      },
      onReadable: () => this.postRead(),
      onEnd: () => this.postRead(),
      onWritable: () => this.post(() => this.flush()),
      onClosed: (_connection, reason) => this.#onClosed(closeCode(reason)),
    }
  }

  #connected(): void {
    if (this.#connection !== null) this.attach(this.#connection)
  }

  #finishConnecting(status: number, request: ConnectRequest): void {
    if (this.isClosed) return
    if (!this.reading) this.active = false
    request.oncomplete?.(status, this, request, true, true)
  }

  #onClosed(code: string | undefined): void {
    const request = this.#connecting
    if (request !== null) {
      this.#connecting = null
      this.post(() => this.#finishConnecting(errnoOf(code ?? 'ECONNRESET'), request))
    } else if (code !== undefined) this.fail(code)
  }

  protected override closeStream(byReset: boolean): void {
    const now = this.host.now()
    this.#isListening = false
    this.#listener?.close(now)
    this.#leave()
    const connection = this.#connection
    const request = this.#connecting
    this.#connecting = null
    if (request !== null) this.post(() => request.oncomplete?.(errnoOf('ECANCELED'), this, request, false, false))
    if (connection === null) return
    // Nothing has been written to a connection that does not stand yet.
    if (byReset || !this.isConnected) connection.abort(now)
    else connection.abandon(now)
    // The connection may live on for a while (what was written, TIME-WAIT); the socket need not.
    connection.observer = {}
    this.owner = undefined
  }

  // --- options ---------------------------------------------------------------------------------

  setNoDelay(on: boolean): number {
    this.#connection?.setNoDelay(on, this.host.now())
    this.host.kick()
    return 0
  }

  /** @param delaySeconds idle time before the first probe; 0 leaves everything as the stack has it */
  setKeepAlive(on: boolean, delaySeconds: number, intervalSeconds?: number, count?: number): number {
    const isGiven = delaySeconds > 0
    const intervalMs = isGiven ? (intervalSeconds || KEEP_ALIVE_INTERVAL_SECONDS) * 1000 : 0
    const probes = isGiven ? count || KEEP_ALIVE_PROBES : 0
    this.#connection?.setKeepAlive(on, delaySeconds * 1000, this.host.now(), intervalMs, probes)
    this.host.kick()
    return 0
  }

  setTypeOfService(value: number): number {
    this.#trafficClass = value
    if (this.#connection !== null) this.#connection.flow.trafficClass = value & 0xfc
    return 0
  }

  getTypeOfService(): number {
    return this.#trafficClass
  }

  setBlocking(): number {
    return 0
  }

  setSimultaneousAccepts(): number {
    return 0
  }

  /** Never: descriptors belong to the kernel. */
  open(_fd: number): number {
    return errnoOf('EINVAL')
  }

  /** The connection below, for `tcpInfo()` and the like. */
  get connection(): TcpConnection | null {
    return this.#connection
  }
}

/** Handles of a host that listen and let others listen at their port. */
const sharers: WeakMap<NetHost, Set<TcpHandle>> = new WeakMap()

function sharing(host: NetHost): Set<TcpHandle> {
  let set = sharers.get(host)
  if (set === undefined) {
    set = new Set()
    sharers.set(host, set)
  }
  return set
}

function isOwn(host: NetHost, address: IpAddress): boolean {
  return host.stack.internet.local.has(address)
}

/** As on Linux, every address of 127.0.0.0/8 is spoken to from 127.0.0.1. */
function sourceFor(remote: IpAddress): IpAddress | null {
  return remote.family === 4 && remote.isLoopback ? LOOPBACK_V4 : null
}

/** As on Linux, the unspecified address means this host. */
function reachable(address: IpAddress): IpAddress {
  if (!address.isUnspecified) return address
  return address.family === 4 ? LOOPBACK_V4 : LOOPBACK_V6
}

function describe(
  out: SocketName,
  words: IpAddress | TcpConnection['flow']['local'],
  port: number,
  isIpv6: boolean,
): number {
  const address = IpAddress.fromWords({
    w0: words.w0 >>> 0,
    w1: words.w1 >>> 0,
    w2: words.w2 >>> 0,
    w3: words.w3 >>> 0,
  })
  if (isIpv6) {
    out.address = address.family === 6 ? address.toString() : address.isUnspecified ? '::' : `::ffff:${address}`
    out.family = 'IPv6'
  } else {
    out.address = address.toString()
    out.family = 'IPv4'
  }
  out.port = port
  return 0
}
