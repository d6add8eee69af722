/** The monitoring pages, by path. */

import { accountz, accstatz } from './accountz.ts'
import { connz } from './connz.ts'
import { metrics } from './metrics.ts'
import type { MonitoredHub } from './monitored-hub.ts'
import { gatewayz, jsz, leafz, routez } from './single-server.ts'
import { subsz } from './subsz.ts'
import { type EmbeddedFigures, varz } from './varz.ts'

/** An answer, ready to be written. */
export interface MonitoringAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const JSON_TYPE = 'application/json'

function json(value: unknown, status = 200): MonitoringAnswer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value, null, 2)}\n` }
}

/** Paths with one sentence each; shown at `/`. */
export const monitoringPaths: Readonly<Record<string, string>> = {
  '/healthz': 'whether the hub works',
  '/readyz': 'whether it takes connections',
  '/varz': 'state and totals',
  '/connz': 'connections (?state=open|closed|all &sort= &limit= &offset= &subs=1|detail &auth=1 &cid= &user= &acc=)',
  '/subsz': 'subscriptions (?subs=1 &test=SUBJECT &acc= &limit= &offset=)',
  '/accountz': 'accounts (?acc=)',
  '/accstatz': 'totals of accounts (?unused=1)',
  '/jsz': 'streams: none yet',
  '/routez': 'routes: none',
  '/gatewayz': 'gateways: none',
  '/leafz': 'leaf nodes: none',
  '/metrics': 'Prometheus',
}

/** Answers a monitoring path, or undefined when there is none of that name. */
export function monitoringAnswer(
  hub: MonitoredHub,
  path: string,
  query: URLSearchParams,
  embedded: EmbeddedFigures,
): MonitoringAnswer | undefined {
  switch (path) {
    case '/healthz':
      return json({ status: 'ok' })
    case '/readyz':
      return hub.closing ? json({ status: 'unavailable', error: 'the hub is closing' }, 503) : json({ status: 'ok' })
    case '/varz':
      return json(varz(hub, embedded))
    case '/connz':
      return json(connz(hub, query))
    case '/subsz':
      return json(subsz(hub, query))
    case '/accountz':
      return json(accountz(hub, query))
    case '/accstatz':
      return json(accstatz(hub, query))
    case '/jsz':
      return json(jsz(hub))
    case '/routez':
      return json(routez(hub))
    case '/gatewayz':
      return json(gatewayz(hub))
    case '/leafz':
      return json(leafz(hub))
    case '/metrics':
      return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: metrics(hub, embedded) }
    default:
      return undefined
  }
}
