/** The hub: listeners, connections, accounts and the engine, put together. */
import { Account, type AccountLimits } from './core/account.ts'
import { type Authenticator, openDoor } from './core/authenticator.ts'
import { Connection, type ConnectionHost } from './core/connection.ts'
import { EmbeddedEngine, type Engine } from './core/engine.ts'
import type { Clock, Environment, Random, StreamServer, StreamSocket, Timer } from './core/environment.ts'
import type { Gateway, GatewayContext, GatewayFactory, HubIdentity } from './core/gateway.ts'
import { type ConnectionLimits, defaultConnectionLimits, defaultHubLimits, type HubLimits } from './core/limits.ts'
import { type ListenerUrl, parseListenerUrl } from './core/listener-url.ts'
import { unrestricted } from './core/permissions.ts'
import { SlabPool } from './core/slab.ts'
import { Turn } from './core/turn.ts'
import { HubError } from './errors.ts'

const SLAB_BYTES = 64 * 1024
const TICK_MS = 1000

/** The parts of a hub that gateways and monitoring see. */
export class HubCore implements ConnectionHost {
  readonly environment: Environment
  readonly engine: Engine
  readonly turn: Turn
  readonly limits: HubLimits
  readonly accounts: Map<string, Account> = new Map()
  readonly connections: Map<number, Connection> = new Map()
  readonly defaultAccount: Account
  readonly identity: HubIdentity
  authenticator: Authenticator
  readonly #factories = new Map<string, GatewayFactory>()
  #nextId = 1
  #tick: Timer | undefined
  #servers: StreamServer[] = []

  constructor(environment: Environment, limits: Partial<HubLimits> = {}) {
    this.environment = environment
    this.limits = { ...defaultHubLimits, ...limits }
    this.turn = new Turn(environment.clock, new SlabPool(SLAB_BYTES, this.limits.outputPoolBytes))
    this.engine = new EmbeddedEngine()
    this.defaultAccount = this.account('$G')
    this.authenticator = openDoor(this.defaultAccount, unrestricted)
    const serverId = Buffer.from(environment.random.bytes(16)).toString('hex').toUpperCase()
    this.identity = { serverId, serverName: serverId, version: '0.1.0', natsVersion: '2.12.0' }
    this.#schedule()
  }

  get clock(): Clock {
    return this.environment.clock
  }

  get random(): Random {
    return this.environment.random
  }

  /** The account of this name, made when there is none. */
  account(name: string, limits: Partial<AccountLimits> = {}): Account {
    const known = this.accounts.get(name)
    if (known !== undefined) return known
    const made = new Account(
      name,
      {
        maxConnections: this.limits.maxConnections,
        maxSubscriptions: 10_000_000,
        routeCacheEntries: 32_768,
        ...limits,
      },
      { turn: this.turn, random: this.random, attach: () => undefined },
    )
    this.accounts.set(name, made)
    return made
  }

  /** Makes a protocol known. */
  addGateway(factory: GatewayFactory): void {
    this.#factories.set(factory.manifest.scheme, factory)
  }

  /**
   * Listens on a URL; resolves with the address that it got.
   * @throws HubError WIREHUB_ERR_CONFIG for an unknown scheme, WIREHUB_ERR_LISTEN when the address cannot be had
   */
  listen(text: string, limits: Partial<ConnectionLimits> = {}): Promise<{ port: number }> {
    const url = parseListenerUrl(text, (scheme) => this.#factories.get(scheme)?.manifest.defaultPort)
    const factory = this.#factories.get(url.scheme)
    if (factory === undefined) {
      throw new HubError('WIREHUB_ERR_CONFIG', `No gateway speaks '${url.scheme}'.`, {
        place: text,
        cure: `Known are: ${[...this.#factories.keys()].join(', ')}.`,
      })
    }
    const all = { ...defaultConnectionLimits, ...factory.manifest.limits, ...limits }
    const gateway = factory.create(url, this.#context(all))
    const server = this.environment.net.createServer({ allowHalfOpen: true, noDelay: true })
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.on('error', reject)
      server.on('connection', (socket) => this.#accept(socket, gateway, url, all))
      server.on('listening', () => resolve(server.address() as { port: number }))
      server.listen(url.address)
    })
  }

  #context(limits: ConnectionLimits): GatewayContext {
    const hub = this
    return {
      engine: this.engine,
      clock: this.clock,
      random: this.random,
      get authenticator() {
        return hub.authenticator
      },
      identity: this.identity,
      limits,
      deadLetter: () => {},
      log: () => {},
    }
  }

  #accept(socket: StreamSocket, gateway: Gateway, url: ListenerUrl, limits: ConnectionLimits): void {
    const connection = new Connection(this.#nextId++, this, this.defaultAccount, socket, url.scheme, url.text, limits)
    this.connections.set(connection.id, connection)
    connection.codec = gateway.open(connection)
    connection.start()
  }

  #schedule(): void {
    this.#tick = this.clock.setTimeout(() => {
      const now = this.clock.monotonic()
      for (const connection of this.connections.values()) connection.tick(now)
      this.#schedule()
    }, TICK_MS)
  }

  onPressure(_connection: Connection): void {}
  onDrained(_connection: Connection): void {}
  onReady(_connection: Connection): void {}
  onClosed(connection: Connection): void {
    this.connections.delete(connection.id)
  }

  async close(): Promise<void> {
    if (this.#tick !== undefined) this.clock.clearTimeout(this.#tick)
    for (const server of this.#servers) server.close()
    for (const connection of this.connections.values()) connection.close('hub-closing')
  }
}
