import { BROADCAST_V4, IpAddress } from '../internet/address.ts'
import type { NetworkInterface } from '../internet/interface.ts'
import type { Prefix } from '../internet/prefix.ts'
import type { Scheduler } from '../stack/scheduler.ts'
import type { Stack } from '../stack/stack.ts'
import { UdpError } from '../transport/udp/types.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDhcpv4,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  type Dhcpv4Message,
  dhcpv4Option,
  readDhcpv4,
} from '../wire/dhcpv4.ts'
import {
  DHCP_ACK,
  DHCP_DECLINE,
  DHCP_DISCOVER,
  DHCP_INFORM,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_RELEASE,
  DHCP_REQUEST,
  type Dhcpv4Option,
} from '../wire/dhcpv4-options.ts'
import { WireError } from '../wire/error.ts'

export interface DhcpServerOptions {
  /** First and last address lent. */
  range: readonly [string, string]
  leaseSeconds?: number
  /** Addresses that are lent or offered at a time, however large the range is. */
  maxLeases?: number
  /** Default routers; the server's own address when left out. */
  routers?: readonly string[]
  dnsServers?: readonly string[]
  domainName?: string
}

interface Lease {
  readonly address: number
  /** '' for an address that somebody uses without having asked. */
  readonly client: string
  /** Asked for after it was offered. */
  isBound: boolean
  until: number
}

export interface DhcpServerCounters {
  received: number
  malformed: number
  /** Requests by way of a relay, which this server does not serve, identifiers of several options, and what no client sends. */
  ignored: number
  offers: number
  acknowledgements: number
  refusals: number
  /** Discoveries that no address was left for. */
  exhausted: number
  declined: number
  sendErrors: number
}

/** How long an offer is kept for a client that has not yet asked for it. */
const OFFER_MS = 60_000
const DECLINED_MS = 600_000
/** What one option holds besides the type. RFC 3396 would let clients send, and leases keep, as much as a datagram does. */
const MAX_IDENTIFIER_BYTES = 254

/** Lends addresses of a range on one link (RFC 2131 4.3). */
export class DhcpServer {
  /** Told of every lease: a name server may want it. */
  onLease: ((address: IpAddress, hostName: string) => void) | null = null
  readonly counters: DhcpServerCounters = {
    received: 0,
    malformed: 0,
    ignored: 0,
    offers: 0,
    acknowledgements: 0,
    refusals: 0,
    exhausted: 0,
    declined: 0,
    sendErrors: 0,
  }
  readonly #network: NetworkInterface
  readonly #scheduler: Scheduler
  readonly #options: DhcpServerOptions
  readonly #socket: UdpSocket
  readonly #self: IpAddress
  readonly #prefix: Prefix
  readonly #first: number
  readonly #last: number
  /** Of addresses of the range only. */
  readonly #leases: Map<number, Lease> = new Map()

  /** @throws {RangeError} when the interface has no address in whose network the range lies */
  constructor(stack: Stack, network: NetworkInterface, scheduler: Scheduler, options: DhcpServerOptions) {
    this.#network = network
    this.#scheduler = scheduler
    this.#options = options
    const [first, last] = options.range.map((text) => IpAddress.parse(text))
    const own = network.addresses.find((each) => each.address.family === 4 && each.prefix.contains(first))
    if (own === undefined || !own.prefix.contains(last) || first.w3 > last.w3) {
      throw new RangeError(`the range ${first} to ${last} is not in a network of ${network.name}`)
    }
    this.#self = own.address
    this.#prefix = own.prefix
    this.#first = first.w3
    this.#last = last.w3
    this.#socket = stack.udp.open({ family: 4, reuseAddress: true })
    this.#socket.bind(null, DHCP_SERVER_PORT)
    this.#socket.boundInterface = network
    this.#socket.broadcast = true
    this.#socket.onReadable = () => this.#onReadable()
  }

  close(): void {
    this.#socket.close()
  }

