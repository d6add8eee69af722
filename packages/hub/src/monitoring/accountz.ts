/** `/accountz` and `/accstatz`: the accounts, with nats-server's field names. Source: NATS documentation, "Monitoring". */
import type { Account } from '../core/account.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { flagOf, QueryError } from './query.ts'

/** What the hub says of itself stands beside the accounts, not in one of them; tools ask for its name. */
const SYSTEM_ACCOUNT = '$SYS'

/**
 * The answer of `/accountz`.
 * @param query `acc=name` shows one account
 * @throws QueryError
 */
export function accountz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const answer: Record<string, unknown> = {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    system_account: SYSTEM_ACCOUNT,
  }
  const name = query.get('acc')
  if (name === null || name === '') return { ...answer, accounts: [...hub.accounts.keys(), SYSTEM_ACCOUNT].toSorted() }
  const account = hub.accounts.get(name)
  if (account === undefined) throw new QueryError('acc', name, 'The name of an account.')
  return {
    ...answer,
    account_detail: {
      account_name: name,
      update_time: new Date(hub.startMs).toISOString(),
      expired: false,
      complete: true,
      jetstream_enabled: false,
      leafnode_connections: 0,
      client_connections: account.connections.size,
      subscriptions: account.subscriptionCount,
    },
  }
}

/**
 * The answer of `/accstatz`.
 * @param query `unused=1` shows accounts without connections too
 * @throws QueryError
 */
export function accstatz(hub: MonitoredHub, query: URLSearchParams): Record<string, unknown> {
  const unused = flagOf(query, 'unused')
  const accounts = [...hub.accounts.values()].filter((one) => unused || one.connections.size > 0)
  return {
    server_id: hub.identity.serverId,
    now: new Date(hub.clock.now()).toISOString(),
    account_statz: accounts.map(statistics),
  }
}

// Sent and received as the account's clients see it.
function statistics({ name, connections, counters, subscriptionCount }: Account): Record<string, unknown> {
  return {
    acc: name,
    name,
    conns: connections.size,
    leafnodes: 0,
    total_conns: connections.size,
    num_subscriptions: subscriptionCount,
    sent: { msgs: counters.messagesOut, bytes: counters.bytesOut },
    received: { msgs: counters.messagesIn, bytes: counters.bytesIn },
    slow_consumers: 0,
  }
}
