/** What a nats-server configuration means for this hub. Source: NATS documentation, "Server configuration". */
import { ConfigError, type ConfigProblem } from '../problem.ts'
import type { HubConfig, LimitsConfig, TlsConfig } from '../types.ts'
import { readAccounts, readAuthorization } from './authorization.ts'
import { ConfReader } from './conf-reader.ts'
import type { ConfMap } from './conf-value.ts'

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
  /** Clients may send and get headers. */
  headers: boolean
  lameDuckDurationMs: number | undefined
  lameDuckGracePeriodMs: number | undefined
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
  mappings: 'subjects are not mapped',
  maps: 'subjects are not mapped',
  ws: 'this listener is not offered by nats-server configurations yet',
  mqtt: 'this listener is not offered by nats-server configurations yet',
  websocket: 'this listener is not offered by nats-server configurations yet',
}

const DEFAULT_AUTHENTICATION_MS = 2000

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
  'max_closed_clients',
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
  const listen = hostPort(top, 'listen')
  const http = hostPort(top, 'http')
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
    headers: top.boolean('no_header_support') !== true,
    lameDuckDurationMs: top.durationMs('lame_duck_duration'),
    lameDuckGracePeriodMs: top.durationMs('lame_duck_grace_period'),
  }
  const config: HubConfig = { limits: readLimits(top) }
  const name = top.string('server_name')
  if (name !== undefined) config.serverName = name
  const authorization = readAuthorization(top, config.limits as LimitsConfig)
  readAccounts(top, config, authorization, notices)
  const noAuthUser = top.string('no_auth_user')
  if (noAuthUser !== undefined) authorization.noAuthUser = noAuthUser
  if (Object.keys(authorization).length > 0) config.authorization = authorization
  const tls = readTls(top)
  if (tls !== undefined) {
    config.tls = tls
    // One deadline holds for handshake and CONNECT together; nats-server's is the handshake's and a second.
    if (tls.timeoutMs !== undefined && config.limits !== undefined)
      config.limits.authenticationTimeoutMs ??= Math.max(DEFAULT_AUTHENTICATION_MS, tls.timeoutMs + 1000)
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

function hostPort(top: ConfReader, key: string): { host: string | undefined; port: number | undefined } {
  const entry = top.entry(key)
  if (entry === undefined) return { host: undefined, port: undefined }
  if (entry.value.kind === 'number') return { host: undefined, port: entry.value.value }
  const match = entry.value.kind === 'string' ? /^(?:(\[.*\]|[^:]*):)?(-?\d+)$/.exec(entry.value.value) : null
  if (match === null) {
    top.wrong(entry, 'host:port, or a port')
    return { host: undefined, port: undefined }
  }
  const host = match[1]?.replace(/^\[|\]$/g, '')
  return { host: host === '' ? undefined : host, port: Number(match[2]) }
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

function readTls(top: ConfReader): TlsConfig | undefined {
  const block = top.map('tls')
  const allowNonTls = top.boolean('allow_non_tls')
  if (block === undefined) return undefined
  // Of several certificates the first is used.
  const several = block.items('certs', 'certificates')[0]
  const pair = several?.kind === 'map' ? new ConfReader(several, block.pathOf('certs'), block.problems) : block
  const cert = pair.string('cert_file')
  const key = pair.string('key_file')
  const handshakeFirst = block.entry('handshake_first', 'first', 'immediate')?.value
  const tls: TlsConfig = {
    cert: cert ?? '',
    key: key ?? '',
    ca: block.string('ca_file'),
    verify: block.boolean('verify'),
    verifyAndMap: block.boolean('verify_and_map'),
    handshakeFirst: handshakeFirst?.kind === 'boolean' ? handshakeFirst.value : undefined,
    required: allowNonTls !== true,
    minVersion: block.string('min_version') === '1.3' ? 'TLSv1.3' : undefined,
    timeoutMs: block.durationMs('timeout'),
  }
  if (cert === undefined || key === undefined) {
    block.wrong(top.entry('tls') as never, 'a block with cert_file and key_file')
  }
  block.finish([
    'cipher_suites',
    'curve_preferences',
    'insecure',
    'ca_files',
    'pinned_certs',
    'connection_rate_limit',
    'handshake_first_fallback',
    'verify_cert_and_check_known_urls',
  ])
  return tls
}
