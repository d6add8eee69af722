/** Makes a gateway of a definition. */
import type { GatewayFactory } from '../../core/gateway.ts'
import type { ConnectionLimits } from '../../core/limits.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { HubError } from '../../errors.ts'
import { stampHelp, stampsOf } from '../shared/stamp-option.ts'
import type { GatewayDefinition } from './definition.ts'
import { CustomCodec } from './session.ts'

const DEFAULT_FRAME_BYTES = 64 * 1024
const DEFAULT_SUBSCRIPTIONS = 100

/**
 * Makes a gateway of a protocol's definition: `createHub({ gateways: [defineGateway({...})] })`, or the default export of
 * the file given to `wirehub serve --gateway ./mine.js`. It inherits what every gateway has: authentication, permissions, limits, scrubbing, dead letters,
 * counters; and `fuzzGateway` of `@wirehub/hub/testing` tries it with hostile bytes.
 * @throws HubError WIREHUB_ERR_GATEWAY when the definition is incomplete
 */
export function defineGateway<State = undefined>(definition: GatewayDefinition<State>): GatewayFactory {
  assertComplete(definition)
  const { scheme, defaultPort, limits = {} } = definition
  const help = { stamp: stampHelp, ...definition.options }
  const bounds = {
    maxFrameBytes: limits.maxFrameBytes ?? DEFAULT_FRAME_BYTES,
    idleMs: limits.idleMs ?? 0,
    maxSubscriptions: limits.maxSubscriptions ?? DEFAULT_SUBSCRIPTIONS,
  }
  const connectionLimits: Partial<ConnectionLimits> = {
    ...(limits.maxPendingBytes !== undefined && { maxPendingBytes: limits.maxPendingBytes }),
    ...(limits.messagesPerSecond !== undefined && { messagesPerSecond: limits.messagesPerSecond }),
  }
  return {
    manifest: { scheme, ...(defaultPort !== undefined && { defaultPort }), options: help, limits: connectionLimits },
    create(url, context) {
      const options = new UrlOptions(url)
      options.assertKnown(Object.keys(help))
      const all = { ...bounds, stampFields: stampsOf(options) }
      return { open: (connection) => new CustomCodec(connection, context, definition, all, url.options) }
    },
  }
}

/**
 * The gateway in what a user's module exports: its default export, made by `defineGateway` or a bare definition.
 * @param exported the module's namespace
 * @param place the file, for the error
 * @throws HubError WIREHUB_ERR_GATEWAY when there is none in it
 */
export function gatewayFrom(exported: unknown, place: string): GatewayFactory {
  const found = (exported as { default?: unknown } | undefined)?.default
  if (typeof found === 'object' && found !== null) {
    if ('manifest' in found && 'create' in found) return found as GatewayFactory
    return defineGateway(found as GatewayDefinition<unknown>)
  }
  throw new HubError('WIREHUB_ERR_GATEWAY', 'The module has no gateway as its default export.', {
    place,
    cure: 'Write: export default defineGateway({ scheme, decode, encode })',
  })
}

function assertComplete<State>(definition: GatewayDefinition<State>): void {
  const refuse = (sentence: string): HubError =>
    new HubError('WIREHUB_ERR_GATEWAY', sentence, {
      place: `gateway ${String(definition?.scheme)}`,
      cure: 'A gateway has a scheme, decode(bytes, session) and encode(message, session); see docs/gateways.md.',
    })
  if (typeof definition !== 'object' || definition === null) throw refuse('This is no gateway.')
  if (typeof definition.scheme !== 'string' || !/^[a-z][a-z0-9-]*$/.test(definition.scheme)) {
    throw refuse('The scheme must be lower-case letters, digits and hyphens.')
  }
  for (const name of ['decode', 'encode'] as const) {
    if (typeof definition[name] !== 'function') throw refuse(`${name} is missing.`)
  }
}
