import { IpAddress } from '../internet/address.ts'
import type { NetworkInterface } from '../internet/interface.ts'
import { Prefix } from '../internet/prefix.ts'
import type { RouterAdvertisementOptions } from '../internet/router-advertiser.ts'
import { impairedLoopback } from '../link/impaired-loopback.ts'
import { DhcpClient } from '../stack/dhcp-client.ts'
import type { DhcpLease } from '../stack/dhcp-lease.ts'
import { DnsError, DnsResolver } from '../stack/dns-resolver.ts'
import { type Hop, type PingOptions, type PingResult, ping, type TracerouteOptions, traceroute } from '../stack/ping.ts'
import { type Scheduler, TaskGroup } from '../stack/scheduler.ts'
import { Stack } from '../stack/stack.ts'
import type { SimHostOptions, SimRoute } from './options.ts'
import type { SimLink, SimLinkEnd } from './sim-link.ts'
import type { World } from './world.ts'

/** A host or router of a simulation. It survives a crash; its stack, sockets and timers do not. */
export class SimHost {
  readonly name: string
  readonly world: World
  readonly options: SimHostOptions
  /** Counts the boots: whoever kept something from before a crash can tell. */
  boots = 0
  readonly #ports: { link: SimLink; end: SimLinkEnd }[]
  readonly #routes: readonly SimRoute[]
  readonly #onCrash: Set<() => void> = new Set()
  #running: Running | null = null

  /** Made by the world. */
  constructor(
    world: World,
    name: string,
    options: SimHostOptions,
    ports: { link: SimLink; end: SimLinkEnd }[],
    routes: readonly SimRoute[],
  ) {
    this.world = world
    this.name = name
    this.options = options
    this.#ports = ports
    this.#routes = routes
  }

  get isUp(): boolean {
    return this.#running !== null
  }

  /** @throws {Error} while the host is down */
  get stack(): Stack {
    return this.#up().stack
  }

  /** Virtual time; what is scheduled is cancelled when the host crashes. @throws {Error} while the host is down */
  get scheduler(): Scheduler {
    return this.#up().tasks
  }

  /** Resolves when every interface that asks for an address has one. */
  get ready(): Promise<void> {
    return this.#up().ready
  }

  get resolver(): DnsResolver {
    return this.#up().resolver
  }

  /** The interfaces that links end at. */
  get interfaces(): readonly NetworkInterface[] {
    return this.#up().networks
  }

  /** The first address of that family that others can reach, or null. */
  address(family: 4 | 6 = 4): string | null {
    for (const network of this.interfaces) {
      for (const own of network.addresses) {
        if (own.address.family === family && !own.address.isLinkLocal && own.state === 'preferred')
          return own.address.toString()
      }
    }
    return null
  }

  #up(): Running {
    if (this.#running === null) throw new Error(`host ${this.name} is down`)
    return this.#running
  }

  /**
   * What others build on a host (sockets of the API, a server), made once for each boot: the same factory gives the same
   * thing until the host crashes.
   */
  service<T>(factory: (host: SimHost) => T): T {
    const { services } = this.#up()
    if (!services.has(factory)) services.set(factory, factory(this))
    return services.get(factory) as T
  }

  /** Calls back when the host crashes next. Returns a function that takes it back. */
  onCrash(callback: () => void): () => void {
    this.#onCrash.add(callback)
    return () => this.#onCrash.delete(callback)
  }

  /** Starts the host; a second call does nothing. */
  boot(): void {
    if (this.#running !== null) return
    this.boots++
    const running = this.#start()
    this.#running = running
    running.ready = this.#configure(running)
    const { program } = this.options
    if (program === undefined) return
    this.world.watch(
      running.ready.then(() => {
        if (this.#running === running) return program(this)
      }),
      `the program of ${this.name}`,
    )
  }

  #start(): Running {
    const { world } = this
    const random = world.random.fork(`host ${this.name} ${this.boots}`)
    const clock = (): number => world.now
    const stack = new Stack({
      random: random.next,
      fillRandom: random.fill,
      clock,
      pool: world.pool,
      timers: world.timers,
      ...(this.options.loopback !== undefined && {
        loopback: impairedLoopback(this.options.loopback, random.fork('loopback')),
      }),
      ...(this.options.tcp !== undefined && { tcp: this.options.tcp }),
      ...(this.options.udp !== undefined && { udp: this.options.udp }),
      internet: {
        forwarding: this.options.kind === 'router',
        ipv6Autoconfiguration: this.options.autoconfigure ?? false,
        ...this.options.internet,
      },
    })
    const networks = this.#ports.map(({ end }) =>
      stack.addInterface(end.end.name, end.link, { mac: end.end.mac, addresses: end.end.addresses }),
    )
    const tasks = new TaskGroup(world.timers, clock)
    const resolver = new DnsResolver(stack, tasks, this.options.resolver)
    resolver.servers = (this.options.dns ?? []).map((text) => IpAddress.parse(text))
    return { stack, networks, tasks, resolver, leases: new Map(), services: new Map(), ready: Promise.resolve() }
  }

