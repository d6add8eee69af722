/** `/subsz`: the subscriptions, with nats-server's field names. */

import { matches } from '../routing/subject.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { subscriptionCount } from './varz.ts'

const DEFAULT_LIMIT = 1024

/**
 * The answer of `/subsz`.
 * @param query `subs=1` lists them, `test=subject` only those that would get a message for it, `limit`, `offset`
 */
export function subsz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT) || DEFAULT_LIMIT
  const offset = Number(query.get('offset') ?? 0) || 0
  const test = query.get('test')
  const listed = ['1', 'true'].includes(query.get('subs') ?? '') || test !== null
  const list: Record<string, unknown>[] = []
  let total = 0
  if (listed) {
    for (const connection of hub.connections.values()) {
      for (const one of connection.subscriptions) {
        if (test !== null && !matches(one.subject, test)) continue
        if (total++ < offset || list.length >= limit) continue
        list.push({
          account: connection.account.name,
          subject: one.subject,
          qgroup: one.queue,
          msgs: one.delivered,
          max: one.max || undefined,
          cid: connection.id,
        })
      }
    }
  }
  return {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    num_subscriptions: subscriptionCount(hub),
    ...(listed ? { total, offset, limit, subscriptions_list: list } : {}),
  }
}
