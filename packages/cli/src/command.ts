/** What a command is, and how its options are declared: once, for parsing, help and completion. */
import { parseArgs } from 'node:util'
import { HubError } from '@wirehub/hub'

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
    return { values: parsed.values as OptionValues, positionals: parsed.positionals }
  } catch (error) {
    throw new HubError('WIREHUB_ERR_USAGE', (error as Error).message, {
      place: `wirehub ${command.name}`,
      cure: `See wirehub ${command.name} --help.`,
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
