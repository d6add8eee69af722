/** What the codecs of one NATS listener share. */
import type { Authenticator, Identity } from '../../core/authenticator.ts'
import type { Connection } from '../../core/connection.ts'
import type { GatewayContext } from '../../core/gateway.ts'
import type { StampField } from '../../core/stamp.ts'

/** What changes in INFO while the listener is open. */
export interface InfoChanges {
  /** `host:port` of other hubs that a client may turn to. */
  connectUrls: readonly string[]
}

/** Shared by all connections of one listener. */
export interface NatsGatewayContext {
  readonly hub: GatewayContext
  readonly host: string
  /** The port that INFO names, when it is not the own one. */
  readonly port: number | undefined
  readonly stampFields: ReadonlySet<StampField> | undefined
  /** Whether clients may send and get headers. */
  readonly headers: boolean
  readonly changes: InfoChanges
  /** Whether this listener has a user of its own for those who show no credentials. */
  readonly ownNoAuthUser: boolean
  /** Who somebody is here that shows none. */
  anonymous(): Identity | undefined
}

/**
 * The INFO line for a connection. Source: NATS client protocol, "INFO".
 * @param lameDuck the hub is about to close: clients should go elsewhere
 */
export function infoLine(
  context: NatsGatewayContext,
  connection: Connection,
  nonce: string | undefined,
  lameDuck: boolean,
): Buffer {
  const { hub, changes } = context
  const { identity } = hub
  const authenticator: Authenticator = hub.authenticator
  const tls = connection.tls
  const info: Record<string, unknown> = {
    server_id: identity.serverId,
    server_name: identity.serverName,
    version: identity.natsVersion,
    wirehub: identity.version,
    proto: 1,
    go: identity.runtime,
    host: context.host,
    port: context.port ?? connection.localPort,
    headers: context.headers,
    max_payload: connection.limits.maxPayloadBytes,
    jetstream: hub.engine.capabilities.streams ? true : undefined,
    client_id: connection.id,
    client_ip: connection.remoteAddress.replace(/^::ffff:/, ''),
    auth_required: (authenticator.required && context.anonymous() === undefined) || undefined,
    tls_required: tls?.required || undefined,
    tls_available: (tls !== undefined && !tls.required) || undefined,
    tls_verify: tls?.verifiesClients || undefined,
    nonce,
    connect_urls: changes.connectUrls.length > 0 ? changes.connectUrls : undefined,
    ldm: lameDuck || undefined,
  }
  return Buffer.from(`INFO ${JSON.stringify(info)} \r\n`)
}
