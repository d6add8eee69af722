/** `/subsz`: the subscriptions, with nats-server's field names. Source: NATS documentation, "Monitoring". */

import type { Subscription } from '../core/subscription.ts'
import { matches, subjectKind } from '../routing/subject.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { countOf, flagOf, QueryError } from './query.ts'
import { subscriptionCount } from './varz.ts'

const DEFAULT_LIMIT = 1024

/** One subscription as `/subsz` and `/connz` list it. */
export function subscriptionRow(
  cid: number,
  one: Pick<Subscription, 'subject' | 'queue' | 'identifier' | 'delivered' | 'max'>,
): Record<string, unknown> {
  return {
    subject: one.subject,
    qgroup: one.queue,
    sid: one.identifier,
    msgs: one.delivered,
    max: one.max || undefined,
    cid,
  }
}

/**
 * The answer of `/subsz`.
 * @param query `subs=1` lists them, `test=subject` only those that would get a message for it, `acc`, `limit`, `offset`
 * @throws QueryError
 */
export function subsz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const limit = countOf(query, 'limit', DEFAULT_LIMIT)
  const offset = countOf(query, 'offset', 0)
  const test = query.get('test')
  if (test !== null && subjectKind(test) !== 'literal')
    throw new QueryError('test', test, 'A subject without wildcards.')
  const account = query.get('acc')
  const listed = flagOf(query, 'subs') || test !== null
  const list: Record<string, unknown>[] = []
  let total = 0
  if (listed) {
    for (const connection of hub.connections.values()) {
      if (account !== null && connection.account.name !== account) continue
      for (const one of connection.subscriptions) {
        if (test !== null && !matches(one.subject, test)) continue
        if (total++ < offset || list.length >= limit) continue
        list.push({ account: connection.account.name, ...subscriptionRow(connection.id, one) })
      }
    }
  }
  return {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    num_subscriptions: subscriptionCount(hub),
    ...routing(hub),
    ...(listed ? { total, offset, limit, subscriptions_list: list } : {}),
  }
}

function routing(hub: MonitoredHub): Record<string, number> {
  const sums = { inserts: 0, removes: 0, matches: 0 }
  let kept = 0
  let largest = 0
  let together = 0
  for (const account of hub.accounts.values()) {
    sums.inserts += account.lookups.inserts
    sums.removes += account.lookups.removes
    sums.matches += account.lookups.matches
    for (const { size } of account.currentRoutes()) {
      kept++
      together += size
      largest = Math.max(largest, size)
    }
  }
  return {
    num_cache: kept,
    num_inserts: sums.inserts,
    num_removes: sums.removes,
    num_matches: sums.matches,
    max_fanout: largest,
    avg_fanout: kept === 0 ? 0 : together / kept,
  }
}
