/** The NATS gateway: `nats://host:port`. */
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { stampHelp, stampsOf } from '../shared/stamp-option.ts'
import { NatsCodec } from './codec.ts'
import type { InfoChanges, NatsGatewayContext } from './context.ts'

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
}

export const natsGateway: GatewayFactory = {
  manifest: { scheme: 'nats', defaultPort: 4222, options, startsTls: true },
  create(url: ListenerUrl, hub: GatewayContext): NatsGateway {
    const given = new UrlOptions(url)
    given.assertKnown(Object.keys(options))
    const changes: InfoChanges = { connectUrls: list(given.text('connectUrls', '')) }
    const advertised = hostPort(given.text('advertise', ''))
    const context: NatsGatewayContext = {
      hub,
      host: advertised.host ?? ('host' in url.address ? url.address.host : ''),
      port: advertised.port,
      stampFields: stampsOf(given),
      headers: given.flag('headers', true),
      changes,
    }
    const codecs = new Set<NatsCodec>()
    const announce = (): void => {
      for (const codec of codecs) codec.announce()
    }
    return {
      open(connection) {
        const codec = new NatsCodec(connection, context, () => codecs.delete(codec))
        codecs.add(codec)
        return codec
      },
      setConnectUrls(urls) {
        changes.connectUrls = urls
        announce()
      },
    }
  },
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
