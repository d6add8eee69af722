/** Flags and configuration file together: what is to be run. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type HubConfig,
  HubError,
  type InterpretedNatsConf,
  type ListenerConfig,
  type NatsServerSettings,
  type TlsConfig,
} from '@wirehub/hub'
import type { NatsServerFlags } from './flags.ts'
import type { LogDetail } from './log.ts'
import { readNatsConf } from './read-conf.ts'

const DEFAULT_HOST = '0.0.0.0'
const DEFAULT_PORT = 4222
// nats-server's defaults.
const DEFAULT_LAME_DUCK_MS = 120_000
const DEFAULT_LAME_DUCK_GRACE_MS = 10_000

/** Everything decided. */
export interface Settled {
  readonly config: HubConfig
  readonly notices: readonly string[]
  readonly pidFile: string | undefined
  readonly portsFileDir: string | undefined
  readonly logFile: string | undefined
  readonly detail: LogDetail
  readonly lameDuck: { readonly durationMs: number; readonly gracePeriodMs: number }
}

/** Flags go over the file. @throws HubError */
export function settle(flags: NatsServerFlags): Settled {
  const empty: InterpretedNatsConf = { config: {}, settings: {} as NatsServerSettings, notices: [] }
  const { config, settings, notices } = flags.config === undefined ? empty : readNatsConf(flags.config, process.env)
  const result: HubConfig = {
    ...config,
    // An explicit host is obeyed: nats-server itself listens on every address unless told otherwise.
    insecure: true,
    listen: listenersOf(flags, settings),
  }
  const serverName = flags.serverName ?? config.serverName
  if (serverName !== undefined) result.serverName = serverName
  const limits = { ...config.limits }
  if (flags.maxPayload !== undefined) limits.maxPayloadBytes = flags.maxPayload
  if (flags.maxConnections !== undefined) limits.maxConnections = flags.maxConnections
  result.limits = limits
  if (flags.token !== undefined) result.authorization = { token: flags.token }
  if (flags.user !== undefined) result.authorization = { users: [{ user: flags.user, password: flags.password ?? '' }] }
  const tls = tlsOf(flags, config.tls, settings.allowNonTls)
  if (tls !== undefined) result.tls = tls
  return {
    config: result,
    notices: [...notices, ...jetStreamNotices(flags, settings)],
    pidFile: flags.pidFile ?? settings.pidFile,
    portsFileDir: flags.portsFileDir ?? settings.portsFileDir,
    logFile: flags.logFile ?? settings.logFile,
    detail: { debug: flags.debug || settings.debug === true, trace: flags.trace || settings.trace === true },
    lameDuck: {
      durationMs: settings.lameDuckDurationMs ?? DEFAULT_LAME_DUCK_MS,
      gracePeriodMs: settings.lameDuckGracePeriodMs ?? DEFAULT_LAME_DUCK_GRACE_MS,
    },
  }
}

function listenersOf(flags: NatsServerFlags, settings: NatsServerSettings): (string | ListenerConfig)[] {
  const host = (flags.host ?? settings.host ?? DEFAULT_HOST).replace(/^\[|\]$/g, '')
  const port = flags.port ?? settings.port ?? DEFAULT_PORT
  const httpPort = flags.httpPort ?? settings.httpPort
  const address = host.includes(':') ? `[${host}]` : host
  const advertise = flags.clientAdvertise ?? settings.clientAdvertise
  // Every address means both families, as it does in Go.
  const options = new URLSearchParams({ dual: 'true' })
  if (flags.trace || settings.trace === true) options.set('trace', 'true')
  if (settings.headers === false) options.set('headers', 'false')
  const own = advertise === undefined ? '' : `&advertise=${encodeURIComponent(advertise)}`
  const listeners: (string | ListenerConfig)[] = [`nats://${address}:${port === -1 ? 0 : port}?${options}${own}`]
  if (httpPort !== undefined && httpPort !== 0) {
    const monitor = `${settings.httpHost ?? address}:${httpPort === -1 ? 0 : httpPort}`
    listeners.push(`http://${monitor}?auth=none&dual=true`)
  }
  const { webSocket } = settings
  if (webSocket !== undefined) listeners.push({ ...webSocket, url: `${webSocket.url}&${options}` })
  return listeners
}

function jetStreamNotices(flags: NatsServerFlags, settings: NatsServerSettings): string[] {
  if (!flags.jetstream && !settings.jetstream) return []
  const storeDir = flags.storeDir ?? settings.storeDir
  if (storeDir !== undefined && statSync(storeDir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new HubError('WIREHUB_ERR_CONFIG', "Can't start JetStream: storage directory is not a directory.", {
      place: storeDir,
      cure: 'Name a folder.',
    })
  }
  return ['JetStream is not available yet: streams, key-value and object stores are refused']
}

function tlsOf(flags: NatsServerFlags, fromFile: TlsConfig | undefined, allowNonTls: boolean): TlsConfig | undefined {
  if (flags.tlsCert === undefined && !flags.tls && !flags.tlsVerify) return fromFile
  if (flags.tlsCert === undefined || flags.tlsKey === undefined) {
    throw new HubError('WIREHUB_ERR_USAGE', '--tls needs --tlscert and --tlskey.')
  }
  return {
    cert: resolve(flags.tlsCert),
    key: resolve(flags.tlsKey),
    ca: flags.tlsCa === undefined ? undefined : resolve(flags.tlsCa),
    verify: flags.tlsVerify,
    required: !allowNonTls,
  }
}
