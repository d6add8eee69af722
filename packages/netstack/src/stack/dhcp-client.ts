import { ANY_V4, BROADCAST_V4, IpAddress } from '../internet/address.ts'
import type { NetworkInterface } from '../internet/interface.ts'
import { Prefix } from '../internet/prefix.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDhcpv4,
  DHCP_BROADCAST,
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
import { writeMac } from '../wire/ethernet.ts'
import type { ScheduledTask, Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

/** RFC 2131 figure 5; REBOOTING is left out: a restarted client has no memory of its lease. */
export type DhcpClientState = 'stopped' | 'selecting' | 'requesting' | 'checking' | 'bound' | 'renewing' | 'rebinding'

const LEGAL: Record<DhcpClientState, readonly DhcpClientState[]> = {
  stopped: ['selecting'],
  selecting: ['requesting', 'stopped'],
  requesting: ['checking', 'selecting', 'stopped'],
  checking: ['bound', 'selecting', 'stopped'],
  bound: ['renewing', 'stopped', 'selecting'],
  renewing: ['bound', 'rebinding', 'selecting', 'stopped'],
  rebinding: ['bound', 'selecting', 'stopped'],
}

/** What a server has lent. */
export interface DhcpLease {
  readonly address: IpAddress
  readonly prefixLength: number
  readonly routers: readonly IpAddress[]
  readonly dnsServers: readonly IpAddress[]
  readonly domainName: string
  readonly server: IpAddress
  readonly leaseMs: number
  readonly renewMs: number
  readonly rebindMs: number
}

/** First wait for an answer, doubled up to the last, each randomised by a second (RFC 2131 4.1). */
const FIRST_RETRY_MS = 4000
const LAST_RETRY_MS = 64_000
/** An offered address is looked for on the link before it is used (RFC 2131 3.1 5, RFC 5227). */
const CHECK_MS = 500
const WANTED = Uint8Array.of(1, 3, 6, 15, 26, 51, 58, 59)

/** Takes an IPv4 address, routes and name servers for one interface by DHCP (RFC 2131). */
export class DhcpClient {
  state: DhcpClientState = 'stopped'
  lease: DhcpLease | null = null
  onBound: ((lease: DhcpLease) => void) | null = null
  onLost: (() => void) | null = null
  readonly #stack: Stack
  readonly #network: NetworkInterface
  readonly #scheduler: Scheduler
  readonly #hostName: string
  #socket: UdpSocket | null = null
  #transaction = 0
  #retryMs = FIRST_RETRY_MS
  #task: ScheduledTask | null = null
  #expiresAt = 0
  #rebindAt = 0
  #offer: DhcpLease | null = null
  #conflict = false

  constructor(stack: Stack, network: NetworkInterface, scheduler: Scheduler, hostName = '') {
    this.#stack = stack
    this.#network = network
    this.#scheduler = scheduler
    this.#hostName = hostName
  }

  start(): void {
    if (this.state !== 'stopped') return
    this.#socket = this.#stack.udp.open({ family: 4, reuseAddress: true })
    this.#socket.bind(null, DHCP_CLIENT_PORT)
    this.#socket.broadcast = true
    this.#socket.boundInterface = this.#network
    this.#socket.onReadable = () => this.#onReadable()
    this.#move('selecting')
  }

  /** Gives the address back (RFC 2131 4.4.6) and stops. */
  stop(): void {
    if (this.state === 'stopped') return
    if (this.lease !== null) {
      this.#send(DHCP_RELEASE, this.lease, this.lease.server)
      this.#unbind()
    }
    this.#move('stopped')
    this.#socket?.close()
    this.#socket = null
  }

  /** The one place where the state changes. */
  #move(to: DhcpClientState): void {
    if (!LEGAL[this.state].includes(to)) throw new Error(`DHCP client: no way from ${this.state} to ${to}`)
    this.state = to
    this.#task?.cancel()
    this.#task = null
    if (to === 'selecting') {
      this.#transaction = Math.floor(this.#stack.internet.random() * 0x1_0000_0000)
      this.#offer = null
      this.#retryMs = FIRST_RETRY_MS
      this.#discover()
    } else if (to === 'requesting') {
      this.#retryMs = FIRST_RETRY_MS
      this.#request(3)
    } else if (to === 'checking') this.#check()
    else if (to === 'bound') this.#later(this.lease!.renewMs, () => this.#move('renewing'))
    else if (to === 'renewing' || to === 'rebinding') this.#extend()
  }

  #later(delayMs: number, act: () => void): void {
    this.#task?.cancel()
    this.#task = this.#scheduler.schedule(delayMs, act)
  }

  #nextRetryMs(): number {
    const delay = this.#retryMs + (this.#stack.internet.random() * 2 - 1) * 1000
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2)
    return delay
  }

  #discover(): void {
    this.#send(DHCP_DISCOVER, null, BROADCAST_V4)
    this.#later(this.#nextRetryMs(), () => this.#discover())
  }

  #request(tries: number): void {
    if (tries === 0) {
      this.#move('selecting')
      return
    }
    this.#send(DHCP_REQUEST, this.#offer, BROADCAST_V4)
    this.#later(this.#nextRetryMs(), () => this.#request(tries - 1))
  }

  /** Asks whether somebody has the address; an answer makes an entry among the neighbours. */
  #check(): void {
    const address = this.#offer!.address
    this.#conflict = false
    if (!this.#network.usesNeighbours) {
      this.#checked()
      return
    }
    const now = this.#scheduler.now()
    const entry = this.#network.neighbours4.entry(address, now)
    this.#stack.internet.arp.probe(this.#network, address, now)
    this.#later(CHECK_MS, () => {
      this.#conflict = entry.state !== 'incomplete' && entry.state !== 'failed'
      this.#checked()
    })
  }

  #checked(): void {
    const offer = this.#offer!
    if (this.#conflict) {
      this.#send(DHCP_DECLINE, offer, BROADCAST_V4)
      this.#move('selecting')
      return
    }
    this.#bind(offer)
    this.#move('bound')
    this.onBound?.(offer)
  }

  /** T1: asks the server that lent it; T2: anybody (RFC 2131 4.4.5). */
  #extend(): void {
    const now = this.#scheduler.now()
    if (now >= this.#expiresAt) {
      this.#unbind()
      this.onLost?.()
      this.#move('selecting')
      return
    }
    if (this.state === 'renewing' && now >= this.#rebindAt) {
      this.#move('rebinding')
      return
    }
    this.#transaction = Math.floor(this.#stack.internet.random() * 0x1_0000_0000)
    this.#send(DHCP_REQUEST, this.lease, this.state === 'renewing' ? this.lease!.server : BROADCAST_V4)
    const end = this.state === 'renewing' ? this.#rebindAt : this.#expiresAt
    // Half of the time that is left, a minute at least.
    this.#later(Math.min(end - now, Math.max(60_000, (end - now) / 2)), () => this.#extend())
  }

  #onReadable(): void {
    for (let datagram = this.#socket?.read(); datagram; datagram = this.#socket?.read()) {
      let message: Dhcpv4Message
      try {
        message = parseDhcpv4(datagram.bytes)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        continue
      }
      if (message.operation === 2 && message.transactionId === this.#transaction) this.#onMessage(message)
    }
  }

  #onMessage(message: Dhcpv4Message): void {
    const type = dhcpv4Option(message, 'message-type')?.type
    if (this.state === 'selecting' && type === DHCP_OFFER) {
      const offer = readLease(message)
      if (offer === null) return
      this.#offer = offer
      this.#move('requesting')
    } else if (this.state === 'requesting' || this.state === 'renewing' || this.state === 'rebinding') {
      if (type === DHCP_NAK) {
        if (this.lease !== null) {
          this.#unbind()
          this.onLost?.()
        }
        this.#move('selecting')
      } else if (type === DHCP_ACK) this.#onAck(readLease(message))
    }
  }

  #onAck(lease: DhcpLease | null): void {
    if (lease === null) return
    if (this.state === 'requesting') {
      this.#offer = lease
      this.#move('checking')
      return
    }
    if (!lease.address.equals(this.lease!.address)) this.#unbind()
    this.#bind(lease)
    this.#move('bound')
  }

  #bind(lease: DhcpLease): void {
    const { internet } = this.#stack
    const now = this.#scheduler.now()
    const first = this.lease === null
    this.lease = lease
    this.#expiresAt = now + lease.leaseMs
    this.#rebindAt = now + lease.rebindMs
    internet.addAddress(this.#network, lease.address, lease.prefixLength, 'dhcp')
    if (!first) return
    const prefix = new Prefix(ANY_V4, 0)
    for (const [metric, gateway] of lease.routers.entries()) {
      internet.addRoute({ prefix, gateway, interface: this.#network, metric: 100 + metric, origin: 'dhcp' })
    }
    if (this.#network.usesNeighbours) internet.arp.announce(this.#network, lease.address, now)
  }

  #unbind(): void {
    const { internet } = this.#stack
    if (this.lease === null) return
    internet.routes.remove((route) => route.origin === 'dhcp' && route.interface === this.#network)
    internet.removeAddress(this.#network, this.lease.address)
    this.lease = null
  }

  #send(type: number, about: DhcpLease | null, to: IpAddress): void {
    const identifier = new Uint8Array(6)
    writeMac(identifier, 0, this.#network.mac)
    const clientHardwareAddress = new Uint8Array(16)
    clientHardwareAddress.set(identifier)
    const options: Dhcpv4Option[] = [
      { name: 'message-type', type },
      { name: 'client-identifier', type: 1, identifier },
    ]
    const holds = this.lease !== null && type !== DHCP_DECLINE
    if (type === DHCP_DECLINE || (type === DHCP_REQUEST && !holds)) {
      options.push({ name: 'requested-address', address: about!.address.w3 })
    }
    if (type === DHCP_DECLINE || type === DHCP_RELEASE || (type === DHCP_REQUEST && !holds)) {
      options.push({ name: 'server-identifier', address: about!.server.w3 })
    }
    if (type === DHCP_DISCOVER || type === DHCP_REQUEST) {
      if (this.#hostName !== '') options.push({ name: 'host-name', text: new TextEncoder().encode(this.#hostName) })
      options.push({ name: 'parameter-request-list', codes: WANTED })
    }
    const message = buildDhcpv4({
      operation: 1,
      transactionId: this.#transaction,
      flags: holds ? 0 : DHCP_BROADCAST,
      clientAddress: holds ? this.lease!.address.w3 : 0,
      clientHardwareAddress,
      options,
    })
    try {
      this.#socket?.send(message, to, DHCP_SERVER_PORT, this.#scheduler.now())
    } catch {
      // No route, as when the link is down: it is tried again when the time is up.
    }
  }
}

function readLease(message: Dhcpv4Message): DhcpLease | null {
  const server = dhcpv4Option(message, 'server-identifier')
  const seconds = dhcpv4Option(message, 'lease-time')?.seconds
  const address = IpAddress.v4(message.yourAddress)
  if (server === undefined || seconds === undefined || address.isUnspecified || address.isMulticast) return null
  const mask = dhcpv4Option(message, 'subnet-mask')?.address ?? 0xffff_ff00
  const leaseMs = seconds * 1000
  const list = (name: 'routers' | 'domain-name-servers'): IpAddress[] =>
    (dhcpv4Option(message, name)?.addresses ?? []).slice(0, 8).map((entry) => IpAddress.v4(entry.address))
  return {
    address,
    prefixLength: Math.clz32(~mask >>> 0),
    routers: list('routers'),
    dnsServers: list('domain-name-servers'),
    domainName: new TextDecoder().decode(dhcpv4Option(message, 'domain-name')?.text ?? new Uint8Array(0)),
    server: IpAddress.v4(server.address),
    leaseMs,
    renewMs: (dhcpv4Option(message, 'renewal-time')?.seconds ?? seconds / 2) * 1000,
    rebindMs: (dhcpv4Option(message, 'rebinding-time')?.seconds ?? (seconds * 7) / 8) * 1000,
  }
}
