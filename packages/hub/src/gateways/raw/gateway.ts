/** The raw gateway: `raw://host:port?framing=newline&in=tcp.in&out=tcp.out`. */
import type { Gateway, GatewayContext, GatewayFactory } from '../../core/gateway.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import type { Message } from '../../core/message.ts'
import { InboundFormat, OutboundFormat } from '../../presentation/format.ts'
import { RawCodec, type RawListener } from './codec.ts'
import { rawOptionHelp, rawOptions } from './options.ts'

let listeners = 0

export const rawGateway: GatewayFactory = {
  manifest: { scheme: 'raw', defaultPort: 4224, options: rawOptionHelp, anonymous: true },
  create(url: ListenerUrl, context: GatewayContext): Gateway {
    const options = rawOptions(url, context.limits)
    const shared = {
      context,
      options,
      format: new OutboundFormat(options.outbound),
      shareKey: `raw ${++listeners}`,
      undeliverable: (message: Message, error: Error) => undeliverable(context, message, error),
    }
    const own = url.options.has('maxFrameBytes') ? options.maxFrameBytes : Number.POSITIVE_INFINITY
    const made = (maxFrameBytes: number): RawListener => ({
      ...shared,
      inbound: new InboundFormat(options.inbound, maxFrameBytes),
    })
    let limit = options.maxFrameBytes
    let listener = made(limit)
    return {
      open(connection) {
        // The payload limit may be another one after a reload.
        const now = Math.min(own, context.limits.maxPayloadBytes)
        if (now !== limit) {
          limit = now
          listener = made(limit)
        }
        return new RawCodec(connection, listener)
      },
    }
  },
}

// Later: this is in the middle of a dispatch. The message is valid until then only, so what is kept of it is copied.
function undeliverable(context: GatewayContext, message: Message, error: Error): void {
  const { account, subject } = message
  const payload = Buffer.from(message.payload)
  context.log('warn', `A message has no form on a raw listener: ${error.message}`, { subject })
  context.clock.setImmediate(() =>
    context.deadLetter(account, subject, 'undeliverable', payload, { Error: error.message.replace(/[\r\n\0]+/g, ' ') }),
  )
}
