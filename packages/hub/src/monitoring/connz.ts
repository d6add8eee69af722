/** `/connz`: the connections, with nats-server's field names. Source: NATS documentation, "Monitoring". */

import type { Connection } from '../core/connection.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { choiceOf, countOf, flagOf } from './query.ts'
import { subscriptionRow } from './subsz.ts'
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

interface Shown {
  readonly subscriptions: 'none' | 'subjects' | 'detail'
  readonly users: boolean
}

function row(hub: MonitoredHub, connection: Connection, shown: Shown): Row {
  const now = hub.clock.now()
  const idleMs = hub.clock.monotonic() - connection.lastActivityMs
  const { tlsPeer, subscriptions } = connection
  return {
    cid: connection.id,
    kind: 'Client',
    type: connection.protocol === 'ws' ? 'websocket' : connection.protocol,
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
    subscriptions: subscriptions.size,
    name: connection.clientName,
    lang: connection.clientLanguage,
    version: connection.clientVersion,
    tls_version: tlsPeer?.version.replace(/^TLSv/, ''),
    tls_cipher_suite: tlsPeer?.cipher,
    ...(shown.users ? { authorized_user: connection.user, account: connection.account.name } : {}),
    ...(shown.subscriptions === 'subjects' ? { subscriptions_list: [...subscriptions].map((one) => one.subject) } : {}),
    ...(shown.subscriptions === 'detail'
      ? { subscriptions_list_detail: [...subscriptions].map((one) => subscriptionRow(connection, one)) }
      : {}),
  }
}

const subscriptionsShown = {
  '': 'none',
  '0': 'none',
  false: 'none',
  '1': 'subjects',
  true: 'subjects',
  detail: 'detail',
} as const

/**
 * The answer of `/connz`. Ended connections are not kept: `state=closed` lists none.
 * @param query `sort`, `limit`, `offset`, `subs`, `auth`, `cid`, `user`, `acc`, `state`
 * @throws QueryError
 */
export function connz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const limit = countOf(query, 'limit', DEFAULT_LIMIT)
  const offset = countOf(query, 'offset', 0)
  const order = orders[choiceOf(query, 'sort', Object.keys(orders))]
  const state = choiceOf(query, 'state', ['open', 'any', 'all', 'closed'])
  const subs = choiceOf(query, 'subs', Object.keys(subscriptionsShown)) as keyof typeof subscriptionsShown
  const shown: Shown = { subscriptions: subscriptionsShown[subs || '0'], users: flagOf(query, 'auth') }
  const cid = query.has('cid') ? countOf(query, 'cid', 0) : undefined
  const [user, account] = [query.get('user'), query.get('acc')]
  const chosen =
    state === 'closed'
      ? []
      : [...hub.connections.values()].filter(
          (one) =>
            (cid === undefined || one.id === cid) &&
            (user === null || one.user === user) &&
            (account === null || one.account.name === account),
        )
  chosen.sort(order)
  const page = chosen.slice(offset, offset + limit)
  return {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    num_connections: page.length,
    total: chosen.length,
    offset,
    limit,
    connections: page.map((one) => row(hub, one, shown)),
  }
}
