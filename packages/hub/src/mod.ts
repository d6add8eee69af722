/**
 * The event hub: receives, scrubs, queues and broadcasts messages over TCP.
 * @module
 */
export { HubCore, type HubCounters, type LogLevel, type LogSink } from './assembly/hub-core.ts'
export type { BoundAddress } from './assembly/listener.ts'
export { parseNatsConf } from './config/nats/conf-parser.ts'
export { type InterpretedNatsConf, interpretNatsConf, type NatsServerSettings } from './config/nats/interpret.ts'
export {
  type FilePlace,
  type LocatedConfig,
  type Locator,
  parseConfig,
  parseData,
  parseLocatedConfig,
} from './config/parse-yaml.ts'
export { ConfigError, type ConfigProblem, formatProblem } from './config/problem.ts'
export type { HubConfig, ListenerConfig, ScrubPart, TlsConfig } from './config/types.ts'
export { type Authenticator, type Credentials, type Identity, openDoor } from './core/authenticator.ts'
export type { CloseReason } from './core/connection.ts'
export type {
  Clock,
  Environment,
  ListenAddress,
  Network,
  Random,
  StreamServer,
  StreamSocket,
  Timer,
} from './core/environment.ts'
export type { Codec, Gateway, GatewayContext, GatewayFactory, GatewayManifest, HubIdentity } from './core/gateway.ts'
export { encodeHeaders, type ParsedHeaders, parseHeaders } from './core/headers.ts'
export {
  assertLimits,
  type ConnectionLimits,
  defaultConnectionLimits,
  defaultHubLimits,
  type HubLimits,
} from './core/limits.ts'
export { isLoopback, type ListenerUrl, parseListenerUrl } from './core/listener-url.ts'
export { nearestKey } from './core/nearest.ts'
export type { Permissions } from './core/permissions.ts'
export { nodeEnvironment } from './edge/node.ts'
export { createHub, type HubOptions } from './embedded/create-hub.ts'
export type { SubscribeOptions } from './embedded/embedded-subscription.ts'
export type { EventMap } from './embedded/event-map.ts'
export { Hub, type PublishOptions, type RequestOptions } from './embedded/hub.ts'
export type { HubHeaders, HubMessage } from './embedded/hub-message.ts'
export type { HubSubscription } from './embedded/hub-subscription.ts'
export type { HubScrubOptions } from './embedded/scrub-options.ts'
export { HubError, type HubErrorCode } from './errors.ts'
export { defineGateway, gatewayFrom } from './gateways/custom/define.ts'
export type {
  Decoded,
  DecodedMessage,
  GatewayDefinition,
  GatewayLimits,
  GatewaySession,
  OutgoingMessage,
} from './gateways/custom/definition.ts'
export { linesGateway } from './gateways/lines/gateway.ts'
export { memberValue } from './gateways/lines/members.ts'
export { natsGateway } from './gateways/nats/gateway.ts'
export { rawGateway } from './gateways/raw/gateway.ts'
export { matches, parseLiteral, parsePattern, subjectKind } from './routing/subject.ts'
export type { SecurityOptions, UserOptions } from './security/options.ts'
export { makeScramVerifier } from './security/scram.ts'
export { checkConfig } from './service/check.ts'
export { HubService, type HubServiceOptions } from './service/hub-service.ts'
export type { ConfigFiles } from './service/resolve.ts'
export { keyRingOf, located, schemasOf } from './service/scrub.ts'
export { NATS_VERSION, VERSION } from './version.ts'
