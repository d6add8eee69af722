/** `wirehub nats-server`: runs in this very process as nats-server would: the test kits of clients wait for files named after its pid. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join, resolve } from 'node:path'
import {
  type HubConfig,
  HubError,
  HubService,
  type InterpretedNatsConf,
  type LogLevel,
  type LogSink,
  NATS_VERSION,
  type TlsConfig,
  VERSION,
} from '@wirehub/hub'
import { exitCodes } from '../command.ts'
import { filesBeside } from '../config.ts'
import { describeError } from '../describe-error.ts'
import { ending } from '../signals.ts'
import { explain } from './explain.ts'
import { type NatsServerFlags, parseNatsServerFlags } from './flags.ts'
import { natsServerHelp } from './help.ts'
import { readNatsConf } from './read-conf.ts'

const DEFAULT_HOST = '0.0.0.0'
const DEFAULT_PORT = 4222
// nats-server's lame duck mode takes two minutes by default, ten seconds of which are grace.
const DEFAULT_LAME_DUCK_MS = 120_000

interface Settled {
  readonly config: HubConfig
  readonly notices: readonly string[]
  readonly pidFile: string | undefined
  readonly portsFileDir: string | undefined
  readonly logFile: string | undefined
  readonly debug: boolean
  readonly lameDuckMs: number
}

/** Runs until told to end. */
export async function runNatsServer(args: readonly string[]): Promise<number> {
  let log: NatsLog | undefined
  try {
    return await runFlags(parseNatsServerFlags(args), args, (made) => {
      log = made
    })
  } catch (error) {
    const explained = explain(error)
    if (explained === undefined) throw error
    if (log === undefined) process.stderr.write(`${explained.text}\n`)
    else log('fatal', explained.text)
    return explained.code
  }
}

async function runFlags(
  flags: NatsServerFlags,
  args: readonly string[],
  logging: (log: NatsLog) => void,
): Promise<number> {
  if (flags.help) {
    process.stdout.write(natsServerHelp)
    return exitCodes.ok
  }
  if (flags.version) {
    process.stdout.write(`nats-server: v${NATS_VERSION} (wirehub ${VERSION})\n`)
    return exitCodes.ok
  }
  if (flags.signal !== undefined) return sendSignal(flags.signal)
  const settled = settle(flags)
  if (flags.testConfig) {
    process.stderr.write(`nats-server: configuration file ${flags.config ?? ''} is valid\n`)
    return exitCodes.ok
  }
  const log = natsLog(settled.logFile, settled.debug)
  logging(log)
  // Without this Node would open its debugger at the signal by which logs are rotated.
  process.on('SIGUSR1', () => log('info', 'The log file is opened anew for every line: nothing to do'))
  log('info', `Starting nats-server`)
  log('info', `  Version:  ${NATS_VERSION} (wirehub ${VERSION})`)
  for (const notice of [
    ...settled.notices,
    ...flags.ignored.map((flag) => `${flag} is accepted and does nothing here`),
  ])
    log('warn', notice)
  const service = await HubService.start(settled.config, {
    files: filesBeside(undefined),
    defaultListen: [],
    log,
  })
  tellStarted(service, settled, flags, log)
  const portsFile = writeFiles(settled, service)
  const ended = ending('SIGINT', 'SIGTERM', 'SIGUSR2')
  log('info', 'Server is ready')
  // Test kits start the server hundreds of times, and kill it.
  flushCompileCache?.()
  process.on('SIGHUP', () => void reload(service, args, log))
  const signal = await ended
  if (signal === 'SIGUSR2') await lameDuck(service, settled.lameDuckMs, log)
  log('info', 'Initiating Shutdown...')
  await service.close()
  if (portsFile !== undefined) rmSync(portsFile, { force: true })
  if (settled.pidFile !== undefined) rmSync(settled.pidFile, { force: true })
  log('info', 'Server Exiting..')
  return exitCodes.ok
}

function tellStarted({ hub }: HubService, settled: Settled, flags: NatsServerFlags, log: NatsLog): void {
  const { serverName, serverId } = hub.core.identity
  log('info', `  Name:     ${serverName}`)
  log('info', `  ID:       ${serverId}`)
  if (flags.config !== undefined) log('info', `Using configuration file: ${flags.config}`)
  for (const { scheme, host = '', port } of hub.addresses) {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
    if (scheme === 'http') log('info', `Starting http monitor on ${address}`)
    if (scheme === 'nats') log('info', `Listening for client connections on ${address}`)
  }
  if (settled.config.tls !== undefined && settled.config.tls.required !== false)
    log('info', 'TLS required for client connections')
}