  #configure(running: Running): Promise<void> {
    const { stack, networks } = running
    const now = this.world.now
    for (const route of this.#routes) stack.internet.addRouteTo(route.to, route.via, route.metric)
    const waiting: Promise<unknown>[] = []
    for (const [index, { link, end }] of this.#ports.entries()) {
      const network = networks[index]
      if (!link.isUp) stack.internet.setUp(network, false, now)
      const { advertise, dhcp } = end.end
      if (advertise !== undefined && advertise !== false) {
        const given = advertise === true ? {} : advertise
        stack.internet.ndp.advertiseRouter(network, { ...advertisedPrefixes(network), ...given }, now)
      }
      if (dhcp) waiting.push(this.#dhcp(running, network))
    }
    if (this.options.autoconfigure === true) waiting.push(this.#autoconfigured(running))
    return Promise.all(waiting).then(() => {})
  }

  #dhcp(running: Running, network: NetworkInterface): Promise<DhcpLease> {
    const client = new DhcpClient(running.stack, network, running.tasks, this.name)
    client.start()
    return new Promise((resolve) => {
      client.onBound = (lease) => {
        running.leases.set(network, lease)
        this.#nameServers(running)
        resolve(lease)
      }
      client.onLost = () => {
        running.leases.delete(network)
        this.#nameServers(running)
      }
    })
  }

  /** Resolves when there is an address beyond the link-local one. */
  #autoconfigured(running: Running): Promise<void> {
    const isDone = (): boolean =>
      running.networks.some((network) =>
        network.addresses.some((own) => own.origin === 'autoconfigured' && own.state === 'preferred'),
      )
    return new Promise((resolve) => {
      running.stack.internet.ndp.discovery.onDnsServers = () => this.#nameServers(running)
      running.stack.internet.onAddressChange = () => {
        if (isDone()) resolve()
      }
    })
  }

  /** The name servers that the options, leases and routers name, in this order, each once. */
  #nameServers({ resolver, leases, stack }: Running): void {
    const own = (this.options.dns ?? []).map((text) => IpAddress.parse(text))
    const lent = [...leases.values()].flatMap((lease) => lease.dnsServers)
    const all = [...own, ...lent, ...stack.internet.ndp.discovery.dnsServers]
    resolver.servers = all.filter((server, index) => all.findIndex((other) => other.equals(server)) === index)
  }

  /** Switches the host off at once: nothing is sent, nothing remembered. */
  crash(): void {
    const running = this.#running
    if (running === null) return
    this.#running = null
    running.tasks.close()
    running.stack.crash(this.world.now)
    const callbacks = [...this.#onCrash]
    this.#onCrash.clear()
    for (const callback of callbacks) callback()
  }

  restart(): void {
    this.crash()
    this.boot()
  }

  /** Used by links: the cable was pulled out, or put in again. */
  setCarrier(link: SimLink, up: boolean): void {
    if (this.#running === null) return
    for (const [index, port] of this.#ports.entries()) {
      if (port.link === link) this.#running.stack.internet.setUp(this.#running.networks[index], up, this.world.now)
    }
  }

  /**
   * The addresses of a name: a literal, `localhost`, a host of the simulation, or what the name servers say.
   *
   * @throws {DnsError} ENOTFOUND and others
   */
  async lookup(name: string, family: 0 | 4 | 6 = 0): Promise<IpAddress[]> {
    const fits = (address: IpAddress): boolean => family === 0 || address.family === family
    const literal = IpAddress.tryParse(name)
    if (literal !== null) return [literal]
    if (/(^|\.)localhost\.?$/i.test(name)) return this.resolver.resolve(name, family)
    if (name === this.name || this.resolver.servers.length === 0) {
      const known = this.world.addressesOf(name).filter(fits)
      if (known.length > 0) return known
      if (this.resolver.servers.length === 0) throw new DnsError('ENOTFOUND', name)
    }
    return this.resolver.resolve(name, family)
  }

  /** Echo requests to an address or name. */
  async ping(target: string, options: PingOptions & { family?: 4 | 6 } = {}): Promise<PingResult[]> {
    const [address] = await this.lookup(target, options.family ?? 0)
    return ping(this.stack, this.scheduler, address, options)
  }

  /** The routers on the way to an address or name. */
  async traceroute(target: string, options: TracerouteOptions & { family?: 4 | 6 } = {}): Promise<Hop[]> {
    const [address] = await this.lookup(target, options.family ?? 0)
    return traceroute(this.stack, this.scheduler, address, options)
  }
}

/** What lives from boot to crash. */
interface Running {
  readonly stack: Stack
  readonly networks: readonly NetworkInterface[]
  readonly tasks: TaskGroup
  readonly resolver: DnsResolver
  readonly leases: Map<NetworkInterface, DhcpLease>
  readonly services: Map<unknown, unknown>
  ready: Promise<void>
}

function advertisedPrefixes(network: NetworkInterface): Pick<RouterAdvertisementOptions, 'prefixes'> {
  const own = network.addresses.filter((each) => each.address.family === 6 && !each.address.isLinkLocal)
  return { prefixes: own.map((each) => new Prefix(each.address, each.prefix.length)) }
}
