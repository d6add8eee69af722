/** nats-server's command line: one dash or two, `-p 4222` or `-p=4222`. Source: `nats-server --help`. */
import { HubError } from '@wirehub/hub'

/** What the flags say. */
export interface NatsServerFlags {
  host?: string
  port?: number
  httpPort?: number
  httpsPort?: number
  config?: string
  pidFile?: string
  portsFileDir?: string
  logFile?: string
  serverName?: string
  clientAdvertise?: string
  user?: string
  password?: string
  token?: string
  tls: boolean
  tlsCert?: string
  tlsKey?: string
  tlsCa?: string
  tlsVerify: boolean
  jetstream: boolean
  storeDir?: string
  debug: boolean
  trace: boolean
  maxPayload?: number
  maxConnections?: number
  testConfig: boolean
  help: boolean
  version: boolean
  signal?: string
  /** Flags that are accepted and do nothing here. */
  ignored: string[]
}

type Setter = (flags: NatsServerFlags, value: string, flag: string) => void

const text =
  (
    key:
      | 'host'
      | 'config'
      | 'pidFile'
      | 'portsFileDir'
      | 'logFile'
      | 'serverName'
      | 'clientAdvertise'
      | 'user'
      | 'password'
      | 'token'
      | 'tlsCert'
      | 'tlsKey'
      | 'tlsCa'
      | 'storeDir'
      | 'signal',
  ): Setter =>
  (flags, value) => {
    flags[key] = value
  }

const number =
  (key: 'port' | 'httpPort' | 'httpsPort' | 'maxPayload' | 'maxConnections'): Setter =>
  (flags, value, flag) => {
    const parsed = Number(value)
    if (!Number.isInteger(parsed))
      throw new HubError('WIREHUB_ERR_USAGE', `${flag} takes a whole number.`, { place: value })
    flags[key] = parsed
  }

const ignoredValue: Setter = (flags, _value, flag) => void flags.ignored.push(flag)

const withValue: Record<string, Setter> = {
  a: text('host'),
  addr: text('host'),
  net: text('host'),
  p: number('port'),
  port: number('port'),
  m: number('httpPort'),
  http_port: number('httpPort'),
  ms: number('httpsPort'),
  https_port: number('httpsPort'),
  c: text('config'),
  config: text('config'),
  P: text('pidFile'),
  pid: text('pidFile'),
  ports_file_dir: text('portsFileDir'),
  l: text('logFile'),
  log: text('logFile'),
  n: text('serverName'),
  name: text('serverName'),
  server_name: text('serverName'),
  client_advertise: text('clientAdvertise'),
  user: text('user'),
  pass: text('password'),
  auth: text('token'),
  tlscert: text('tlsCert'),
  tlskey: text('tlsKey'),
  tlscacert: text('tlsCa'),
  sd: text('storeDir'),
  store_dir: text('storeDir'),
  signal: text('signal'),
  sl: text('signal'),
  max_payload: number('maxPayload'),
  max_connections: number('maxConnections'),
  routes: ignoredValue,
  cluster: ignoredValue,
  cluster_name: ignoredValue,
  cluster_listen: ignoredValue,
  cluster_advertise: ignoredValue,
  connect_retries: ignoredValue,
  profile: ignoredValue,
  log_size_limit: ignoredValue,
  r: ignoredValue,
  remote_syslog: ignoredValue,
}

const switches: Record<string, (flags: NatsServerFlags, on: boolean) => void> = {
  js: (flags, on) => void (flags.jetstream = on),
  jetstream: (flags, on) => void (flags.jetstream = on),
  D: (flags, on) => void (flags.debug = on),
  debug: (flags, on) => void (flags.debug = on),
  V: (flags, on) => void (flags.trace = on),
  trace: (flags, on) => void (flags.trace = on),
  DV: (flags, on) => void (flags.debug = flags.trace = on),
  VV: (flags, on) => void (flags.trace = on),
  DVV: (flags, on) => void (flags.debug = flags.trace = on),
  tls: (flags, on) => void (flags.tls = on),
  tlsverify: (flags, on) => void (flags.tlsVerify = on),
  t: (flags, on) => void (flags.testConfig = on),
  h: (flags, on) => void (flags.help = on),
  help: (flags, on) => void (flags.help = on),
  v: (flags, on) => void (flags.version = on),
  version: (flags, on) => void (flags.version = on),
  s: (flags) => void flags.ignored.push('-s'),
  syslog: (flags) => void flags.ignored.push('-syslog'),
  T: (flags) => void flags.ignored.push('-T'),
  logtime: (flags) => void flags.ignored.push('-logtime'),
  logtime_utc: (flags) => void flags.ignored.push('-logtime_utc'),
  no_advertise: (flags) => void flags.ignored.push('-no_advertise'),
  force_start_auth: () => {},
}

/** Parses nats-server's flags. @throws HubError WIREHUB_ERR_USAGE for one that it does not have */
export function parseNatsServerFlags(args: readonly string[]): NatsServerFlags {
  const flags: NatsServerFlags = {
    tls: false,
    tlsVerify: false,
    jetstream: false,
    debug: false,
    trace: false,
    testConfig: false,
    help: false,
    version: false,
    ignored: [],
  }
  for (let at = 0; at < args.length; at++) {
    const match = /^--?([A-Za-z_]+)(?:=(.*))?$/s.exec(args[at])
    const name = match?.[1] ?? ''
    if (match !== null && Object.hasOwn(switches, name)) {
      switches[name](flags, match[2] === undefined || !/^(false|0|f)$/i.test(match[2]))
      continue
    }
    const setter = match !== null && Object.hasOwn(withValue, name) ? withValue[name] : undefined
    if (setter === undefined) {
      throw new HubError('WIREHUB_ERR_USAGE', `nats-server has no flag '${args[at]}'.`, {
        cure: 'See wirehub nats-server --help.',
      })
    }
    const value = match?.[2] ?? args[++at]
    if (value === undefined) throw new HubError('WIREHUB_ERR_USAGE', `${args[at - 1]} needs a value.`)
    setter(flags, value, `-${name}`)
  }
  return flags
}
