/** `wirehub nats-server`: runs in this very process as nats-server would: the test kits of clients wait for files named after its pid. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { HubError, HubService, type LogSink, NATS_VERSION, VERSION } from '@wirehub/hub'
import { exitCodes } from '../command.ts'
import { filesBeside } from '../config.ts'
import { describeError } from '../describe-error.ts'
import { ending } from '../signals.ts'
import { explain } from './explain.ts'
import { type NatsServerFlags, parseNatsServerFlags } from './flags.ts'
import { natsServerHelp } from './help.ts'
import { type NatsLog, natsLog } from './log.ts'
import { type Settled, settle } from './settle.ts'

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
  const log = natsLog(settled.logFile, settled.detail)
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
  if (signal === 'SIGUSR2') await lameDuck(service, settled.lameDuck, log)
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
  for (const { scheme, host = '', port, url } of hub.addresses) {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
    if (scheme === 'http') log('info', `Starting http monitor on ${address}`)
    if (scheme === 'ws') log('info', `Listening for websocket clients on ${url}`)
    if (url.startsWith('ws:')) log('warn', 'Websocket not configured with TLS. DO NOT USE IN PRODUCTION!')
    if (scheme === 'nats') log('info', `Listening for client connections on ${address}`)
  }
  if (settled.config.tls !== undefined && settled.config.tls.required !== false)
    log('info', 'TLS required for client connections')
}

/** The pid file and, as `<program>_<pid>.ports`, the addresses; returns the name of the latter. */
function writeFiles(settled: Settled, { hub }: HubService): string | undefined {
  if (settled.pidFile !== undefined) writeFileSync(settled.pidFile, String(process.pid))
  if (settled.portsFileDir === undefined) return undefined
  const ports: Record<string, string[]> = {}
  const names: Record<string, string> = { http: 'monitoring', ws: 'websocket' }
  for (const { scheme, host = '', port, url } of hub.addresses) {
    const place = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
    ports[names[scheme] ?? scheme] = [`${url.split(':', 1)[0]}://${place}:${port}`]
  }
  mkdirSync(settled.portsFileDir, { recursive: true })
  const file = join(settled.portsFileDir, `nats-server_${process.pid}.ports`)
  // Whoever waits for it must not find half of it.
  writeFileSync(`${file}.new`, JSON.stringify(ports))
  renameSync(`${file}.new`, file)
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
async function lameDuck(service: HubService, times: Settled['lameDuck'], log: LogSink): Promise<void> {
  log('info', 'Entering lame duck mode, stop accepting new clients')
  await service.lameDuck(times.durationMs, times.gracePeriodMs)
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
