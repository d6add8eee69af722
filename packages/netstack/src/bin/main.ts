// The command line: finds the command in the table and turns what goes wrong into one line and an exit code
// (0 done, 1 failed, 2 usage).
import { readFileSync } from 'node:fs'
import { type Command, UsageError } from './command.ts'
import { demo } from './commands/demo.ts'
import { dissect } from './commands/dissect.ts'
import { journey } from './commands/journey.ts'
import { ladder } from './commands/ladder.ts'
import { layers } from './commands/layers.ts'
import { plot } from './commands/plot.ts'
import { run } from './commands/run.ts'
import { nearest } from './nearest.ts'

const COMMANDS: readonly Command[] = [demo, run, layers, dissect, ladder, plot, journey]

function usage(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  return `Examples
  netstack demo                          1 MB over a lossy link: every segment, every repair and its reason
  netstack run app.js --loss 2%          one's own program, unchanged, on a TCP whose packets get lost
  netstack journey "Hello, wire!"        one message down the layers and up again
  netstack dissect capture.pcapng        what is in a capture
  netstack ladder capture.pcapng         a TCP conversation, segment by segment

Commands
${COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}

netstack <command> --help tells more of one, netstack --version which one this is. Data goes to stdout, all else to stderr. NO_COLOR is heeded.
Exit codes: 0 done, 1 failed, 2 usage.
`
}

/** In one line. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, path, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' && path !== undefined ? `there is no file ${path}` : message
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage())
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    const file = new URL('../../package.json', import.meta.url)
    process.stdout.write(`${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}\n`)
    return 0
  }
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command === undefined) {
    const meant = nearest(
      name,
      COMMANDS.map((each) => each.name),
    )
    throw new UsageError(
      `there is no command "${name}"; ${meant === undefined ? 'netstack --help lists them' : `is netstack ${meant} meant?`}`,
    )
  }
  const asked = rest.indexOf('--help')
  const behind = rest.indexOf('--')
  if (asked >= 0 && (behind < 0 || asked < behind)) {
    process.stdout.write(command.help)
    return 0
  }
  return (await command.run(rest)) ?? 0
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  const code = await main(process.argv.slice(2))
  // A 0 that is set would stand for good: what a program throws as it exits could not change it.
  if (code !== 0) process.exitCode = code
} catch (error) {
  process.stderr.write(`netstack: ${describeError(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
