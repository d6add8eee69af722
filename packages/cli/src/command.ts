/** What a command is, and how its options are declared: once, for parsing, help and completion. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { HubError, nearestKey } from '@wirehub/hub'

/** Exit codes; sysexits.h where it has one. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  timedOut: 75,
  denied: 77,
  config: 78,
} as const

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What stands after the option in the help: `URL`, `FILE`, `N`. */
  readonly value?: string
  readonly help: string
}

/** Options as given. */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>

/** One command of `wirehub`. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** What stands after the name: `SUBJECT [PAYLOAD]`. */
  readonly usage: string
  /** Lines `[command, what it does]`; the help begins with them. */
  readonly examples: readonly (readonly [string, string])[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** A help text of its own, where the flags are somebody else's. */
  readonly help?: string
  /** The arguments are handed to `run` as they are. */
  readonly rawArguments?: boolean
  /** Runs it; resolves with the exit code. */
  run(values: OptionValues, positionals: string[]): Promise<number>
}

/**
 * Parses arguments by a command's declaration.
 * @throws HubError WIREHUB_ERR_USAGE with what was expected
 */
export function parseOptions(command: Command, args: string[]): { values: OptionValues; positionals: string[] } {
  try {
    const options = Object.fromEntries(
      Object.entries(command.options).map(([name, spec]) => [
        name,
        { type: spec.type, ...(spec.short ? { short: spec.short } : {}), ...(spec.multiple ? { multiple: true } : {}) },
      ]),
    )
    const parsed = parseArgs({ args, options, allowPositionals: true, allowNegative: true, strict: true })
    assertCount(command, parsed.positionals)
    return { values: parsed.values as OptionValues, positionals: parsed.positionals }
  } catch (error) {
    if (error instanceof HubError) throw error
    const { message } = error as Error
    const see = `See wirehub ${command.name} --help.`
    const unknown = /^Unknown option '-{1,2}([^' ]+)'/.exec(message)?.[1]
    const nearest = unknown === undefined ? undefined : nearestKey(unknown, Object.keys(command.options))
    throw new HubError(
      'WIREHUB_ERR_USAGE',
      unknown === undefined
        ? `${message.replace(/\s*\n\s*/g, ' ').replace(/\.?$/, '.')}`
        : `There is no option '${unknown}'.`,
      {
        place: `wirehub ${command.name}`,
        cure: nearest === undefined ? see : `Did you mean '--${nearest}'? ${see}`,
      },
    )
  }
}

// A word too many is mostly a missing pair of quotes: half of a payload must not go out without a word.
function assertCount(command: Command, positionals: readonly string[]): void {
  const words = command.usage.replace(/\[options\]$/, '').trim()
  if (words.includes('...')) return
  const most = words === '' ? 0 : words.split(' ').length
  if (positionals.length <= most) return
  throw new HubError('WIREHUB_ERR_USAGE', `There is a word too many: '${positionals[most]}'.`, {
    place: `wirehub ${command.name}`,
    cure: `Usage: wirehub ${command.name} ${command.usage}. Put quotes around what has spaces.`,
  })
}

/**
 * The whole number that an option gives.
 * @throws HubError WIREHUB_ERR_USAGE
 */
export function wholeNumber(values: OptionValues, name: string, otherwise: number, least: number): number {
  const given = values[name]
  if (given === undefined) return otherwise
  const number = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new HubError('WIREHUB_ERR_USAGE', `--${name} takes a whole number of at least ${least}.`, {
    place: `--${name}=${given}`,
  })
}

/**
 * A file that an option names, as text.
 * @throws HubError WIREHUB_ERR_USAGE when it cannot be read
 */
export function fileOf(values: OptionValues, name: string): string | undefined {
  const file = values[name] as string | undefined
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HubError('WIREHUB_ERR_USAGE', `Cannot read the file of --${name}: ${(error as Error).message}.`, {
      place: file,
      cause: error,
    })
  }
}

/** The help of a command; examples first. */
export function commandHelp(command: Command): string {
  if (command.help !== undefined) return command.help
  const width = Math.max(...command.examples.map(([line]) => line.length))
  const lines = ['Examples:', ...command.examples.map(([line, what]) => `  ${line.padEnd(width)}   ${what}`), '']
  lines.push(`Usage: wirehub ${command.name} ${command.usage}`.trimEnd(), '', command.summary, '', 'Options:')
  const rows = Object.entries(command.options).map(([name, spec]) => {
    const short = spec.short ? `-${spec.short}, ` : '    '
    return [`  ${short}--${name}${spec.value ? ` ${spec.value}` : ''}`, spec.help] as const
  })
  const column = Math.max(...rows.map(([left]) => left.length))
  for (const [left, right] of rows) lines.push(`${left.padEnd(column)}  ${right}`)
  return `${lines.join('\n')}\n`
}
