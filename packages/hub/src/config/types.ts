/** The configuration as data. What each key means stands in docs/configuration.md. */
import type { ConnectionLimits, HubLimits } from '../core/limits.ts'

/** One subject or several. */
export type Subjects = string | string[]

/** What a user may do; a list is an allow list. */
export interface PermissionsConfig {
  publish?: Subjects | { allow?: Subjects | undefined; deny?: Subjects | undefined } | undefined
  subscribe?: Subjects | { allow?: Subjects | undefined; deny?: Subjects | undefined } | undefined
  allowResponses?: boolean | { max?: number | undefined; expiresMs?: number | undefined } | undefined
}

/** One user: a name with a password (plain, bcrypt or SCRAM verifier), or an nkey. */
export interface UserConfig {
  user?: string | undefined
  password?: string | undefined
  passwordFile?: string | undefined
  nkey?: string | undefined
  account?: string | undefined
  /** Schemes of the listeners that this user may come by; default: all. */
  protocols?: string[] | undefined
  permissions?: PermissionsConfig | undefined
}

/** Who may connect. */
export interface AuthorizationConfig {
  token?: string | undefined
  tokenFile?: string | undefined
  users?: UserConfig[] | undefined
  defaultPermissions?: PermissionsConfig | undefined
  noAuthUser?: string | undefined
}

/** Certificates and how they are used; file names are relative to the configuration file. */
export interface TlsConfig {
  cert: string
  key: string
  ca?: string | undefined
  verify?: boolean | undefined
  verifyAndMap?: boolean | undefined
  handshakeFirst?: boolean | undefined
  required?: boolean | undefined
  minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  ciphers?: string | undefined
  timeoutMs?: number | undefined
}

/** A listener with its own limits or certificates. */
export interface ListenerConfig {
  url: string
  limits?: Partial<ConnectionLimits> | undefined
  tls?: TlsConfig | undefined
}

/** All limits together. */
export type LimitsConfig = Partial<ConnectionLimits> & Partial<HubLimits>

/** Scrubbing: what the hub itself reads of it; the rest is `ScrubConfig` of @wirehub/scrub. */
export interface ScrubPart {
  /** Oldest first; the last one makes, all of them read. */
  keys?: { id: string; secret?: string | undefined; secretFile?: string | undefined }[] | undefined
  /** Where tokens remember what they stand for; without it they are forgotten with the process. */
  vaultFile?: string | undefined
  /** Whether `$HUB.TAP.before.>` may show messages as they were before scrubbing. */
  tap?: boolean | undefined
  mode?: unknown
  policies?: unknown
  detectors?: unknown
  maxFindings?: unknown
}

/** What an account lets others hear or ask. */
export interface ExportConfig {
  stream?: string | undefined
  service?: string | undefined
  accounts?: string[] | undefined
  manyResponses?: boolean | undefined
}

/** What an account takes of another. */
export interface ImportConfig {
  stream?: string | undefined
  service?: string | undefined
  account: string
  to?: string | undefined
  share?: boolean | undefined
}

/** One account. */
export interface AccountConfig {
  maxConnections?: number | undefined
  maxSubscriptions?: number | undefined
  exports?: ExportConfig[] | undefined
  imports?: ImportConfig[] | undefined
  mappings?: Record<string, string | { destination: string; weight?: number | undefined }[]> | undefined
}

/** The whole configuration. */
export interface HubConfig {
  serverName?: string | undefined
  listen?: (string | ListenerConfig)[] | undefined
  connect?: string[] | undefined
  gateways?: string[] | undefined
  insecure?: boolean | undefined
  stampHeaders?: boolean | undefined
  limits?: LimitsConfig | undefined
  authorization?: AuthorizationConfig | undefined
  accounts?: Record<string, AccountConfig> | undefined
  tls?: TlsConfig | undefined
  scrub?: ScrubPart | undefined
  log?:
    | { level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | undefined; format?: 'text' | 'json' | undefined }
    | undefined
}
