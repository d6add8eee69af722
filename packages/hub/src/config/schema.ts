/** What `wirehub.yaml` may hold, checked. */
import * as v from 'valibot'
import type { HubConfig } from './types.ts'

const positive = v.pipe(v.number(), v.integer(), v.minValue(1))
const nonNegative = v.pipe(v.number(), v.integer(), v.minValue(0))
const ratio = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const text = v.pipe(v.string(), v.minLength(1))
const subjects = v.union([text, v.array(text)])

/** Limits of the connections of a listener. */
const connectionLimitsSchema = v.strictObject({
  maxPayloadBytes: v.optional(positive),
  maxControlLineBytes: v.optional(positive),
  maxPendingBytes: v.optional(positive),
  pressureRatio: v.optional(ratio),
  pressurePauseMs: v.optional(nonNegative),
  writeDeadlineMs: v.optional(positive),
  tlsTimeoutMs: v.optional(positive),
  authenticationTimeoutMs: v.optional(positive),
  pingIntervalMs: v.optional(positive),
  maxPingsOut: v.optional(positive),
  maxSubscriptions: v.optional(positive),
  messagesPerSecond: v.optional(nonNegative),
  bytesPerSecond: v.optional(nonNegative),
})

const limitsSchema = v.strictObject({
  ...connectionLimitsSchema.entries,
  maxConnections: v.optional(positive),
  maxConnectionsPerAddress: v.optional(nonNegative),
  maxHalfOpenPerAddress: v.optional(nonNegative),
  outputPoolBytes: v.optional(positive),
  memoryPressureRatio: v.optional(ratio),
  maxClosedConnections: v.optional(nonNegative),
  drainTimeoutMs: v.optional(positive),
})

const subjectRulesSchema = v.union([
  subjects,
  v.strictObject({ allow: v.optional(subjects), deny: v.optional(subjects) }),
])

/** What a user may do. */
const permissionsSchema = v.strictObject({
  publish: v.optional(subjectRulesSchema),
  subscribe: v.optional(subjectRulesSchema),
  allowResponses: v.optional(
    v.union([v.boolean(), v.strictObject({ max: v.optional(positive), expiresMs: v.optional(positive) })]),
  ),
})

const userSchema = v.strictObject({
  user: v.optional(text),
  password: v.optional(text),
  passwordFile: v.optional(text),
  nkey: v.optional(text),
  account: v.optional(text),
  protocols: v.optional(v.array(text)),
  permissions: v.optional(permissionsSchema),
})

const authorizationSchema = v.strictObject({
  token: v.optional(text),
  tokenFile: v.optional(text),
  users: v.optional(v.array(userSchema)),
  defaultPermissions: v.optional(permissionsSchema),
  noAuthUser: v.optional(text),
})

const tlsSchema = v.strictObject({
  cert: text,
  key: text,
  ca: v.optional(text),
  verify: v.optional(v.boolean()),
  verifyAndMap: v.optional(v.boolean()),
  handshakeFirst: v.optional(v.boolean()),
  required: v.optional(v.boolean()),
  minVersion: v.optional(v.picklist(['TLSv1.2', 'TLSv1.3'])),
  ciphers: v.optional(text),
  timeoutMs: v.optional(positive),
})

const listenerSchema = v.union([
  text,
  v.strictObject({ url: text, limits: v.optional(connectionLimitsSchema), tls: v.optional(tlsSchema) }),
])

const exportSchema = v.strictObject({
  stream: v.optional(text),
  service: v.optional(text),
  accounts: v.optional(v.array(text)),
  manyResponses: v.optional(v.boolean()),
})

const importSchema = v.strictObject({
  stream: v.optional(text),
  service: v.optional(text),
  account: text,
  to: v.optional(text),
  share: v.optional(v.boolean()),
})

const accountSchema = v.strictObject({
  maxConnections: v.optional(positive),
  maxSubscriptions: v.optional(positive),
  exports: v.optional(v.array(exportSchema)),
  imports: v.optional(v.array(importSchema)),
  mappings: v.optional(
    v.record(text, v.union([text, v.array(v.strictObject({ destination: text, weight: v.optional(v.number()) }))])),
  ),
})

/** Policies are checked by the compiler of @wirehub/scrub. */
const scrubSchema = v.strictObject({
  keys: v.optional(v.array(v.strictObject({ id: text, secret: v.optional(text), secretFile: v.optional(text) }))),
  vaultFile: v.optional(text),
  tap: v.optional(v.boolean()),
  mode: v.optional(v.unknown()),
  policies: v.optional(v.unknown()),
  detectors: v.optional(v.unknown()),
  maxFindings: v.optional(v.unknown()),
})

/** The whole file. */
export const configSchema: v.GenericSchema<unknown, HubConfig> = v.strictObject({
  serverName: v.optional(text),
  listen: v.optional(v.array(listenerSchema)),
  connect: v.optional(v.array(text)),
  gateways: v.optional(v.array(text)),
  insecure: v.optional(v.boolean()),
  stampHeaders: v.optional(v.boolean()),
  limits: v.optional(limitsSchema),
  authorization: v.optional(authorizationSchema),
  accounts: v.optional(v.record(text, accountSchema)),
  tls: v.optional(tlsSchema),
  scrub: v.optional(scrubSchema),
  log: v.optional(
    v.strictObject({
      level: v.optional(v.picklist(['trace', 'debug', 'info', 'warn', 'error'])),
      format: v.optional(v.picklist(['text', 'json'])),
    }),
  ),
})