  #onReadable(): void {
    for (let datagram = this.#socket.read(); datagram !== null; datagram = this.#socket.read()) {
      this.counters.received++
      try {
        this.#onMessage(readDhcpv4(datagram.bytes))
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        this.counters.malformed++
      }
    }
  }

  #onMessage(message: Dhcpv4Message): void {
    const client = clientOf(message)
    const type = dhcpv4Option(message, 'message-type')?.type
    const identifier = dhcpv4Option(message, 'client-identifier')?.identifier
    const isTooLong = identifier !== undefined && identifier.length > MAX_IDENTIFIER_BYTES
    if (message.operation !== 1 || message.relayAddress !== 0 || isTooLong) this.counters.ignored++
    else if (type === DHCP_DISCOVER) this.#onDiscover(message, client)
    else if (type === DHCP_REQUEST) this.#onRequest(message, client)
    else if (type === DHCP_DECLINE) this.#onDecline(message, client)
    else if (type === DHCP_RELEASE) this.#onRelease(message, client)
    else if (type === DHCP_INFORM && this.#isOnLink(message.clientAddress)) this.#answer(message, DHCP_ACK, 0)
    else this.counters.ignored++
  }

  #onDiscover(message: Dhcpv4Message, client: string): void {
    const lease = this.#choose(client, dhcpv4Option(message, 'requested-address')?.address ?? 0)
    if (lease === null) {
      this.counters.exhausted++
      return
    }
    // Whoever asks in another's name does not shorten what that one holds.
    lease.until = Math.max(lease.until, this.#scheduler.now() + OFFER_MS)
    this.counters.offers++
    this.#answer(message, DHCP_OFFER, lease.address)
  }

  /** RFC 2131 4.3.2, whose three cases are told apart by what the client fills in. */
  #onRequest(message: Dhcpv4Message, client: string): void {
    const server = dhcpv4Option(message, 'server-identifier')
    const requested = dhcpv4Option(message, 'requested-address')?.address
    if (server !== undefined && server.address !== this.#self.w3) {
      // The client has chosen another server: what was offered to it is free again.
      const offered = this.#leaseOf(client)
      if (offered !== null && !offered.isBound) this.#leases.delete(offered.address)
      return
    }
    const isReboot = server === undefined && requested !== undefined && message.clientAddress === 0
    // Of a client that it knows nothing of a server says nothing, unless the address cannot be of this link.
    if (isReboot && this.#isOnLink(requested) && this.#leaseOf(client) === null) {
      this.counters.ignored++
      return
    }
    this.#lend(message, client, requested ?? message.clientAddress)
  }

  #lend(message: Dhcpv4Message, client: string, wanted: number): void {
    const now = this.#scheduler.now()
    if (!this.#isFree(wanted, client, now)) {
      this.counters.refusals++
      this.#answer(message, DHCP_NAK, 0)
      return
    }
    // One address for each client (4.3.1).
    const before = this.#leaseOf(client)
    if (before !== null) this.#leases.delete(before.address)
    this.#leases.set(wanted, { address: wanted, client, isBound: true, until: now + this.#leaseSeconds * 1000 })
    this.counters.acknowledgements++
    this.#answer(message, DHCP_ACK, wanted)
    const hostName = new TextDecoder().decode(dhcpv4Option(message, 'host-name')?.text ?? new Uint8Array(0))
    this.onLease?.(IpAddress.v4(wanted), hostName)
  }

  /** 4.3.3: somebody uses the address without having asked. Only whoever was given it can have found that out. */
  #onDecline(message: Dhcpv4Message, client: string): void {
    const address = dhcpv4Option(message, 'requested-address')?.address ?? 0
    if (this.#leases.get(address)?.client !== client) {
      this.counters.ignored++
      return
    }
    this.counters.declined++
    const until = this.#scheduler.now() + DECLINED_MS
    this.#leases.set(address, { address, client: '', isBound: true, until })
  }

  #onRelease(message: Dhcpv4Message, client: string): void {
    if (this.#leases.get(message.clientAddress)?.client === client) this.#leases.delete(message.clientAddress)
    else this.counters.ignored++
  }

  get #maxLeases(): number {
    return this.#options.maxLeases ?? 65_536
  }

  get #leaseSeconds(): number {
    return this.#options.leaseSeconds ?? 3600
  }

  #isOnLink(address: number): boolean {
    return address !== 0 && this.#prefix.contains(IpAddress.v4(address))
  }

  #leaseOf(client: string): Lease | null {
    for (const lease of this.#leases.values()) if (lease.client === client) return lease
    return null
  }

  #isFree(address: number, client: string, now: number): boolean {
    if (address < this.#first || address > this.#last || address === this.#self.w3) return false
    const held = this.#leases.get(address)
    if (held === undefined) return this.#leases.size < this.#maxLeases
    return held.client === client || held.until <= now
  }

  /** The client's own lease, the one it wishes for, or the first that is free. */
  #choose(client: string, wanted: number): Lease | null {
    const own = this.#leaseOf(client)
    if (own !== null) return own
    const now = this.#scheduler.now()
    const take = (address: number): Lease => {
      const lease: Lease = { address, client, isBound: false, until: now }
      this.#leases.set(address, lease)
      return lease
    }
    if (this.#isFree(wanted, client, now)) return take(wanted)
    for (let address = this.#first; address <= this.#last; address++) {
      if (this.#isFree(address, client, now)) return take(address)
    }
    return null
  }

  #answer(request: Dhcpv4Message, type: number, yourAddress: number): void {
    const options: Dhcpv4Option[] = [
      { name: 'message-type', type },
      { name: 'server-identifier', address: this.#self.w3 },
    ]
    const identifier = dhcpv4Option(request, 'client-identifier')
    // RFC 6842 3: the client knows by it that it is meant.
    if (identifier !== undefined) options.push(identifier)
    if (yourAddress !== 0) this.#describeTimes(options)
    if (type !== DHCP_NAK) this.#describe(options)
    const holder = type === DHCP_ACK ? request.clientAddress : 0
    const message = buildDhcpv4({
      operation: 2,
      transactionId: request.transactionId,
      flags: request.flags,
      clientAddress: holder,
      yourAddress,
      clientHardwareAddress: request.clientHardwareAddress,
      options,
    })
    if (!this.#network.isUp) return
    // 4.1: to whoever has an address already, if that can be of this link; to all others by broadcast.
    const to = this.#isOnLink(holder) ? IpAddress.v4(holder) : BROADCAST_V4
    try {
      this.#socket.send(message, to, DHCP_CLIENT_PORT, this.#scheduler.now())
    } catch (error) {
      if (!(error instanceof UdpError)) throw error
      this.counters.sendErrors++
    }
  }

  #describeTimes(options: Dhcpv4Option[]): void {
    const seconds = this.#leaseSeconds
    options.push({ name: 'lease-time', seconds })
    options.push({ name: 'renewal-time', seconds: Math.floor(seconds / 2) })
    options.push({ name: 'rebinding-time', seconds: Math.floor((seconds * 7) / 8) })
  }

  #describe(options: Dhcpv4Option[]): void {
    const list = (texts: readonly string[]): { address: number }[] =>
      texts.map((text) => ({ address: IpAddress.parse(text).w3 }))
    options.push({ name: 'subnet-mask', address: (0xffff_ffff << (32 - this.#prefix.length)) >>> 0 })
    options.push({ name: 'routers', addresses: list(this.#options.routers ?? [this.#self.toString()]) })
    const servers = this.#options.dnsServers ?? []
    if (servers.length > 0) options.push({ name: 'domain-name-servers', addresses: list(servers) })
    const domain = this.#options.domainName
    if (domain !== undefined) options.push({ name: 'domain-name', text: new TextEncoder().encode(domain) })
  }
}

/** RFC 2131 2: the identifier with its type, where the client gives one, else its hardware address with that one's. */
function clientOf(message: Dhcpv4Message): string {
  const given = dhcpv4Option(message, 'client-identifier')
  if (given !== undefined) return `identifier ${given.type} ${hex(given.identifier)}`
  const address = message.clientHardwareAddress.subarray(0, Math.min(16, message.hardwareLength))
  return `hardware ${message.hardwareType} ${hex(address)}`
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
