/** `/connz`: the connections, with nats-server's field names. Source: NATS documentation, "Monitoring". */

import type { Connection } from '../core/connection.ts'
import type { EndedConnection, MonitoredHub } from './monitored-hub.ts'
import { choiceOf, countOf, flagOf, QueryError } from './query.ts'
import { subscriptionRow } from './subsz.ts'
import { uptime } from './varz.ts'

const DEFAULT_LIMIT = 1024

type Row = Record<string, unknown>
type Listed = Connection | EndedConnection
type Order = (a: Listed, b: Listed) => number

const orders: Record<string, Order> = {
  cid: (a, b) => a.id - b.id,
  start: (a, b) => a.startMs - b.startMs,
  subs: (a, b) => subscriptionsOf(b) - subscriptionsOf(a),
  pending: (a, b) => b.outbound.pendingBytes - a.outbound.pendingBytes,
  msgs_to: (a, b) => b.messagesOut - a.messagesOut,
  msgs_from: (a, b) => b.messagesIn - a.messagesIn,
  bytes_to: (a, b) => b.bytesOut - a.bytesOut,
  bytes_from: (a, b) => b.bytesIn - a.bytesIn,
  last: (a, b) => b.lastActivityMs - a.lastActivityMs,
  idle: (a, b) => a.lastActivityMs - b.lastActivityMs,
  uptime: (a, b) => a.startMs - b.startMs,
}

// Only what has ended has these.
const endedOrders: Record<string, Order> = {
  stop: (a, b) => stopOf(b) - stopOf(a),
  reason: (a, b) => reasonOf(a).localeCompare(reasonOf(b)),
}

/** Why a connection ended, in nats-server's words. */
const reasons: Readonly<Record<string, string>> = {
  'client-closed': 'Client Closed',
  'slow-consumer': 'Slow Consumer (Pending Bytes)',
  'write-deadline': 'Slow Consumer (Write Deadline)',
  stale: 'Stale Connection',
  'authentication-timeout': 'Authentication Timeout',
  'authentication-failed': 'Authentication Failure',
  'protocol-violation': 'Protocol Violation',
  'payload-too-large': 'Maximum Message Payload Exceeded',
  'control-line-too-long': 'Maximum Control Line Exceeded',
  'permission-violation': 'Authentication Failure',
  'limit-reached': 'Maximum Connections Exceeded',
  'read-error': 'Read Error',
  'tls-error': 'TLS Handshake Failure',
  'hub-closing': 'Server Shutdown',
  'closed-by-hub': 'Server Shutdown',
}

function subscriptionsOf(one: Listed): number {
  return 'subscriptionCount' in one ? one.subscriptionCount : one.subscriptions.size
}

function stopOf(one: Listed): number {
  return 'stopMs' in one ? one.stopMs : 0
}

function reasonOf(one: Listed): string {
  return 'stopMs' in one ? (reasons[one.reason] ?? one.reason) : ''
}

interface Shown {
  readonly subscriptions: 'none' | 'subjects' | 'detail'
  readonly users: boolean
}

function row(hub: MonitoredHub, one: Listed, shown: Shown): Row {
  const now = hub.clock.now()
  const idleMs = hub.clock.monotonic() - one.lastActivityMs
  const { tlsPeer, account } = one
  const ended = 'stopMs' in one ? one : undefined
  const lastActivityMs = now - idleMs
  const endMs = ended?.stopMs ?? now
  return {
    cid: one.id,
    kind: 'Client',
    type: one.protocol === 'ws' ? 'websocket' : one.protocol,
    ip: one.remoteAddress,
    port: one.remotePort,
    start: new Date(one.startMs).toISOString(),
    last_activity: new Date(lastActivityMs).toISOString(),
    ...(ended === undefined ? {} : { stop: new Date(endMs).toISOString(), reason: reasonOf(one) }),
    rtt: one.roundTripMs === undefined ? undefined : `${one.roundTripMs.toFixed(3)}ms`,
    uptime: uptime(endMs - one.startMs),
    idle: uptime(Math.max(0, endMs - lastActivityMs)),
    pending_bytes: one.outbound.pendingBytes,
    in_msgs: one.messagesIn,
    out_msgs: one.messagesOut,
    in_bytes: one.bytesIn,
    out_bytes: one.bytesOut,
    subscriptions: subscriptionsOf(one),
    name: one.clientName,
    lang: one.clientLanguage,
    version: one.clientVersion,
    tls_version: tlsPeer?.version.replace(/^TLSv/, ''),
    tls_cipher_suite: tlsPeer?.cipher,
    ...(shown.users ? { authorized_user: one.user, account: account.name } : {}),
    ...subscriptionsShownOf(one, shown),
  }
}

function subscriptionsShownOf(one: Listed, shown: Shown): Row {
  if (shown.subscriptions === 'none' || subscriptionsOf(one) === 0) return {}
  const subscriptions = [...one.subscriptions]
  return shown.subscriptions === 'subjects'
    ? { subscriptions_list: subscriptions.map(({ subject }) => subject) }
    : {
        subscriptions_list_detail: subscriptions.map((each) => ({
          account: one.account.name,
          ...subscriptionRow(one.id, each),
        })),
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
 * The answer of `/connz`.
 * @param query `sort`, `limit`, `offset`, `subs`, `auth`, `cid`, `user`, `acc`, `state=open|closed|all`
 * @throws QueryError
 */
export function connz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const limit = countOf(query, 'limit', DEFAULT_LIMIT)
  const offset = countOf(query, 'offset', 0)
  const sort = choiceOf(query, 'sort', [...Object.keys(orders), ...Object.keys(endedOrders)])
  const state = choiceOf(query, 'state', ['open', 'any', 'all', 'closed'])
  if (Object.hasOwn(endedOrders, sort) && state !== 'closed')
    throw new QueryError('sort', sort, 'Only with state=closed.')
  const subs = choiceOf(query, 'subs', Object.keys(subscriptionsShown)) as keyof typeof subscriptionsShown
  const shown: Shown = { subscriptions: subscriptionsShown[subs || '0'], users: flagOf(query, 'auth') }
  const cid = query.has('cid') ? countOf(query, 'cid', 0) : undefined
  const [user, account] = [query.get('user'), query.get('acc')]
  const asked = [
    ...(state === 'closed' ? [] : hub.connections.values()),
    ...(state === 'open' ? [] : hub.closedConnections.values()),
  ]
  const chosen = asked.filter(
    (one) =>
      (cid === undefined || one.id === cid) &&
      (user === null || one.user === user) &&
      (account === null || one.account.name === account),
  )
  chosen.sort(orders[sort] ?? endedOrders[sort])
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
