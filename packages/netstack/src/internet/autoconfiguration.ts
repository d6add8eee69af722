import { Timer } from '../link/timer-queue.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { IpAddress } from './address.ts'
import type { InterfaceAddress, NetworkInterface } from './interface.ts'
import type { InternetLayer } from './internet.ts'
import { interfaceIdentifier, linkLocalAddress, type Ndp } from './ndp.ts'
import { endOf, type RouterMessage } from './router-discovery.ts'

const RETRANSMIT_MS = 1000
const SOLICITATION_INTERVAL_MS = 4000
const MAX_SOLICITATIONS = 3
const TWO_HOURS_MS = 7_200_000
/** Lifetimes of this many seconds never end (RFC 4861 4.6.2). */
const FOREVER = 0xffff_ffff
/** RFC 3971 5.3.2: with the head of its option a multiple of eight. */
const NONCE_BYTES = 6

interface Lifetime {
  readonly network: NetworkInterface
  readonly own: InterfaceAddress
  deprecatedAt: number
  invalidAt: number
  probes: number
  readonly nonce: Uint8Array
  readonly timer: Timer
}

interface Solicitor {
  readonly timer: Timer
  sent: number
}

/** IPv6 stateless address autoconfiguration (RFC 4862) of a host. */
export class Autoconfiguration {
  readonly #internet: InternetLayer
  readonly #ndp: Ndp
  readonly #lifetimes: Map<InterfaceAddress, Lifetime> = new Map()
  readonly #solicitors: Map<NetworkInterface, Solicitor> = new Map()

  constructor(internet: InternetLayer, ndp: Ndp) {
    this.#internet = internet
    this.#ndp = ndp
  }

  start(network: NetworkInterface, now: number): void {
    if (!network.usesNeighbours || !network.isUp) return
    const address = linkLocalAddress(network.mac)
    const delayMs = this.#startDelay()
    if (network.findAddress(address) === null) {
      this.#add(network, address, 64, 'link-local', FOREVER, FOREVER, delayMs, now)
    }
    this.#solicitFrom(network, delayMs, now)
  }

