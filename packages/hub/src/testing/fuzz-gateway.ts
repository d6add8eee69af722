/** Tries a gateway with hostile bytes: random ones, and damaged copies of valid ones. Seeded: the same seed gives the same run. */
import { HubCore } from '../assembly/hub-core.ts'
import type { Connection } from '../core/connection.ts'
import type { GatewayFactory } from '../core/gateway.ts'
import { Message } from '../core/message.ts'
import { linesGateway } from '../gateways/lines/gateway.ts'
import type { MemorySocket } from './memory-socket.ts'
import { MemoryWorld, seededRandom } from './memory-world.ts'
import { randomInput } from './random-input.ts'

/** How to try it. */
export interface FuzzOptions {
  /** Default 1. */
  seed?: number
  /** Inputs; each goes to a connection of its own. Default 2,000. */
  count?: number
  /** Valid byte sequences: most inputs are damaged copies of these, which get deeper than random bytes. */
  samples?: readonly (Uint8Array | string)[]
  /** Options of the listener's URL, e.g. `?framing=nul`. */
  query?: string
  /** The most that a connection may hold of what it has read and not completed. Default: two payload limits. */
  maxBufferedBytes?: number
}

/** What was seen. */
export interface FuzzReport {
  seed: number
  inputs: number
  bytes: number
  /** Messages that the inputs amounted to. */
  published: number
  /** How the hub's side saw the connections end. */
  closed: Record<string, number>
  /** The most that one connection held of what it had read and not completed. */
  maxBufferedBytes: number
}

/** Thrown when a gateway does not stand it; repeat with the same seed. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
  readonly seed: number
  readonly index: number
  readonly input: Buffer

  constructor(sentence: string, seed: number, index: number, input: Buffer, cause?: unknown) {
    super(`${sentence} (seed ${seed}, input ${index}: ${input.toString('hex', 0, 200)})`, { cause })
    this.seed = seed
    this.index = index
    this.input = input
  }
}

const BETWEEN_CHECKS = 50

/**
 * Sends `count` inputs to a hub in memory that speaks this gateway, each cut into reads at random and ended by a FIN, a reset or not at all, while messages are
 * published to whatever the connections have subscribed to.
 * @throws FuzzFailure when something throws, when a connection holds more than it may, when another connection is no longer served, or when
 *   something stays behind at the end
 */
export async function fuzzGateway(gateway: GatewayFactory, options: FuzzOptions = {}): Promise<FuzzReport> {
  const run = new FuzzRun(gateway, options)
  return run.run()
}

class FuzzRun {
  readonly #gateway: GatewayFactory
  readonly #options: FuzzOptions
  readonly #seed: number
  readonly #world: MemoryWorld
  readonly #random: () => number
  readonly #hub: HubCore
  readonly #message = new Message()
  readonly #report: FuzzReport
  #bound = 0
  #index = 0
  #input: Buffer = Buffer.alloc(0)

  constructor(gateway: GatewayFactory, options: FuzzOptions) {
    this.#gateway = gateway
    this.#options = options
    this.#seed = options.seed ?? 1
    this.#world = new MemoryWorld(this.#seed)
    this.#random = seededRandom(this.#seed)
    this.#hub = new HubCore({ environment: this.#world.environment, limits: { maxHalfOpenPerAddress: 0 } })
    this.#report = { seed: this.#seed, inputs: 0, bytes: 0, published: 0, closed: {}, maxBufferedBytes: 0 }
  }

