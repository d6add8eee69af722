/** `authorization { ... }` and `accounts { ... }` of a nats-server configuration. */
import type { AuthorizationConfig, HubConfig, LimitsConfig, PermissionsConfig, UserConfig } from '../types.ts'
import { ConfReader } from './conf-reader.ts'
import type { ConfEntry, ConfValue } from './conf-value.ts'
import { readLinks } from './links.ts'

const DEFAULT_EXPIRES_MS = 120_000

/** nats-server's names, and the schemes of our listeners. */
const CONNECTION_TYPES: ReadonlyMap<string, string> = new Map([
  ['STANDARD', 'nats'],
  ['WEBSOCKET', 'ws'],
  ['MQTT', 'mqtt'],
  ['MQTT_WS', 'mqtt-ws'],
  ['LEAFNODE', 'leafnode'],
  ['LEAFNODE_WS', 'leafnode-ws'],
  ['IN_PROCESS', 'in-process'],
])

/** Reads the `authorization` block; its timeout goes to the limits. */
export function readAuthorization(top: ConfReader, limits: LimitsConfig): AuthorizationConfig {
  const block = top.map('authorization')
  const result: AuthorizationConfig = {}
  if (block === undefined) return result
  const timeout = block.durationMs('timeout')
  if (timeout !== undefined) limits.authenticationTimeoutMs = timeout
  const token = block.string('token')
  if (token !== undefined) result.token = token
  const user = block.string('user', 'username')
  const password = block.string('pass', 'password')
  const defaults = readPermissions(block, 'default_permissions', 'default_permission', 'defaultpermissions')
  if (defaults !== undefined) result.defaultPermissions = defaults
  const users = readUsers(block, undefined)
  if (user !== undefined) {
    const single: UserConfig = { user, password: password ?? '' }
    const permissions = readPermissions(block, 'permissions', 'permission', 'authorization')
    if (permissions !== undefined) single.permissions = permissions
    users.unshift(single)
  }
  if (users.length > 0) result.users = users
  const callout = block.entry('auth_callout')
  if (callout !== undefined) block.wrong(callout, 'no auth callout; use users and accounts')
  block.finish(['permissions', 'permission', 'proxy_required'])
  return result
}

/** Reads `accounts`: their users join the others, with the account's name. */
export function readAccounts(top: ConfReader, config: HubConfig, authorization: AuthorizationConfig): void {
  const entry = top.entry('accounts')
  if (entry?.value.kind === 'array') {
    config.accounts = Object.fromEntries(
      entry.value.items.map((item) => [String('value' in item ? item.value : ''), {}]),
    )
    return
  }
  const block = top.map('accounts')
  if (block === undefined) return
  config.accounts = {}
  for (const entry of block.entries()) {
    if (entry.value.kind !== 'map') {
      block.wrong(entry, 'a block { ... }')
      continue
    }
    const account = new ConfReader(entry.value, block.pathOf(entry.key), block.problems)
    const users = readUsers(account, entry.key)
    const defaults = readPermissions(account, 'default_permissions', 'default_permission')
    for (const user of users) if (defaults !== undefined) user.permissions ??= defaults
    if (users.length > 0) authorization.users = [...(authorization.users ?? []), ...users]
    const limits = account.map('limits')
    config.accounts[entry.key] = {
      maxConnections: positive(limits?.number('max_connections', 'max_conn')),
      maxSubscriptions: positive(limits?.number('max_subscriptions', 'max_subs')),
    }
    Object.assign(config.accounts[entry.key], readLinks(account))
    account.finish(['jetstream', 'msg_trace', 'trace_dest', 'cluster_traffic', 'nkey'])
  }
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}

function readUsers(block: ConfReader, account: string | undefined): UserConfig[] {
  const users: UserConfig[] = []
  for (const item of block.items('users')) {
    if (item.kind !== 'map') {
      block.wrong({ key: 'users', place: item }, 'blocks { user: ..., password: ... }')
      continue
    }
    const reader = new ConfReader(item, block.pathOf('users'), block.problems)
    const user: UserConfig = {}
    const name = reader.string('user', 'username')
    const password = reader.string('pass', 'password')
    const nkey = reader.string('nkey')
    const permissions = readPermissions(reader, 'permissions', 'permission', 'authorization')
    if (name !== undefined) user.user = name
    if (password !== undefined) user.password = password
    if (nkey !== undefined) user.nkey = nkey
    if (account !== undefined) user.account = account
    if (permissions !== undefined) user.permissions = permissions
    if (name === undefined && nkey === undefined) block.wrong({ key: 'users', place: item }, 'user or nkey')
    const types = readConnectionTypes(reader)
    if (types !== undefined) user.protocols = types
    reader.finish(['proxy_required'])
    users.push(user)
  }
  return users
}

function readConnectionTypes(reader: ConfReader): string[] | undefined {
  const entry = reader.entry('allowed_connection_types', 'connection_types', 'clients')
  if (entry === undefined) return undefined
  const types = reader.strings('allowed_connection_types', 'connection_types', 'clients')
  return types.map(
    (type) => CONNECTION_TYPES.get(type.toUpperCase()) ?? reader.wrong(entry, 'STANDARD, WEBSOCKET, MQTT') ?? '',
  )
}

function readPermissions(block: ConfReader, ...names: string[]): PermissionsConfig | undefined {
  const reader = block.map(...names)
  if (reader === undefined) return undefined
  const permissions: PermissionsConfig = {}
  const publish = readRules(reader, reader.entry('publish', 'pub', 'import'))
  const subscribe = readRules(reader, reader.entry('subscribe', 'sub', 'export'))
  if (publish !== undefined) permissions.publish = publish
  if (subscribe !== undefined) permissions.subscribe = subscribe
  const responses = reader.entry('allow_responses', 'allow_response', 'publish_allow_responses')
  if (responses !== undefined) permissions.allowResponses = readResponses(reader, responses)
  reader.finish()
  return permissions
}

function readRules(reader: ConfReader, entry: ConfEntry | undefined): PermissionsConfig['publish'] {
  if (entry === undefined) return undefined
  if (entry.value.kind !== 'map') return { allow: subjects(reader, entry, entry.value) }
  const rules = new ConfReader(entry.value, reader.pathOf(entry.key), reader.problems)
  const allow = rules.entry('allow')
  const deny = rules.entry('deny')
  rules.finish()
  return {
    allow: allow === undefined ? undefined : subjects(rules, allow, allow.value),
    deny: deny === undefined ? undefined : subjects(rules, deny, deny.value),
  }
}

function subjects(reader: ConfReader, entry: ConfEntry, value: ConfValue): string[] {
  const items = value.kind === 'array' ? value.items : [value]
  const result: string[] = []
  for (const item of items) {
    if (item.kind === 'string') result.push(item.value)
    else reader.wrong(entry, 'a subject or a list of subjects')
  }
  return result
}

function readResponses(reader: ConfReader, entry: ConfEntry): PermissionsConfig['allowResponses'] {
  if (entry.value.kind === 'boolean') return entry.value.value
  const block = reader.map(entry.key.toLowerCase())
  if (block === undefined) return undefined
  const result = {
    max: block.number('max', 'max_msgs', 'max_messages', 'max_responses') ?? 1,
    expiresMs: DEFAULT_EXPIRES_MS,
  }
  result.expiresMs = block.durationMs('expires', 'expiration', 'ttl') ?? DEFAULT_EXPIRES_MS
  block.finish()
  return result
}
