/** `/connz`: the connections, with nats-server's field names. Source: NATS documentation, "Monitoring". */

import type { Connection } from '../core/connection.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { uptime } from './varz.ts'

const DEFAULT_LIMIT = 1024

type Row = Record<string, unknown>
type Order = (a: Connection, b: Connection) => number

const orders: Record<string, Order> = {
  cid: (a, b) => a.id - b.id,
  start: (a, b) => a.startMs - b.startMs,
  subs: (a, b) => b.subscriptions.size - a.subscriptions.size,
  pending: (a, b) => b.outbound.pendingBytes - a.outbound.pendingBytes,
  msgs_to: (a, b) => b.messagesOut - a.messagesOut,
  msgs_from: (a, b) => b.messagesIn - a.messagesIn,
  bytes_to: (a, b) => b.bytesOut - a.bytesOut,
  bytes_from: (a, b) => b.bytesIn - a.bytesIn,
  last: (a, b) => b.lastActivityMs - a.lastActivityMs,
  idle: (a, b) => a.lastActivityMs - b.lastActivityMs,
  uptime: (a, b) => a.startMs - b.startMs,
}

function row(hub: MonitoredHub, connection: Connection, withSubscriptions: boolean, withUser: boolean): Row {
  const now = hub.clock.now()
  const idleMs = hub.clock.monotonic() - connection.lastActivityMs
  return {
    cid: connection.id,
    kind: 'Client',
    type: connection.protocol,
    ip: connection.remoteAddress,
    port: connection.remotePort,
    start: new Date(connection.startMs).toISOString(),
    last_activity: new Date(now - idleMs).toISOString(),
    rtt: connection.roundTripMs === undefined ? undefined : `${connection.roundTripMs.toFixed(3)}ms`,
    uptime: uptime(now - connection.startMs),
    idle: uptime(idleMs),
    pending_bytes: connection.outbound.pendingBytes,
    in_msgs: connection.messagesIn,
    out_msgs: connection.messagesOut,
    in_bytes: connection.bytesIn,
    out_bytes: connection.bytesOut,
    subscriptions: connection.subscriptions.size,
    name: connection.clientName,
    lang: connection.clientLanguage,
    version: connection.clientVersion,
    ...(withUser ? { authorized_user: connection.user, account: connection.account.name } : {}),
    ...(withSubscriptions ? { subscriptions_list: [...connection.subscriptions].map((one) => one.subject) } : {}),
  }
}

/**
 * The answer of `/connz`.
 * @param query `sort`, `limit`, `offset`, `subs`, `auth`, `cid`
 */
export function connz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const limit = number(query.get('limit'), DEFAULT_LIMIT)
  const offset = number(query.get('offset'), 0)
  const cid = query.get('cid')
  let chosen = [...hub.connections.values()]
  if (cid !== null) chosen = chosen.filter((one) => one.id === Number(cid))
  const order = orders[query.get('sort') ?? 'cid'] ?? orders.cid
  chosen.sort(order)
  const page = chosen.slice(offset, offset + limit)
  const flag = (name: string): boolean => ['1', 'true', 'detail'].includes(query.get(name) ?? '')
  return {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    num_connections: page.length,
    total: chosen.length,
    offset,
    limit,
    connections: page.map((one) => row(hub, one, flag('subs'), flag('auth'))),
  }
}

function number(text: string | null, otherwise: number): number {
  const value = Number(text)
  return text === null || !Number.isInteger(value) || value < 0 ? otherwise : value
}
