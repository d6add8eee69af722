/** `createHub`: the way in for programs that carry the hub inside. */
import { HubCore, type LogSink } from '../assembly/hub-core.ts'
import type { Authenticator } from '../core/authenticator.ts'
import type { Clock, Environment, Network, Random } from '../core/environment.ts'
import type { GatewayFactory } from '../core/gateway.ts'
import { assertLimits, type ConnectionLimits, type HubLimits, splitLimits } from '../core/limits.ts'
import { createHttpServer } from '../edge/http.ts'
import { nodeEnvironment } from '../edge/node.ts'
import { processStatistics } from '../edge/process.ts'
import { createWebSocketServer } from '../edge/web-socket.ts'
import { HubError } from '../errors.ts'
import { linesGateway } from '../gateways/lines/gateway.ts'
import { natsGateway, natsWebSocketGateway } from '../gateways/nats/gateway.ts'
import { rawGateway } from '../gateways/raw/gateway.ts'
import { httpGateway } from '../monitoring/http/gateway.ts'
import { cleanLog } from './clean-log.ts'
import type { EventMap } from './event-map.ts'
import { Hub } from './hub.ts'
import { assertKnownOptions } from './options.ts'
import { enforceScrub, type HubScrubOptions } from './scrub-options.ts'

/** Options of a hub. Everything has a default. */
export interface HubOptions {
  /** Listener URLs to open, e.g. `['nats://127.0.0.1:4222']`. None: the hub serves this process only. */
  listen?: readonly string[]
  /** Hand-written servers to dial, e.g. `['raw://10.0.0.7:9000?framing=newline']`; lost ones are dialled again. */
  connect?: readonly string[]
  /** Sockets; default: Node's. netstack's `net` runs the hub on simulated TCP. */
  net?: Network
  /** Time; default: the machine's. */
  clock?: Clock
  /** Randomness; default: the machine's. */
  random?: Random
  /** Limits that differ from docs/limits.md: of the hub, and of the connections of all its listeners. */
  limits?: Partial<HubLimits & ConnectionLimits>
  /** Scrubs all that the hub receives, by these policies; default: nothing is scrubbed. */
  scrub?: HubScrubOptions
  serverName?: string
  authenticator?: Authenticator
  /** Further protocols. */
  gateways?: readonly GatewayFactory[]
  /** Where log lines go; default: nowhere. */
  log?: LogSink
  /** As in `new EventEmitter({ captureRejections })`. */
  captureRejections?: boolean
}

const optionNames: readonly (keyof HubOptions)[] = [
  'listen',
  'connect',
  'net',
  'clock',
  'random',
  'limits',
  'scrub',
  'serverName',
  'authenticator',
  'gateways',
  'log',
  'captureRejections',
]

/** The protocols that every hub speaks. */
const builtinGateways: readonly GatewayFactory[] = [natsGateway, natsWebSocketGateway, linesGateway, rawGateway]

/**
 * Makes a hub and opens its listeners.
 * @throws HubError WIREHUB_ERR_USAGE, WIREHUB_ERR_CONFIG, WIREHUB_ERR_INSECURE, WIREHUB_ERR_LISTEN; ScrubError for policies that cannot be compiled; nothing stays open then
 */
export async function createHub<Events extends object = EventMap>(options: HubOptions = {}): Promise<Hub<Events>> {
  assertKnownOptions('createHub', options, optionNames)
  assertUrls('listen', options.listen)
  assertUrls('connect', options.connect)
  assertLimits(options.limits ?? {})
  const { hub: limits, connection: connectionLimits } = splitLimits(options.limits ?? {})
  const environment: Environment = {
    net: options.net ?? nodeEnvironment.net,
    clock: options.clock ?? nodeEnvironment.clock,
    random: options.random ?? nodeEnvironment.random,
    webSockets: createWebSocketServer,
    ...(options.net === undefined && nodeEnvironment.ipc !== undefined ? { ipc: nodeEnvironment.ipc } : {}),
    // In simulated time the machine's own figures would mean nothing.
    ...(options.clock === undefined ? { memory: nodeEnvironment.memory, statistics: processStatistics() } : {}),
  }
  const core = new HubCore({
    environment,
    limits,
    connectionLimits,
    serverName: options.serverName,
    authenticator: options.authenticator,
    // A gateway may quote what it could not read.
    log: options.log === undefined || options.scrub === undefined ? options.log : cleanLog(options.log),
  })
  for (const factory of builtinGateways) core.addGateway(factory)
  for (const factory of options.gateways ?? []) core.addGateway(factory)
  const hub = new Hub<Events>(core, { captureRejections: options.captureRejections ?? false })
  core.addGateway(
    httpGateway({
      hub: core,
      createServer: createHttpServer,
      figures: { connections: 0, refused: 0, timedOut: 0, malformed: 0, requests: new Map() },
      embedded: () => ({ slowestListener: hub.slowestListener, droppedMessages: hub.droppedMessages }),
    }),
  )
  try {
    if (options.scrub !== undefined) {
      enforceScrub(core, options.scrub, [...(options.listen ?? []), ...(options.connect ?? [])])
    }
    for (const url of options.listen ?? []) await hub.listen(url)
    for (const url of options.connect ?? []) core.connect(url)
  } catch (error) {
    await hub.close()
    throw error
  }
  return hub
}

// A string is iterable too: its letters would be taken for URLs.
function assertUrls(name: string, given: unknown): void {
  if (given === undefined || (Array.isArray(given) && given.every((one) => typeof one === 'string'))) return
  throw new HubError('WIREHUB_ERR_USAGE', `${name} must be a list of URLs.`, {
    place: 'createHub',
    cure: `Write ${name}: ['nats://127.0.0.1:4222'].`,
  })
}
