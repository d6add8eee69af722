/** The NATS gateways: `nats://host:port`, and `ws://host:port` where the same bytes come in WebSocket frames. */
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { stampHelp, stampsOf } from '../shared/stamp-option.ts'
import { webSocketHelp, webSocketOptions } from '../shared/web-socket-options.ts'
import { NatsCodec } from './codec.ts'
import type { InfoChanges, NatsGatewayContext } from './context.ts'
import { traced } from './trace.ts'

/** A NATS listener; what its INFO says may change while it is open. */
export interface NatsGateway extends Gateway {
  /** Tells clients (those that understand protocol 1, at once; others as they connect) where else they may turn to. */
  setConnectUrls(urls: readonly string[]): void
}

const options = {
  stamp: stampHelp,
  connectUrls: 'host:port,... of other hubs, told to clients in INFO.',
  advertise: 'host:port that INFO names in place of the own address.',
  headers: 'false: no message headers, as the oldest servers.',
  trace: 'true: every operation that clients send is a line of the log, level trace.',
  noAuthUser: 'Who somebody is that shows no credentials on this listener.',
}

export const natsGateway: GatewayFactory = {
  manifest: { scheme: 'nats', defaultPort: 4222, options, startsTls: true, listenOnly: true },
  create: (url, hub) => open(url, hub, {}),
}

/** NATS over WebSocket. TLS comes before the opening handshake: `wss://`. */
export const natsWebSocketGateway: GatewayFactory = {
  manifest: { scheme: 'ws', defaultPort: 8080, options: { ...options, ...webSocketHelp }, listenOnly: true },
  create(url, hub) {
    const webSocket = webSocketOptions(url, new UrlOptions(url), () => hub.limits.maxPayloadBytes)
    return { ...open(url, hub, webSocketHelp), webSocket }
  },
}

function open(url: ListenerUrl, hub: GatewayContext, further: Readonly<Record<string, string>>): NatsGateway {
  const given = new UrlOptions(url)
  given.assertKnown([...Object.keys(options), ...Object.keys(further)])
  const changes: InfoChanges = { connectUrls: list(given.text('connectUrls', '')) }
  const advertised = hostPort(given.text('advertise', ''))
  const noAuthUser = given.text('noAuthUser', '')
  const context: NatsGatewayContext = {
    hub,
    host: advertised.host ?? ('host' in url.address ? url.address.host : ''),
    port: advertised.port,
    stampFields: stampsOf(given),
    headers: given.flag('headers', true),
    changes,
    ownNoAuthUser: noAuthUser !== '',
    anonymous: () => (noAuthUser === '' ? hub.authenticator.anonymous() : hub.authenticator.known?.(noAuthUser)),
  }
  const trace = given.flag('trace', false)
  const codecs = new Set<NatsCodec>()
  const announce = (): void => {
    for (const codec of codecs) codec.announce()
  }
  return {
    open(connection) {
      const codec = new NatsCodec(connection, context, () => codecs.delete(codec))
      codecs.add(codec)
      return trace ? traced(codec, connection, (text) => hub.log('trace', text)) : codec
    },
    setConnectUrls(urls) {
      changes.connectUrls = urls
      announce()
    },
  }
}

function list(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim())
}

function hostPort(text: string): { host: string | undefined; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text)
  const host = match?.[1].replace(/^\[|\]$/g, '')
  return {
    host: host === undefined || host === '' ? undefined : host,
    port: match?.[2] === undefined ? undefined : Number(match[2]),
  }
}
