/** What a nats-server configuration means for this hub. Source: NATS documentation, "Server configuration". */
import { ConfigError, type ConfigProblem } from '../problem.ts'
import type { HubConfig, LimitsConfig, ListenerConfig } from '../types.ts'
import { readAccounts, readAuthorization } from './authorization.ts'
import { ConfReader } from './conf-reader.ts'
import type { ConfMap } from './conf-value.ts'
import { readMappings } from './links.ts'
import { readTls } from './tls.ts'
import { readWebSocket } from './web-socket.ts'

/** What nats-server has and a hub's own configuration does not. */
export interface NatsServerSettings {
  host: string | undefined
  port: number | undefined
  httpHost: string | undefined
  httpPort: number | undefined
  pidFile: string | undefined
  portsFileDir: string | undefined
  logFile: string | undefined
  debug: boolean
  trace: boolean
  jetstream: boolean
  storeDir: string | undefined
  clientAdvertise: string | undefined
  /** Clients may stay in plain text although there is TLS, be it from the file or from the command line. */
  allowNonTls: boolean
  /** Clients may send and get headers. */
  headers: boolean
  lameDuckDurationMs: number | undefined
  lameDuckGracePeriodMs: number | undefined
  /** The WebSocket listener, if there is one. */
  webSocket: ListenerConfig | undefined
}

/** The meaning of a configuration. */
export interface InterpretedNatsConf {
  readonly config: HubConfig
  readonly settings: NatsServerSettings
  /** Blocks that were accepted and do nothing, one sentence each. */
  readonly notices: readonly string[]
}

const IGNORED_BLOCKS: Record<string, string> = {
  cluster: 'clusters are not supported: this server runs alone',
  gateway: 'gateways between clusters are not supported',
  leafnodes: 'leaf nodes are not supported',
  leaf: 'leaf nodes are not supported',
  mqtt: 'this listener is not offered by nats-server configurations yet',
}

const OPERATOR_KEYS = [
  'operator',
  'operators',
  'root',
  'roots',
  'root_operator',
  'root_operators',
  'resolver',
  'account_resolver',
  'accounts_resolver',
  'trusted_keys',
  'trusted',
]

const UNUSED = [
  'syslog',
  'remote_syslog',
  'logtime',
  'logtime_utc',
  'log_size_limit',
  'logfile_size_limit',
  'logfile_max_num',
  'log_max_num',
  'trace_verbose',
  'prof_port',
  'disable_sublist_cache',
  'connect_error_reports',
  'reconnect_error_reports',
  'max_traced_msg_len',
  'reject_unknown_pub_ack_quota',
  'server_tags',
  'default_js_domain',
  'always_enable_nonce',
  'no_fast_producer_stall',
  'http_base_path',
  'https',
  'https_port',
  'system_account',
  'resolver_preload',
  'no_sys_acc',
  'ocsp',
  'default_sentinel',
  'no_sublist_cache',
  'prof_block_rate',
  'max_sub_tokens',
  'max_subscription_tokens',
  'system',
  'no_system',
  'no_system_account',
  'ocsp_cache',
  'resolver_tls',
  'resolver_pinned_accounts',
]

/**
 * Interprets a configuration.
 * @throws ConfigError with every unknown field and every value that makes no sense
 */
export function interpretNatsConf(map: ConfMap): InterpretedNatsConf {
  const problems: ConfigProblem[] = []
  const notices: string[] = []
  const top = new ConfReader(map, '', problems)
  const listen = top.hostPort('listen')
  const http = top.hostPort('http')
  const settings: NatsServerSettings = {
    host: top.string('host', 'net', 'addr') ?? listen.host,
    port: top.number('port') ?? listen.port,
    httpHost: http.host,
    httpPort: top.number('http_port', 'monitor_port') ?? http.port,
    pidFile: top.string('pid_file', 'pidfile'),
    portsFileDir: top.string('ports_file_dir'),
    logFile: top.string('log_file', 'logfile'),
    debug: top.boolean('debug') ?? false,
    trace: top.boolean('trace') ?? false,
    ...readJetStream(top),
    clientAdvertise: top.string('client_advertise'),
    allowNonTls: top.boolean('allow_non_tls') === true,
    headers: top.boolean('no_header_support') !== true,
    lameDuckDurationMs: top.durationMs('lame_duck_duration'),
    lameDuckGracePeriodMs: top.durationMs('lame_duck_grace_period'),
    webSocket: readWebSocket(top, notices),
  }
  const config: HubConfig = { limits: readLimits(top) }
  const name = top.string('server_name')
  if (name !== undefined) config.serverName = name
  const authorization = readAuthorization(top, config.limits as LimitsConfig)
  readAccounts(top, config, authorization)
  const mappings = readMappings(top)
  if (mappings !== undefined) config.accounts = { ...config.accounts, $G: { ...config.accounts?.$G, mappings } }
  const noAuthUser = top.string('no_auth_user')
  if (noAuthUser !== undefined) authorization.noAuthUser = noAuthUser
  if (Object.keys(authorization).length > 0) config.authorization = authorization
  const tls = readTls(top, !settings.allowNonTls)
  if (tls !== undefined) {
    config.tls = tls
    if (tls.timeoutMs !== undefined && config.limits !== undefined)
      config.limits.authenticationTimeoutMs ??= tls.timeoutMs + 1000
  }
  for (const [key, sentence] of Object.entries(IGNORED_BLOCKS)) {
    if (top.entry(key) !== undefined) notices.push(`${key}: ${sentence}; the block is ignored`)
  }
  for (const key of OPERATOR_KEYS) {
    const entry = top.entry(key)
    if (entry !== undefined) top.wrong(entry, 'no JWT operator mode; use users and accounts')
  }
  top.finish(UNUSED)
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, settings, notices }
}

function readLimits(top: ConfReader): LimitsConfig {
  const limits: LimitsConfig = {}
  const set = <K extends keyof LimitsConfig>(key: K, value: number | undefined): void => {
    if (value !== undefined && value > 0) limits[key] = value as LimitsConfig[K]
  }
  set('maxPayloadBytes', top.number('max_payload'))
  set('maxConnections', top.number('max_connections', 'max_conn'))
  set('maxControlLineBytes', top.number('max_control_line'))
  set('maxPendingBytes', top.number('max_pending'))
  set('maxSubscriptions', top.number('max_subscriptions', 'max_subs'))
  set('pingIntervalMs', top.durationMs('ping_interval'))
  set('maxPingsOut', top.number('ping_max'))
  set('maxClosedConnections', top.number('max_closed_clients'))
  set('writeDeadlineMs', top.durationMs('write_deadline'))
  return limits
}

function readJetStream(top: ConfReader): { jetstream: boolean; storeDir: string | undefined } {
  const entry = top.entry('jetstream')
  const storeDir = top.string('store_dir', 'storedir')
  if (entry === undefined) return { jetstream: false, storeDir }
  if (entry.value.kind === 'map') {
    const block = top.map('jetstream') as ConfReader
    const enabled = block.boolean('enabled', 'enable') ?? true
    return { jetstream: enabled, storeDir: block.string('store_dir', 'storedir') ?? storeDir }
  }
  if (entry.value.kind === 'boolean') return { jetstream: entry.value.value, storeDir }
  return { jetstream: /^enabled?$/i.test(entry.value.kind === 'string' ? entry.value.value : ''), storeDir }
}
