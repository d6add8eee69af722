import { BROADCAST_V4, IpAddress } from '../internet/address.ts'
import type { NetworkInterface } from '../internet/interface.ts'
import type { Prefix } from '../internet/prefix.ts'
import type { Scheduler } from '../stack/scheduler.ts'
import type { Stack } from '../stack/stack.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDhcpv4,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  type Dhcpv4Message,
  dhcpv4Option,
  parseDhcpv4,
} from '../wire/dhcpv4.ts'
import {
  DHCP_ACK,
  DHCP_DECLINE,
  DHCP_DISCOVER,
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
  /** Default routers; the server's own address when left out. */
  routers?: readonly string[]
  dnsServers?: readonly string[]
  domainName?: string
}

interface Lease {
  readonly address: number
  client: string
  until: number
  hostName: string
}

/** How long an offer is kept for a client that has not yet asked for it. */
const OFFER_MS = 60_000
const DECLINED_MS = 600_000

/** Lends addresses of a range on one link (RFC 2131 4.3). */
export class DhcpServer {
  /** Told of every lease: a name server may want it. */
  onLease: ((address: IpAddress, hostName: string) => void) | null = null
  readonly #network: NetworkInterface
  readonly #scheduler: Scheduler
  readonly #options: DhcpServerOptions
  readonly #socket: UdpSocket
  readonly #self: IpAddress
  readonly #prefix: Prefix
  readonly #first: number
  readonly #last: number
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
      try {
        const message = parseDhcpv4(datagram.bytes)
        if (message.operation === 1) this.#onMessage(message)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }
  }

  #onMessage(message: Dhcpv4Message): void {
    const client = clientOf(message)
    const wanted = dhcpv4Option(message, 'requested-address')?.address ?? message.clientAddress
    switch (dhcpv4Option(message, 'message-type')?.type) {
      case DHCP_DISCOVER: {
        const lease = this.#choose(client, wanted)
        if (lease === null) return
        lease.until = this.#scheduler.now() + OFFER_MS
        this.#answer(message, DHCP_OFFER, lease.address)
        return
      }
      case DHCP_REQUEST:
        this.#onRequest(message, client, wanted)
        return
      case DHCP_DECLINE:
        // Somebody uses it without having asked.
        this.#leases.set(wanted, {
          address: wanted,
          client: '',
          until: this.#scheduler.now() + DECLINED_MS,
          hostName: '',
        })
        return
      case DHCP_RELEASE:
        if (this.#leases.get(wanted)?.client === client) this.#leases.delete(wanted)
    }
  }

  #onRequest(message: Dhcpv4Message, client: string, wanted: number): void {
    const server = dhcpv4Option(message, 'server-identifier')
    if (server !== undefined && server.address !== this.#self.w3) return
    const lease = this.#leases.get(wanted)
    const isFree = lease === undefined || lease.client === client || lease.until <= this.#scheduler.now()
    if (wanted < this.#first || wanted > this.#last || !isFree) {
      this.#answer(message, DHCP_NAK, 0)
      return
    }
    const hostName = new TextDecoder().decode(dhcpv4Option(message, 'host-name')?.text ?? new Uint8Array(0))
    const until = this.#scheduler.now() + this.#leaseSeconds * 1000
    this.#leases.set(wanted, { address: wanted, client, until, hostName })
    this.#answer(message, DHCP_ACK, wanted)
    this.onLease?.(IpAddress.v4(wanted), hostName)
  }

  get #leaseSeconds(): number {
    return this.#options.leaseSeconds ?? 3600
  }

  /** The client's own lease, the one it wishes for, or the first that is free. */
  #choose(client: string, wanted: number): Lease | null {
    for (const lease of this.#leases.values()) if (lease.client === client) return lease
    const now = this.#scheduler.now()
    const take = (address: number): Lease | null => {
      const held = this.#leases.get(address)
      if ((held !== undefined && held.until > now) || address === this.#self.w3) return null
      const lease: Lease = { address, client, until: now, hostName: '' }
      this.#leases.set(address, lease)
      return lease
    }
    if (wanted >= this.#first && wanted <= this.#last) {
      const lease = take(wanted)
      if (lease !== null) return lease
    }
    for (let address = this.#first; address <= this.#last; address++) {
      const lease = take(address)
      if (lease !== null) return lease
    }
    return null
  }

  #answer(request: Dhcpv4Message, type: number, yourAddress: number): void {
    const options: Dhcpv4Option[] = [
      { name: 'message-type', type },
      { name: 'server-identifier', address: this.#self.w3 },
    ]
    if (type !== DHCP_NAK) this.#describe(options)
    const message = buildDhcpv4({
      operation: 2,
      transactionId: request.transactionId,
      flags: request.flags,
      clientAddress: type === DHCP_ACK ? request.clientAddress : 0,
      yourAddress,
      clientHardwareAddress: request.clientHardwareAddress,
      options,
    })
    const holder = request.clientAddress !== 0 && type !== DHCP_NAK ? IpAddress.v4(request.clientAddress) : BROADCAST_V4
    if (!this.#network.isUp) return
    this.#socket.send(message, holder, DHCP_CLIENT_PORT, this.#scheduler.now())
  }

  #describe(options: Dhcpv4Option[]): void {
    const seconds = this.#leaseSeconds
    const list = (texts: readonly string[]): { address: number }[] =>
      texts.map((text) => ({ address: IpAddress.parse(text).w3 }))
    options.push({ name: 'lease-time', seconds })
    options.push({ name: 'renewal-time', seconds: Math.floor(seconds / 2) })
    options.push({ name: 'rebinding-time', seconds: Math.floor((seconds * 7) / 8) })
    options.push({ name: 'subnet-mask', address: (0xffff_ffff << (32 - this.#prefix.length)) >>> 0 })
    options.push({ name: 'routers', addresses: list(this.#options.routers ?? [this.#self.toString()]) })
    const servers = this.#options.dnsServers ?? []
    if (servers.length > 0) options.push({ name: 'domain-name-servers', addresses: list(servers) })
    const domain = this.#options.domainName
    if (domain !== undefined) options.push({ name: 'domain-name', text: new TextEncoder().encode(domain) })
  }
}

function clientOf(message: Dhcpv4Message): string {
  const bytes = dhcpv4Option(message, 'client-identifier')?.identifier ?? message.clientHardwareAddress.subarray(0, 6)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
