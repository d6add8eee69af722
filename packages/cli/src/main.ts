/** The command line: finds the command, runs it, turns errors into one sentence and an exit code. */
import { HubError, nearestKey, VERSION } from '@wirehub/hub'
import { type Command, commandHelp, exitCodes, parseOptions } from './command.ts'
import { describeError } from './describe-error.ts'

// A server starts alone: what only other commands need is not loaded for it.
const servers = new Map<string, () => Promise<Command>>([
  ['serve', async () => (await import('./commands/serve.ts')).serve],
  ['nats-server', async () => (await import('./commands/nats-server.ts')).natsServer],
])

async function commandsOf(name: string | undefined): Promise<readonly Command[]> {
  const server = servers.get(name ?? '')
  return server === undefined ? (await import('./commands.ts')).commands : [await server()]
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((one) => one.name.length))
  const lines = commands.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}`)
  return `Examples:\n  wirehub serve\n\nUsage: wirehub COMMAND [options]\n\nCommands:\n${lines.join('\n')}\n\nwirehub COMMAND --help tells more.\n`
}

const codeOf: Partial<Record<HubError['code'], number>> = {
  WIREHUB_ERR_USAGE: exitCodes.usage,
  WIREHUB_ERR_INVALID_SUBJECT: exitCodes.usage,
  WIREHUB_ERR_INVALID_HEADER: exitCodes.usage,
  WIREHUB_ERR_CONFIG: exitCodes.config,
  WIREHUB_ERR_INSECURE: exitCodes.config,
  WIREHUB_ERR_LISTEN: exitCodes.unavailable,
  WIREHUB_ERR_CONNECT: exitCodes.unavailable,
  WIREHUB_ERR_NO_RESPONDERS: exitCodes.unavailable,
  WIREHUB_ERR_TIMEOUT: exitCodes.timedOut,
  WIREHUB_ERR_NOT_AUTHENTICATED: exitCodes.denied,
  WIREHUB_ERR_PERMISSION_DENIED: exitCodes.denied,
}

function report(error: unknown): number {
  if (!(error instanceof HubError)) {
    // What the system says of a file or an address is a sentence; anything else is a defect, and its place is needed.
    console.error(error instanceof Error && 'syscall' in error ? `wirehub: ${error.message}` : error)
    return exitCodes.failed
  }
  console.error(`wirehub: ${describeError(error)}`)
  return codeOf[error.code] ?? exitCodes.failed
}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    process.stdout.write(`wirehub ${VERSION}\n`)
    return exitCodes.ok
  }
  const commands = await commandsOf(name)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = commands.find((one) => one.name === rest[0])
    process.stdout.write(asked === undefined ? overview(commands) : commandHelp(asked))
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  const command = commands.find((one) => one.name === name)
  if (command === undefined) {
    const names = commands.map((one) => one.name)
    const nearest = nearestKey(name.replace(/^-+/, ''), names)
    throw new HubError('WIREHUB_ERR_USAGE', `There is no command '${name}'.`, {
      cure: `${nearest === undefined ? '' : `Did you mean '${nearest}'? `}See wirehub --help.`,
    })
  }
  if (rest.includes('--help') || (rest.includes('-h') && command.rawArguments !== true)) {
    process.stdout.write(commandHelp(command))
    return exitCodes.ok
  }
  if (command.rawArguments === true) return command.run({}, rest)
  const { values, positionals } = parseOptions(command, rest)
  return command.run(values, positionals)
}

// Whoever reads what is printed may have had enough: `wirehub sub '>' | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.failed),
)

process.exitCode = await main(process.argv.slice(2)).catch(report)
