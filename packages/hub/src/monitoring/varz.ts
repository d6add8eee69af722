/** `/varz`: the state of the server, with nats-server's field names. Source: NATS documentation, "Monitoring". */

import { defaultConnectionLimits } from '../core/limits.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { scrubVarz } from './scrub.ts'

const NANOSECONDS_PER_MILLISECOND = 1e6

/** What the HTTP listeners have seen. */
export interface HttpFigures {
  /** Open connections. */
  connections: number
  /** Connections refused because there were too many. */
  refused: number
  /** Connections that took too long with their request. */
  timedOut: number
  /** Requests that were no HTTP. */
  malformed: number
  /** Requests by path. */
  readonly requests: Map<string, number>
}

/** Figures that only the embedding program knows. */
export interface EmbeddedFigures {
  readonly slowestListener?: { event: string; listener: string; milliseconds: number } | undefined
  readonly droppedMessages?: number
  readonly http?: HttpFigures | undefined
}

/** Sums over all accounts. */
export function traffic(hub: MonitoredHub): { in_msgs: number; out_msgs: number; in_bytes: number; out_bytes: number } {
  const sums = { in_msgs: 0, out_msgs: 0, in_bytes: 0, out_bytes: 0 }
  for (const { counters } of hub.accounts.values()) {
    sums.in_msgs += counters.messagesIn
    sums.out_msgs += counters.messagesOut
    sums.in_bytes += counters.bytesIn
    sums.out_bytes += counters.bytesOut
  }
  return sums
}

/** Subscriptions of all accounts. */
export function subscriptionCount(hub: MonitoredHub): number {
  let count = 0
  for (const account of hub.accounts.values()) count += account.subscriptionCount
  return count
}

/** A duration as nats-server writes it: `3d2h5m7s`. */
export function uptime(milliseconds: number): string {
  let seconds = Math.floor(milliseconds / 1000)
  let text = ''
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds < size && text === '') continue
    text += `${Math.floor(seconds / size)}${unit}`
    seconds %= size
  }
  return `${text}${seconds}s`
}

/** The answer of `/varz`. */
export function varz(hub: MonitoredHub, embedded: EmbeddedFigures = {}): Record<string, unknown> {
  const { environment, identity } = hub
  const now = environment.clock.now()
  const nats = hub.listeners.find((one) => one.url.scheme === 'nats')
  const http = hub.listeners.find((one) => one.url.scheme === 'http')
  const limits = nats?.limits ?? defaultConnectionLimits
  const statistics = environment.statistics
  return {
    server_id: identity.serverId,
    server_name: identity.serverName,
    version: identity.natsVersion,
    wirehub_version: identity.version,
    proto: 1,
    go: statistics?.runtime ?? '',
    host: nats?.bound?.host ?? '',
    port: nats?.bound?.port ?? 0,
    auth_required: hub.authenticator.required,
    max_connections: hub.limits.maxConnections,
    max_subscriptions: limits.maxSubscriptions,
    ping_interval: limits.pingIntervalMs * NANOSECONDS_PER_MILLISECOND,
    ping_max: limits.maxPingsOut,
    http_host: http?.bound?.host ?? '',
    http_port: http?.bound?.port ?? 0,
    http_base_path: '',
    https_port: 0,
    auth_timeout: limits.authenticationTimeoutMs / 1000,
    max_control_line: limits.maxControlLineBytes,
    max_payload: limits.maxPayloadBytes,
    max_pending: limits.maxPendingBytes,
    cluster: {},
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: {},
    jetstream: {},
    tls_timeout: limits.tlsTimeoutMs / 1000,
    write_deadline: limits.writeDeadlineMs * NANOSECONDS_PER_MILLISECOND,
    start: new Date(hub.startMs).toISOString(),
    now: new Date(now).toISOString(),
    uptime: uptime(now - hub.startMs),
    mem: environment.memory?.usedBytes() ?? 0,
    cores: statistics?.cores ?? 1,
    gomaxprocs: 1,
    cpu: statistics === undefined ? 0 : Math.round(statistics.eventLoopUtilization() * 1000) / 10,
    connections: hub.connections.size,
    total_connections: hub.counters.connectionsTotal,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    ...traffic(hub),
    slow_consumers: hub.counters.slowConsumers,
    subscriptions: subscriptionCount(hub),
    http_req_stats: Object.fromEntries(embedded.http?.requests ?? []),
    config_load_time: new Date(hub.startMs).toISOString(),
    system_account: '$SYS',
    wirehub: {
      listeners: hub.listeners.map((one) => one.bound?.url ?? one.url.text),
      event_loop_delay_ms: statistics?.eventLoopDelayMs(),
      connections_refused: hub.counters.connectionsRefused,
      closed: Object.fromEntries(hub.counters.closed),
      publisher_pauses: hub.backpressure.pauses,
      memory_guard_holding: hub.memoryGuard.holding,
      dead_letters: Object.fromEntries(hub.deadLetters.counts),
      scrub: hub.inspector === undefined ? [] : scrubVarz(hub.inspector.figures),
      slowest_listener: embedded.slowestListener,
      dropped_messages: embedded.droppedMessages,
      http: httpVarz(embedded.http),
    },
  }
}

function httpVarz(figures: HttpFigures | undefined): Record<string, number> | undefined {
  if (figures === undefined) return undefined
  const { connections, refused, timedOut, malformed } = figures
  return { connections, refused, timed_out: timedOut, malformed }
}