  /** Hosts that are switched on together, or hear the same advertisement, do not all speak at once (RFC 4861 6.3.7, RFC 4862 5.4.2). */
  #startDelay(): number {
    const { maxAutoconfigurationDelayMs } = this.#internet.options
    return maxAutoconfigurationDelayMs === 0 ? 0 : this.#internet.random() * maxAutoconfigurationDelayMs
  }

  clear(): void {
    for (const { timer } of this.#lifetimes.values()) this.#internet.timers.remove(timer)
    for (const { timer } of this.#solicitors.values()) this.#internet.timers.remove(timer)
    this.#lifetimes.clear()
    this.#solicitors.clear()
  }

  /** Asks for a router up to three times. The first question waits until the link-local address may be used. */
  #solicitFrom(network: NetworkInterface, delayMs: number, now: number): void {
    const old = this.#solicitors.get(network)
    if (old !== undefined) this.#internet.timers.remove(old.timer)
    if (this.#internet.options.forwarding) return
    const solicitor: Solicitor = { sent: 0, timer: new Timer((at) => this.#solicit(network, solicitor, at)) }
    this.#solicitors.set(network, solicitor)
    const probing = this.#internet.options.duplicateAddressDetectionTransmits * RETRANSMIT_MS
    this.#internet.timers.set(solicitor.timer, now + delayMs + probing)
  }

  #solicit(network: NetworkInterface, solicitor: Solicitor, now: number): void {
    this.#ndp.solicitRouter(network, now)
    if (++solicitor.sent < MAX_SOLICITATIONS) this.#internet.timers.set(solicitor.timer, now + SOLICITATION_INTERVAL_MS)
  }

  #add(
    network: NetworkInterface,
    address: IpAddress,
    length: number,
    origin: 'link-local' | 'autoconfigured',
    validSeconds: number,
    preferredSeconds: number,
    delayMs: number,
    now: number,
  ): void {
    const probes = this.#internet.options.duplicateAddressDetectionTransmits
    const own = this.#internet.addAddress(network, address, length, origin, probes > 0 ? 'tentative' : 'preferred')
    const lifetime: Lifetime = {
      network,
      own,
      deprecatedAt: endOf(preferredSeconds, now),
      invalidAt: endOf(validSeconds, now),
      probes,
      nonce: this.#nonce(),
      timer: new Timer((at) => this.#onTimer(lifetime, at)),
    }
    this.#lifetimes.set(own, lifetime)
    if (delayMs > 0 && probes > 0) this.#internet.timers.set(lifetime.timer, now + delayMs)
    else this.#onTimer(lifetime, now)
  }

  /** Duplicate address detection first (5.4), then the ends of the two lifetimes (5.5.4). */
  #onTimer(lifetime: Lifetime, now: number): void {
    const { own, network, timer } = lifetime
    if (own.state === 'tentative') {
      if (lifetime.probes > 0) {
        lifetime.probes--
        this.#ndp.probe(network, own.address, lifetime.nonce, now)
        this.#internet.timers.set(timer, now + RETRANSMIT_MS)
        return
      }
      this.#move(lifetime, 'preferred')
    }
    if (now >= lifetime.invalidAt) {
      this.#lifetimes.delete(own)
      this.#internet.removeAddress(network, own.address)
      return
    }
    if (now >= lifetime.deprecatedAt && own.state === 'preferred') this.#move(lifetime, 'deprecated')
    const next = own.state === 'preferred' ? lifetime.deprecatedAt : lifetime.invalidAt
    if (next !== Number.POSITIVE_INFINITY) this.#internet.timers.set(timer, next)
  }

  #move(lifetime: Lifetime, to: InterfaceAddress['state']): void {
    const { own } = lifetime
    const legal =
      own.state === 'tentative' ||
      (own.state === 'preferred' && to === 'deprecated') ||
      (own.state === 'deprecated' && to === 'preferred')
    if (!legal) throw new Error(`address ${own.address}: no way from ${own.state} to ${to}`)
    own.state = to
    this.#internet.addressesChanged(lifetime.network)
  }

  /** Somebody else has the address: it is not used (5.4.5). */
  onDuplicate(_network: NetworkInterface, own: InterfaceAddress, _now: number): void {
    const lifetime = this.#lifetimes.get(own)
    if (lifetime === undefined) return
    this.#internet.timers.remove(lifetime.timer)
    this.#move(lifetime, 'duplicated')
  }

  /** Whether a probe for a tentative address is an echo of ours: only we know the nonce. */
  isOwnProbe(own: InterfaceAddress, options: readonly NdpOption[]): boolean {
    const nonce = this.#lifetimes.get(own)?.nonce
    return options.some(
      (option) =>
        option.name === 'nonce' &&
        'nonce' in option &&
        nonce !== undefined &&
        option.nonce.length === nonce.length &&
        nonce.every((byte, index) => option.nonce[index] === byte),
    )
  }

  onAdvertisement(network: NetworkInterface, message: RouterMessage, now: number): void {
    // RFC 4861 6.3.7: a default router ends the questions, but one question is asked of everybody.
    const solicitor = this.#solicitors.get(network)
    if (solicitor !== undefined && solicitor.sent > 0 && message.routerLifetime > 0) {
      this.#internet.timers.remove(solicitor.timer)
    }
    for (const option of message.options) {
      if (option.name === 'prefix-information' && 'prefixLength' in option) this.#onPrefix(network, option, now)
    }
  }

  /** RFC 4862 5.5.3. */
  #onPrefix(
    network: NetworkInterface,
    option: {
      prefixLength: number
      autonomous: number
      validLifetime: number
      preferredLifetime: number
      prefix: Uint8Array
    },
    now: number,
  ): void {
    const { prefixLength, validLifetime, preferredLifetime } = option
    if (option.autonomous !== 1 || prefixLength !== 64 || preferredLifetime > validLifetime) return
    const prefix = IpAddress.read(6, option.prefix, 0)
    if (prefix.isLinkLocal || prefix.isMulticast) return
    const [high, low] = interfaceIdentifier(network.mac)
    const address = IpAddress.v6(prefix.w0, prefix.w1, high, low)
    const own = network.findAddress(address)
    if (own === null) {
      if (validLifetime === 0) return
      if (!this.#hasRoom(network)) {
        this.#ndp.counters.addressesRefused++
        return
      }
      this.#add(network, address, 64, 'autoconfigured', validLifetime, preferredLifetime, this.#startDelay(), now)
      return
    }
    const lifetime = this.#lifetimes.get(own)
    if (lifetime === undefined || own.state === 'duplicated') return
    // 5.5.3 e: nobody may make an address invalid within two hours by one unauthenticated packet.
    const offered = endOf(validLifetime, now)
    if (offered > now + TWO_HOURS_MS || offered > lifetime.invalidAt) lifetime.invalidAt = offered
    else if (lifetime.invalidAt > now + TWO_HOURS_MS) lifetime.invalidAt = now + TWO_HOURS_MS
    lifetime.deprecatedAt = endOf(preferredLifetime, now)
    if (own.state === 'deprecated' && lifetime.deprecatedAt > now) this.#move(lifetime, 'preferred')
    if (own.state !== 'tentative') this.#onTimer(lifetime, now)
  }

  /** Whoever advertises many prefixes leaves room for addresses that come from elsewhere. */
  #hasRoom({ addresses }: NetworkInterface): boolean {
    const { maxAddressesPerInterface, maxAutoconfiguredAddresses } = this.#internet.options
    const count = addresses.filter((own) => own.origin === 'autoconfigured').length
    return addresses.length < maxAddressesPerInterface && count < maxAutoconfiguredAddresses
  }

  #nonce(): Uint8Array {
    return Uint8Array.from({ length: NONCE_BYTES }, () => Math.floor(this.#internet.random() * 256))
  }
}
