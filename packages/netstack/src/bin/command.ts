import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from './nearest.ts'

/** Bad usage: reported in one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One command of `netstack`: a file of its own in commands/, and a line in the table of main.ts. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Begins with examples. */
  readonly help: string
  /** Runs with the arguments behind the command's name. What it returns is the exit code, 0 when nothing. */
  run(args: readonly string[]): Promise<number | undefined> | number | undefined
}

/** Whether to colour what goes to stdout: on a terminal, unless NO_COLOR says no (or FORCE_COLOR yes). */
export function useColor(): boolean {
  if ((process.env.NO_COLOR ?? '') !== '') return false
  if ((process.env.FORCE_COLOR ?? '') !== '') return true
  return process.stdout.isTTY === true
}

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true; args: string[] }>
>

/** Arguments by node:util's parseArgs. Throws UsageError where it refuses them. */
export function parseArguments<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as Parsed<T>
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(-[^']*)'/.exec(message)?.[1] : undefined
    if (unknown === undefined) throw new UsageError(message)
    const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(options))
    throw new UsageError(
      `there is no option ${unknown}; ${meant === undefined ? '--help lists them' : `is --${meant} meant?`}`,
    )
  }
}

/** Throws UsageError where a command that takes options only is given something else. */
export function refusePositionals(positionals: readonly string[], command: string): void {
  if (positionals.length > 0) throw new UsageError(`${command} takes options only, not "${positionals[0]}"`)
}

/** A whole number of an option. Throws UsageError when it is none, or outside the range. */
export function integerOption(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`)
  return value
}

/** A share of an option, as `2%` or `0.02`. Throws UsageError when it is none. */
export function shareOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, digits, percent] = /^(\d*\.?\d+)\s*(%?)$/.exec(text.trim()) ?? []
  const value = Number(digits) / (percent === '%' ? 100 : 1)
  if (!(value >= 0 && value <= 1)) throw new UsageError(`--${name} takes a share as 2% or 0.02, not "${text}"`)
  return value
}

/** Writes a picture or page to the file, whose folder is made where there is none, or to stdout for `-`; says on stderr where it went. */
export function writeResult(path: string, text: string): void {
  if (path === '-') {
    process.stdout.write(text)
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  process.stderr.write(`netstack: wrote ${path}\n`)
}

/** Prints data. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
