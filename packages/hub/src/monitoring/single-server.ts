/** Pages of nats-server about what a hub that stands alone does not have: empty, in the form that tools read. Source: NATS documentation, "Monitoring". */
import type { MonitoredHub } from './monitored-hub.ts'

function heading(hub: MonitoredHub): Record<string, unknown> {
  return { server_id: hub.identity.serverId, now: new Date(hub.clock.now()).toISOString() }
}

/** `/routez`: no cluster. */
export function routez(hub: MonitoredHub): Record<string, unknown> {
  return { ...heading(hub), num_routes: 0, routes: [] }
}

/** `/gatewayz`: no other clusters. */
export function gatewayz(hub: MonitoredHub): Record<string, unknown> {
  return { ...heading(hub), outbound_gateways: {}, inbound_gateways: {} }
}

/** `/leafz`: no leaf nodes. */
export function leafz(hub: MonitoredHub): Record<string, unknown> {
  return { ...heading(hub), leafnodes: 0, leafs: null }
}

/** `/jsz`: no streams. */
export function jsz(hub: MonitoredHub): Record<string, unknown> {
  return {
    ...heading(hub),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { total: 0, errors: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
  }
}
