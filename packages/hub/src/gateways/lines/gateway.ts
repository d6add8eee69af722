/** The JSON lines gateway: `lines://host:port`, `lines+unix:///path`, `ipc:///path`. */
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { stampHelp, stampsOf } from '../shared/stamp-option.ts'
import { LinesCodec } from './codec.ts'

const help = {
  maxLineBytes: 'longest line (default: twice the payload limit and 4096)',
  maxRequests: 'requests of one connection that may wait for answers (default 1024)',
  stamp: stampHelp,
}

export const linesGateway: GatewayFactory = {
  manifest: { scheme: 'lines', defaultPort: 4224, options: help },
  create(url: ListenerUrl, context: GatewayContext): Gateway {
    const options = new UrlOptions(url)
    options.assertKnown(Object.keys(help))
    const given = options.integer('maxLineBytes', 0, 64, 2 ** 30)
    const settings = {
      // By default it follows the payload limit, which may be another one after a reload.
      get maxLineBytes() {
        return given === 0 ? 2 * context.limits.maxPayloadBytes + 4096 : given
      },
      maxRequests: options.integer('maxRequests', 1024, 1, 2 ** 20),
      stampFields: stampsOf(options),
    }
    return { open: (connection) => new LinesCodec(connection, context, settings) }
  },
}
