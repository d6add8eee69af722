/** The NATS gateway: `nats://host:port`. */
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import { NatsCodec } from './codec.ts'

export const natsGateway: GatewayFactory = {
  manifest: { scheme: 'nats', defaultPort: 4222, options: {} },
  create(url: ListenerUrl, context: GatewayContext): Gateway {
    return {
      open: (connection) =>
        new NatsCodec(connection, {
          engine: context.engine,
          authenticationRequired: context.authenticator.required,
          info: (one) => ({
            server_id: context.identity.serverId,
            server_name: context.identity.serverName,
            version: context.identity.natsVersion,
            wirehub: context.identity.version,
            proto: 1,
            headers: true,
            host: 'host' in url.address ? url.address.host : '',
            port: 'port' in url.address ? url.address.port : 0,
            max_payload: one.limits.maxPayloadBytes,
            client_id: one.id,
          }),
        }),
    }
  },
}
