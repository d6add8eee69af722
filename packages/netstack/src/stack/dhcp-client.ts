import { ANY_V4, BROADCAST_V4, type IpAddress } from '../internet/address.ts'
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
  readDhcpv4,
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
import { readMac, writeMac } from '../wire/ethernet.ts'
import { type DhcpLease, readLease } from './dhcp-lease.ts'
import type { ScheduledTask, Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

/** RFC 2131 figure 5; REBOOTING is left out: a restarted client has no memory of its lease. */
export type DhcpClientState =
  | 'stopped'
  | 'waiting'
  | 'selecting'
  | 'requesting'
  | 'checking'
  | 'bound'
  | 'renewing'
  | 'rebinding'

const LEGAL: Record<DhcpClientState, readonly DhcpClientState[]> = {
  stopped: ['selecting'],
  waiting: ['selecting', 'stopped'],
  selecting: ['requesting', 'stopped'],
  requesting: ['checking', 'selecting', 'waiting', 'stopped'],
  checking: ['bound', 'waiting', 'stopped'],
  bound: ['renewing', 'stopped'],
  renewing: ['bound', 'rebinding', 'selecting', 'waiting', 'stopped'],
  rebinding: ['bound', 'selecting', 'waiting', 'stopped'],
}

export interface DhcpClientCounters {
  sent: number
  received: number
  malformed: number
  /** Not an answer to what was asked: of another transaction, host or server, or for another address. */
  unexpected: number
  /** Offers and acknowledgements that lack something, or of an address that cannot be used. */
  unusable: number
  refused: number
  conflicts: number
}

/** First wait for an answer, doubled up to the last, each randomised by a second (RFC 2131 4.1). */
const FIRST_RETRY_MS = 4000
const LAST_RETRY_MS = 64_000
/** An offered address is looked for on the link before it is used (RFC 2131 3.1 5, RFC 5227). */
const CHECK_MS = 500
/** RFC 2131 3.1 5: the least wait after an address was declined, so that a server that has no other is not asked without end. */
const DECLINED_MS = 10_000
const WANTED = Uint8Array.of(1, 3, 6, 15, 51, 58, 59)

/** Takes an IPv4 address, routes and name servers for one interface by DHCP (RFC 2131). */
export class DhcpClient {
  state: DhcpClientState = 'stopped'
  lease: DhcpLease | null = null
  /** Told of each lease, also when it was renewed: it may say something else. */
  onBound: ((lease: DhcpLease) => void) | null = null
  onLost: (() => void) | null = null
  readonly counters: DhcpClientCounters = {
    sent: 0,
    received: 0,
    malformed: 0,
    unexpected: 0,
    unusable: 0,
    refused: 0,
    conflicts: 0,
  }
  readonly #stack: Stack
  readonly #network: NetworkInterface
  readonly #scheduler: Scheduler
  readonly #hostName: string
  #socket: UdpSocket | null = null
  #transaction = 0
  #retryMs = FIRST_RETRY_MS
  #task: ScheduledTask | null = null
  #renewAt = 0
  #expiresAt = 0
  #rebindAt = 0
  #offer: DhcpLease | null = null
  #conflict = false
  #endWatch: (() => void) | null = null
  /** When this acquisition or renewal began, and how long ago that was when it was last said (RFC 2131 table 1, secs). */
  #beganAt = 0
  #seconds = 0
  /** When the request was first sent that the lease is counted from. */
  #requestedAt = 0
  /** Refusals since an address was last bound. */
  #refusals = 0

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
  #move(to: DhcpClientState, delayMs = 0): void {
    if (!LEGAL[this.state].includes(to)) throw new Error(`DHCP client: no way from ${this.state} to ${to}`)
    this.state = to
    this.#task?.cancel()
    this.#task = null
    this.#endWatch?.()
    this.#endWatch = null
    if (to === 'waiting') this.#later(delayMs, () => this.#move('selecting'))
    else if (to === 'selecting') {
      this.#beganAt = this.#scheduler.now()
      this.#transaction = Math.floor(this.#stack.internet.random() * 0x1_0000_0000)
      this.#offer = null
      this.#retryMs = FIRST_RETRY_MS
      this.#discover()
    } else if (to === 'requesting') {
      this.#retryMs = FIRST_RETRY_MS
      // The lease is counted from the first request (4.4.1): the answer may be to that one.
      this.#requestedAt = this.#scheduler.now()
      this.#request(3)
    } else if (to === 'checking') this.#check()
    else if (to === 'bound' && this.#renewAt !== Number.POSITIVE_INFINITY) {
      this.#later(this.#renewAt - this.#scheduler.now(), () => this.#move('renewing'))
    } else if (to === 'renewing') {
      this.#beganAt = this.#scheduler.now()
      this.#extend()
    } else if (to === 'rebinding') this.#extend()
  }

  /** RFC 2131 3.1 5: begins anew; whoever is refused again and again asks ever more seldom. */
  #onRefused(): void {
    this.counters.refused++
    this.#giveUp()
    const delayMs = this.#refusals === 0 ? 0 : Math.min(LAST_RETRY_MS, 1000 * 2 ** this.#refusals)
    this.#refusals++
    if (delayMs === 0) this.#move('selecting')
    else this.#move('waiting', delayMs)
  }

  #giveUp(): void {
    if (this.lease === null) return
    this.#unbind()
    this.onLost?.()
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
    this.#seconds = this.#secondsSince()
    this.#send(DHCP_DISCOVER, null, BROADCAST_V4)
    this.#later(this.#nextRetryMs(), () => this.#discover())
  }

  #secondsSince(): number {
    return Math.min(0xffff, Math.floor((this.#scheduler.now() - this.#beganAt) / 1000))
  }

  #request(tries: number): void {
    if (tries === 0) {
      this.#move('selecting')
      return
    }
    this.#send(DHCP_REQUEST, this.#offer, BROADCAST_V4)
    this.#later(this.#nextRetryMs(), () => this.#request(tries - 1))
  }

  /** Asks whether somebody has the address, or is about to take it. */
  #check(): void {
    const { internet } = this.#stack
    const address = this.#offer!.address
    this.#conflict = internet.local.has(address)
    if (this.#conflict || !this.#network.usesNeighbours) {
      this.#checked()
      return
    }
    this.#endWatch = internet.arp.watch(this.#network, address, () => {
      this.#conflict = true
    })
    internet.arp.probe(this.#network, address, this.#scheduler.now())
    this.#later(CHECK_MS, () => this.#checked())
  }

  #checked(): void {
    const offer = this.#offer!
    if (this.#conflict) {
      this.counters.conflicts++
      this.#send(DHCP_DECLINE, offer, BROADCAST_V4)
      this.#move('waiting', DECLINED_MS)
    } else if (this.#bind(offer)) {
      this.#move('bound')
      this.onBound?.(offer)
    } else this.#move('waiting', LAST_RETRY_MS)
  }

  /** T1: asks the server that lent it; T2: anybody (RFC 2131 4.4.5). */
  #extend(): void {
    const now = this.#scheduler.now()
    if (now >= this.#expiresAt) {
      this.#giveUp()
      this.#move('selecting')
      return
    }
    if (this.state === 'renewing' && now >= this.#rebindAt) {
      this.#move('rebinding')
      return
    }
    this.#transaction = Math.floor(this.#stack.internet.random() * 0x1_0000_0000)
    this.#requestedAt = now
    this.#seconds = this.#secondsSince()
    this.#send(DHCP_REQUEST, this.lease, this.state === 'renewing' ? this.lease!.server : BROADCAST_V4)
    const end = this.state === 'renewing' ? this.#rebindAt : this.#expiresAt
    // Half of the time that is left, a minute at least.
    this.#later(Math.min(end - now, Math.max(60_000, (end - now) / 2)), () => this.#extend())
  }

  #onReadable(): void {
    for (let datagram = this.#socket?.read(); datagram; datagram = this.#socket?.read()) {
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
    const identifier = dhcpv4Option(message, 'client-identifier')?.identifier
    const isOurs =
      readMac(message.clientHardwareAddress, 0) === this.#network.mac &&
      // RFC 6842 3: servers send it back.
      (identifier === undefined || (identifier.length === 6 && readMac(identifier, 0) === this.#network.mac))
    const type = dhcpv4Option(message, 'message-type')?.type
    if (message.operation !== 2 || message.transactionId !== this.#transaction || !isOurs) this.counters.unexpected++
    else if (this.state === 'selecting' && type === DHCP_OFFER) this.#onOffer(readLease(message))
    else if (this.state === 'requesting' || this.state === 'renewing' || this.state === 'rebinding') {
      if (type === DHCP_ACK) this.#onAck(readLease(message))
      else if (type === DHCP_NAK && this.#mayRefuse(message)) this.#onRefused()
      else this.counters.unexpected++
    } else this.counters.unexpected++
  }

  #onOffer(offer: DhcpLease | null): void {
    if (offer === null) {
      this.counters.unusable++
      return
    }
    this.#offer = offer
    this.#move('requesting')
  }

  /** Whoever asked one server by name is refused by that one only. */
  #mayRefuse(message: Dhcpv4Message): boolean {
    const server = dhcpv4Option(message, 'server-identifier')
    return server !== undefined && (this.state !== 'requesting' || server.address === this.#offer!.server.w3)
  }

  #onAck(lease: DhcpLease | null): void {
    if (lease === null) {
      this.counters.unusable++
      return
    }
    const asked = this.state === 'requesting' ? this.#offer! : this.lease!
    const fromOther = this.state === 'requesting' && !lease.server.equals(asked.server)
    if (fromOther || !lease.address.equals(asked.address)) {
      this.counters.unexpected++
      return
    }
    if (this.state === 'requesting') {
      this.#offer = lease
      this.#move('checking')
    } else if (this.#bind(lease)) {
      this.#move('bound')
      this.onBound?.(lease)
    } else {
      this.#giveUp()
      this.#move('waiting', LAST_RETRY_MS)
    }
  }

  /** False when the host has no room for the address and its routes. */
  #bind(lease: DhcpLease): boolean {
    const { internet } = this.#stack
    const before = this.lease
    if (before !== null && before.prefixLength !== lease.prefixLength) {
      internet.removeAddress(this.#network, before.address)
    }
    this.lease = lease
    this.#renewAt = this.#requestedAt + lease.renewMs
    this.#rebindAt = this.#requestedAt + lease.rebindMs
    this.#expiresAt = this.#requestedAt + lease.leaseMs
    try {
      internet.addAddress(this.#network, lease.address, lease.prefixLength, 'dhcp')
      if (before === null || `${before.routers}` !== `${lease.routers}`) this.#setRoutes(lease.routers)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.counters.unusable++
      this.#unbind()
      return false
    }
    this.#refusals = 0
    if (before === null && this.#network.usesNeighbours) {
      internet.arp.announce(this.#network, lease.address, this.#scheduler.now())
    }
    return true
  }

  #setRoutes(routers: readonly IpAddress[]): void {
    const { internet } = this.#stack
    internet.routes.remove((route) => route.origin === 'dhcp' && route.interface === this.#network)
    const prefix = new Prefix(ANY_V4, 0)
    for (const [metric, gateway] of routers.entries()) {
      internet.addRoute({ prefix, gateway, interface: this.#network, metric: 100 + metric, origin: 'dhcp' })
    }
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
      seconds: type === DHCP_DISCOVER || type === DHCP_REQUEST ? this.#seconds : 0,
      flags: holds ? 0 : DHCP_BROADCAST,
      clientAddress: holds ? this.lease!.address.w3 : 0,
      clientHardwareAddress,
      options,
    })
    this.counters.sent++
    try {
      this.#socket?.send(message, to, DHCP_SERVER_PORT, this.#scheduler.now())
    } catch {
      // No route, as when the link is down: it is tried again when the time is up.
    }
  }
}