  async run(): Promise<FuzzReport> {
    const hub = this.#hub
    const { scheme } = this.#gateway.manifest
    hub.addGateway(linesGateway)
    hub.addGateway(this.#gateway)
    const { port } = await hub.listen(`${scheme}://127.0.0.1:0${this.#options.query ?? ''}`)
    const witness = this.#world.connect((await hub.listen('lines://127.0.0.1:0')).port as number)
    witness.write('{"op":"sub","subject":"witness.>"}\n')
    this.#world.run()
    witness.takeText()
    const [served] = hub.connections.values()
    const [listener] = hub.listeners
    this.#bound = this.#options.maxBufferedBytes ?? 2 * listener.limits.maxPayloadBytes + 128 * 1024
    const samples = (this.#options.samples ?? []).map((sample) => Buffer.from(sample as Uint8Array))
    const count = this.#options.count ?? 2000
    const idleSubscriptions = hub.defaultAccount.subscriptionCount
    const before = hub.defaultAccount.counters.messagesIn
    for (this.#index = 0; this.#index < count; this.#index++) {
      this.#input = randomInput(this.#random, samples)
      this.#attempt(() => this.#one(port as number))
      if (this.#index % BETWEEN_CHECKS === 0) this.#attempt(() => this.#checkWitness(witness))
    }
    this.#attempt(() => this.#world.advance(600_000))
    for (const one of hub.connections.values()) if (one !== served) one.abort('closed-by-hub')
    this.#attempt(() => this.#world.run())
    if (hub.defaultAccount.subscriptionCount !== idleSubscriptions)
      this.#fail('Subscriptions of closed connections stay behind')
    this.#checkWitness(witness)
    this.#report.published = hub.defaultAccount.counters.messagesIn - before
    for (const [reason, times] of hub.counters.closed) this.#report.closed[reason] = times
    return this.#report
  }

  #attempt(step: () => void): void {
    try {
      step()
    } catch (cause) {
      if (cause instanceof FuzzFailure) throw cause
      this.#fail(`The gateway threw: ${String(cause)}`, cause)
    }
  }

  #fail(sentence: string, cause?: unknown): never {
    throw new FuzzFailure(sentence, this.#seed, this.#index, this.#input, cause)
  }

  #one(port: number): void {
    const random = this.#random
    const client = this.#world.connect(port)
    const connection = [...this.#hub.connections.values()].at(-1) as Connection
    const input = this.#input
    let at = 0
    while (at < input.length && !client.closed) {
      const size = random() < 0.5 ? input.length - at : 1 + Math.floor(random() * Math.min(64, input.length - at))
      client.write(input.subarray(at, at + size))
      at += size
      this.#world.run()
      this.#measure(connection)
    }
    if (random() < 0.3) this.#publishTo(connection)
    this.#report.inputs++
    this.#report.bytes += input.length
    const ending = random()
    if (ending < 0.5) client.end()
    else if (ending < 0.9) client.destroy()
    this.#world.run()
    this.#measure(connection)
    if (this.#index % BETWEEN_CHECKS === BETWEEN_CHECKS - 1) this.#world.advance(1500)
    client.takeText()
  }

  #measure(connection: Connection): void {
    const held = connection.codec.bufferedBytes ?? 0
    if (held > this.#report.maxBufferedBytes) this.#report.maxBufferedBytes = held
    if (held > this.#bound) this.#fail(`A connection holds ${held} bytes; ${this.#bound} are allowed`)
    if (connection.outbound.pendingBytes > connection.limits.maxPendingBytes)
      this.#fail('More than the limit is pending')
  }

  /** Something for what the connection has subscribed to, so that encoding is tried as well. */
  #publishTo(connection: Connection): void {
    const patterns = [...connection.subscriptions].map((one) => one.subject)
    if (patterns.length === 0) return
    const pattern = patterns[Math.floor(this.#random() * patterns.length)]
    const subject = pattern.replace(/(^|(?<=\.))[*>](?=\.|$)/g, 'x')
    const message = this.#message
    message.account = connection.account
    message.route = connection.account.routeFor(subject)
    message.origin = undefined
    message.compose(undefined, undefined, randomInput(this.#random, []))
    this.#hub.engine.publish(message)
    this.#world.run()
  }

  #checkWitness(witness: MemorySocket): void {
    witness.write(`{"op":"pub","subject":"witness.${this.#index}","data":${this.#index}}\n`)
    this.#world.run()
    const said = witness.takeText()
    if (said !== `{"op":"msg","subject":"witness.${this.#index}","data":${this.#index}}\n`) {
      this.#fail(`Another connection is not served any more; it got ${JSON.stringify(said)}`)
    }
  }
}
