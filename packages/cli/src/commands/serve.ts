/** `wirehub serve`: runs the hub in this process. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type BoundAddress,
  type GatewayFactory,
  gatewayFrom,
  HubError,
  HubService,
  type LogSink,
  VERSION,
} from '@wirehub/hub'
import { type Command, exitCodes, type OptionValues } from '../command.ts'
import { type LoadedConfig, loadConfig } from '../config.ts'
import { describeError } from '../describe-error.ts'
import { logSink } from '../log.ts'
import { ending } from '../signals.ts'
import { welcome } from '../welcome.ts'

/** Listeners when nothing else is said. */
const DEFAULT_LISTEN = ['nats://127.0.0.1:4222', 'lines://127.0.0.1:4224', 'ipc://', 'http://127.0.0.1:8222']

export const serve: Command = {
  name: 'serve',
  summary: 'Runs the hub until it is told to end: INT or TERM drains, HUP reads the configuration again.',
  usage: '[options]',
  examples: [
    ['wirehub serve', 'NATS on 4222, JSON lines on 4224 and IPC, monitoring on 8222, this machine only'],
    ['wirehub serve --listen nats://127.0.0.1:0 --ports-file ports.json', 'any free port, told in a file'],
    ['wirehub serve --listen nats://0.0.0.0:4222 --token s3cret', 'open to other machines, with a token'],
    ['wirehub serve --connect raw://10.0.0.7:9000?framing=newline', 'dial a hand-written server'],
  ],
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', help: 'default wirehub.yaml in this folder, if there is one' },
    listen: {
      type: 'string',
      multiple: true,
      value: 'URL',
      help: 'a listener; repeatable; replaces those of the configuration',
    },
    connect: { type: 'string', multiple: true, value: 'URL', help: 'a hand-written server to dial; repeatable' },
    gateway: { type: 'string', multiple: true, value: 'FILE', help: 'a protocol of your own; repeatable' },
    'server-name': { type: 'string', value: 'NAME', help: 'name shown to clients' },
    user: { type: 'string', value: 'NAME', help: 'a user who may connect' },
    password: { type: 'string', value: 'WORD', help: "that user's password" },
    token: { type: 'string', value: 'WORD', help: 'a token that everybody must show' },
    insecure: { type: 'boolean', help: 'allow listeners beyond this machine without authentication' },
    'ports-file': {
      type: 'string',
      value: 'FILE',
      help: 'write the addresses there as JSON, once all listeners are open',
    },
    'log-level': { type: 'string', value: 'LEVEL', help: 'trace, debug, info, warn or error; default info' },
    quiet: { type: 'boolean', short: 'q', help: 'no welcome' },
  },
  async run(values) {
    const loaded = loadConfig(values, process.env)
    const log = logSink(
      loaded.config.log?.level ?? 'info',
      loaded.config.log?.format ?? 'text',
      (line) => void process.stderr.write(line),
    )
    const service = await HubService.start(loaded.config, {
      files: loaded.files,
      defaultListen: DEFAULT_LISTEN,
      gateways: await loadGateways(loaded.config.gateways ?? []),
      log,
    })
    const { hub } = service
    const ended = ending('SIGINT', 'SIGTERM')
    if (values.quiet !== true) greet(service, loaded)
    const portsFile = (values['ports-file'] as string | undefined) ?? process.env.WIREHUB_PORTS_FILE
    if (portsFile !== undefined) await announced(service, portsFile)
    process.on('SIGHUP', () => void reload(service, values, log))
    const signal = await ended
    log('info', `${signal}: draining ${hub.core.connections.size} connections; a second signal ends at once.`)
    await service.close()
    if (portsFile !== undefined) rmSync(portsFile, { force: true })
    return exitCodes.ok
  },
}

function greet(service: HubService, { file }: LoadedConfig): void {
  process.stderr.write(
    welcome({
      version: VERSION,
      addresses: service.hub.addresses,
      dialled: service.dialled,
      policies: service.policies,
      authenticated: service.hub.core.authenticator.required,
      configFile: file,
    }),
  )
}

async function reload(service: HubService, values: OptionValues, log: LogSink): Promise<void> {
  try {
    const { config, files } = loadConfig(values, process.env)
    await service.reload(config, files)
    log('info', 'The configuration was read again and is in force.')
  } catch (error) {
    log('error', 'The configuration was not taken; the old one stays in force.', { why: describeError(error) })
  }
}

/** Loads protocols of one's own. @throws HubError WIREHUB_ERR_GATEWAY */
async function loadGateways(files: readonly string[]): Promise<GatewayFactory[]> {
  const made: GatewayFactory[] = []
  for (const file of files) {
    const loaded: unknown = await import(pathToFileURL(resolve(file)).href).catch((error: Error) => {
      throw new HubError('WIREHUB_ERR_GATEWAY', `Cannot load the gateway: ${error.message}`, {
        place: file,
        cause: error,
      })
    })
    made.push(gatewayFrom(loaded, file))
  }
  return made
}

// Nobody could find a hub whose ports are not told: it does not run on.
async function announced(service: HubService, file: string): Promise<void> {
  try {
    writePorts(file, service.hub.addresses)
  } catch (error) {
    await service.close()
    throw new HubError('WIREHUB_ERR_CONFIG', `Cannot write the ports file: ${(error as Error).message}.`, {
      place: file,
      cure: 'Name another one with --ports-file.',
      cause: error,
    })
  }
}

// Readers wait for the file: it must be whole when it appears.
function writePorts(file: string, addresses: readonly BoundAddress[]): void {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify({ pid: process.pid, listeners: addresses }, null, 2)}\n`)
  renameSync(temporary, file)
}