/** Flags go over the file. */
function settle(flags: NatsServerFlags): Settled {
  const empty: InterpretedNatsConf = { config: {}, settings: {} as InterpretedNatsConf['settings'], notices: [] }
  const { config, settings, notices } = flags.config === undefined ? empty : readNatsConf(flags.config, process.env)
  const host = (flags.host ?? settings.host ?? DEFAULT_HOST).replace(/^\[|\]$/g, '')
  const port = flags.port ?? settings.port ?? DEFAULT_PORT
  const httpPort = flags.httpPort ?? settings.httpPort
  const bracketed = host.includes(':') ? `[${host}]` : host
  const advertise = flags.clientAdvertise ?? settings.clientAdvertise
  const options = [
    ...(advertise === undefined ? [] : [`advertise=${encodeURIComponent(advertise)}`]),
    ...(settings.headers === false ? ['headers=false'] : []),
  ]
  const query = options.length === 0 ? '' : `?${options.join('&')}`
  const listen = [`nats://${bracketed}:${port === -1 ? 0 : port}${query}`]
  if (httpPort !== undefined && httpPort !== 0)
    listen.push(`http://${settings.httpHost ?? bracketed}:${httpPort === -1 ? 0 : httpPort}?auth=none`)
  const result: HubConfig = {
    ...config,
    // An explicit host is obeyed: nats-server itself listens on every address unless told otherwise.
    insecure: true,
    listen,
  }
  const serverName = flags.serverName ?? config.serverName
  if (serverName !== undefined) result.serverName = serverName
  const limits = { ...config.limits }
  if (flags.maxPayload !== undefined) limits.maxPayloadBytes = flags.maxPayload
  if (flags.maxConnections !== undefined) limits.maxConnections = flags.maxConnections
  result.limits = limits
  if (flags.token !== undefined) result.authorization = { token: flags.token }
  if (flags.user !== undefined) result.authorization = { users: [{ user: flags.user, password: flags.password ?? '' }] }
  const tls = tlsOf(flags, config.tls)
  if (tls !== undefined) result.tls = tls
  const said = [...notices]
  if (flags.jetstream || settings.jetstream)
    said.push('JetStream is not available yet: streams, key-value and object stores are refused')
  return {
    config: result,
    notices: said,
    pidFile: flags.pidFile ?? settings.pidFile,
    portsFileDir: flags.portsFileDir ?? settings.portsFileDir,
    logFile: flags.logFile ?? settings.logFile,
    debug: flags.debug || settings.debug === true,
    lameDuckMs: settings.lameDuckDurationMs ?? DEFAULT_LAME_DUCK_MS,
  }
}

function tlsOf(flags: NatsServerFlags, fromFile: TlsConfig | undefined): TlsConfig | undefined {
  if (flags.tlsCert === undefined && !flags.tls && !flags.tlsVerify) return fromFile
  if (flags.tlsCert === undefined || flags.tlsKey === undefined) {
    throw new HubError('WIREHUB_ERR_USAGE', '--tls needs --tlscert and --tlskey.')
  }
  return {
    cert: resolve(flags.tlsCert),
    key: resolve(flags.tlsKey),
    ca: flags.tlsCa === undefined ? undefined : resolve(flags.tlsCa),
    verify: flags.tlsVerify,
  }
}

/** The pid file and, as `<program>_<pid>.ports`, the addresses; returns the name of the latter. */
function writeFiles(settled: Settled, { hub }: HubService): string | undefined {
  if (settled.pidFile !== undefined) writeFileSync(settled.pidFile, String(process.pid))
  if (settled.portsFileDir === undefined) return undefined
  const ports: Record<string, string[]> = {}
  for (const { scheme, host, port } of hub.addresses) {
    const hosts = host === '0.0.0.0' || host === '::' ? ['127.0.0.1'] : [host ?? '']
    ports[scheme === 'http' ? 'monitoring' : scheme] = hosts.map((one) => `${scheme}://${one}:${port}`)
  }
  mkdirSync(settled.portsFileDir, { recursive: true })
  const file = join(settled.portsFileDir, `nats-server_${process.pid}.ports`)
  writeFileSync(file, JSON.stringify(ports))
  return file
}

async function reload(service: HubService, args: readonly string[], log: LogSink): Promise<void> {
  try {
    await service.reload(settle(parseNatsServerFlags(args)).config)
    log('info', 'Reloaded server configuration')
  } catch (error) {
    log('error', `Failed to reload server configuration: ${describeError(error)}`)
  }
}

/** Tells the clients to go elsewhere, then closes them one by one over the duration. */
async function lameDuck(service: HubService, durationMs: number, log: LogSink): Promise<void> {
  log('info', 'Entering lame duck mode, stop accepting new clients')
  await service.lameDuck(durationMs)
}

/** A log sink that knows fatal errors too, as nats-server's log does. */
type NatsLog = (level: LogLevel | 'fatal', sentence: string, detail?: Record<string, unknown>) => void

function natsLog(file: string | undefined, debug: boolean): NatsLog {
  // A kit may stop reading the log before it stops the server.
  process.stderr.on('error', () => {})
  const labels = { debug: 'DBG', info: 'INF', warn: 'WRN', error: 'ERR', fatal: 'FTL' } as const
  return (level, sentence, detail = {}) => {
    if (level === 'debug' && !debug) return
    const now = new Date().toISOString().replace('T', ' ').replaceAll('-', '/').slice(0, 23)
    const pairs = Object.keys(detail).length === 0 ? '' : ` ${JSON.stringify(detail)}`
    const line = `[${process.pid}] ${now} [${labels[level]}] ${sentence}${pairs}\n`
    if (file === undefined) process.stderr.write(line)
    else appendFileSync(file, line)
  }
}

/** `--signal reload=PIDFILE`, `--signal stop=PID`: what nats-server does for scripts. */
function sendSignal(text: string): number {
  const signals: Record<string, NodeJS.Signals> = {
    stop: 'SIGKILL',
    quit: 'SIGINT',
    term: 'SIGTERM',
    reload: 'SIGHUP',
    ldm: 'SIGUSR2',
    reopen: 'SIGUSR1',
  }
  const [command, target = ''] = text.split('=', 2)
  const signal = signals[command]
  const pid = /^\d+$/.test(target) ? Number(target) : Number(readFileOrEmpty(target).trim())
  if (signal === undefined || !Number.isInteger(pid) || pid <= 0) {
    throw new HubError('WIREHUB_ERR_USAGE', `Unknown signal or process '${text}'.`, {
      cure: `--signal ${Object.keys(signals).join('|')}=PID`,
    })
  }
  process.kill(pid, signal)
  return exitCodes.ok
}

function readFileOrEmpty(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch {
    return ''
  }
}
