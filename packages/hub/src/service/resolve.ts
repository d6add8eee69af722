/** A configuration with its files read: what the hub can work with. */
import type { LinkOptions } from '../assembly/account-links.ts'
import type { HubConfig, ListenerConfig, ScrubPart, TlsConfig, UserConfig } from '../config/types.ts'
import { type ConnectionLimits, type HubLimits, splitLimits } from '../core/limits.ts'
import { assertSecureListener, parseListenerUrl } from '../core/listener-url.ts'
import type { TlsOptions } from '../edge/tls.ts'
import type { SecurityOptions, UserOptions } from '../security/options.ts'

/** Reads files named by a configuration; relative names are relative to the configuration's folder. */
export interface ConfigFiles {
  /** @throws HubError WIREHUB_ERR_CONFIG when it cannot be read */
  readText(name: string): string
  /** The file of that name, as the process can open it. */
  path?(name: string): string
  /** Where in the configuration's file something stands, when it was read from one. */
  locate?(path: readonly (string | number)[]): { file: string; line: number; column: number } | undefined
  /** Where in that file a text stands that the test finds. */
  find?(test: (text: string) => boolean): { file: string; line: number; column: number } | undefined
}

/** One listener, ready to be opened. */
export interface ResolvedListener {
  readonly url: string
  readonly limits: Partial<ConnectionLimits>
  readonly tls: TlsOptions | undefined
}

/** Everything that a configuration says, with nothing left to look up. */
export interface ResolvedConfig {
  readonly serverName: string | undefined
  readonly listeners: readonly ResolvedListener[]
  readonly connect: readonly string[]
  readonly connectionLimits: Partial<ConnectionLimits>
  readonly hubLimits: Partial<HubLimits>
  readonly security: SecurityOptions
  readonly links: Readonly<Record<string, LinkOptions>>
  readonly insecure: boolean
  readonly stampHeaders: boolean
  readonly scrub: ScrubPart | undefined
}

/** @throws HubError WIREHUB_ERR_CONFIG for a file that cannot be read */
export function resolveConfig(config: HubConfig, files: ConfigFiles, defaultListen: readonly string[]): ResolvedConfig {
  const { hub: hubLimits, connection: connectionLimits } = splitLimits(
    (config.limits ?? {}) as Partial<ConnectionLimits & HubLimits>,
  )
  const common = config.tls === undefined ? undefined : resolveTls(config.tls, files)
  const listeners = (config.listen ?? defaultListen).map((entry): ResolvedListener => {
    const own: ListenerConfig = typeof entry === 'string' ? { url: entry } : entry
    return {
      url: own.url,
      limits: { ...connectionLimits, ...tlsLimits(own.tls ?? config.tls), ...definite(own.limits) },
      tls: own.tls === undefined ? commonTls(own.url, common) : resolveTls(own.tls, files),
    }
  })
  return {
    serverName: config.serverName,
    listeners,
    connect: config.connect ?? [],
    connectionLimits,
    hubLimits,
    security: resolveSecurity(config, files),
    links: config.accounts ?? {},
    insecure: config.insecure ?? false,
    stampHeaders: config.stampHeaders ?? false,
    scrub: config.scrub,
  }
}

function tlsLimits(tls: TlsConfig | undefined): Partial<ConnectionLimits> {
  return tls?.timeoutMs === undefined ? {} : { tlsTimeoutMs: tls.timeoutMs }
}

// `tls=false` on a listener's URL keeps it in plain text where the others speak TLS.
function commonTls(url: string, common: TlsOptions | undefined): TlsOptions | undefined {
  return new URLSearchParams(url.split('?', 2)[1] ?? '').get('tls') === 'false' ? undefined : common
}

function definite<T extends object>(given: T | undefined): T {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as T
}

function resolveTls(config: TlsConfig, files: ConfigFiles): TlsOptions {
  return {
    cert: files.readText(config.cert),
    key: files.readText(config.key),
    ca: config.ca === undefined ? undefined : files.readText(config.ca),
    verify: config.verify === true || config.verifyAndMap === true,
    required: config.required,
    first: config.handshakeFirst,
    minVersion: config.minVersion,
    ciphers: config.ciphers,
  }
}

function resolveSecurity(config: HubConfig, files: ConfigFiles): SecurityOptions {
  const authorization = config.authorization ?? {}
  const accounts: Record<string, { users: UserOptions[]; limits: Record<string, number> }> = {}
  for (const [name, limits] of Object.entries(config.accounts ?? {})) {
    const { maxConnections, maxSubscriptions } = limits
    accounts[name] = { users: [], limits: definite({ maxConnections, maxSubscriptions }) as Record<string, number> }
  }
  const users: UserOptions[] = []
  for (const user of authorization.users ?? []) {
    const made = resolveUser(user, files)
    if (user.account === undefined) users.push(made)
    else {
      accounts[user.account] ??= { users: [], limits: {} }
      accounts[user.account].users.push(made)
    }
  }
  const mapCertificates = [
    config.tls,
    ...(config.listen ?? []).map((one) => (typeof one === 'string' ? undefined : one.tls)),
  ].some((tls) => tls?.verifyAndMap === true)
  return {
    token: authorization.token ?? secretFile(authorization.tokenFile, files),
    users,
    accounts,
    defaultPermissions: authorization.defaultPermissions,
    noAuthUser: authorization.noAuthUser,
    mapCertificates,
  }
}

function resolveUser(user: UserConfig, files: ConfigFiles): UserOptions {
  return {
    user: user.user,
    password: user.password ?? secretFile(user.passwordFile, files),
    nkey: user.nkey,
    protocols: user.protocols,
    permissions: user.permissions,
  }
}

function secretFile(name: string | undefined, files: ConfigFiles): string | undefined {
  return name === undefined ? undefined : files.readText(name).replace(/\r?\n$/, '')
}

/**
 * Refuses listeners that strangers could reach without showing who they are.
 * @throws HubError WIREHUB_ERR_INSECURE
 */
export function assertSecure(
  listeners: readonly ResolvedListener[],
  authenticated: boolean,
  insecure: boolean,
  defaultPortOf: (scheme: string) => number | undefined,
): void {
  if (insecure || authenticated) return
  for (const one of listeners) assertSecureListener(parseListenerUrl(one.url, defaultPortOf), false)
}
