import type { Place, ScrubErrorCode } from '../errors.ts'
import { ScrubError } from '../errors.ts'
import type { ScrubEnvironment } from './config.ts'

type Locate = ScrubEnvironment['locate']

/** Reads one object of a configuration: knows its place, refuses what is unknown or of the wrong kind. */
export class ConfigReader {
  readonly #value: Record<string, unknown>
  readonly #path: readonly (string | number)[]
  readonly #locate: Locate

  constructor(value: unknown, path: readonly (string | number)[], locate: Locate, known: readonly string[]) {
    this.#path = path
    this.#locate = locate
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error(`An object is expected here, not ${kindOf(value)}.`, `It may have: ${known.join(', ')}.`)
    }
    this.#value = value as Record<string, unknown>
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue
      const near = nearest(key, known)
      throw this.error(
        `"${key}" is not known here.`,
        near === undefined ? `It may have: ${known.join(', ')}.` : `Did you mean "${near}"?`,
        key,
      )
    }
  }

  place(...more: readonly (string | number)[]): Place {
    const path = [...this.#path, ...more]
    return { path: pathText(path), ...this.#locate?.(path) }
  }

  error(sentence: string, cure: string, key?: string | number, code: ScrubErrorCode = 'SCRUB_ERR_CONFIG'): ScrubError {
    return new ScrubError(code, sentence, cure, key === undefined ? this.place() : this.place(key))
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined
  }

  raw(key: string): unknown {
    return this.#value[key]
  }

  string(key: string): string | undefined {
    const value = this.#value[key]
    if (value === undefined) return undefined
    if (typeof value !== 'string')
      throw this.error(`"${key}" must be a text, not ${kindOf(value)}.`, 'Put it in quotes.', key)
    return value
  }

  text(key: string): string {
    const value = this.string(key)
    if (value === undefined || value === '') throw this.error(`"${key}" is missing.`, `Add it: ${key}: ...`)
    return value
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#value[key]
    if (value === undefined) return otherwise
    if (typeof value !== 'boolean')
      throw this.error(`"${key}" must be true or false, not ${kindOf(value)}.`, 'Write true or false.', key)
    return value
  }

  integer(key: string, otherwise: number, least: number = 0): number {
    const value = this.#value[key]
    if (value === undefined) return otherwise
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw this.error(`"${key}" must be a whole number of at least ${least}.`, `The default is ${otherwise}.`, key)
    }
    return value as number
  }

  choice<Choice extends string>(key: string, otherwise: Choice, choices: readonly Choice[]): Choice {
    const value = this.#value[key]
    if (value === undefined) return otherwise
    if (!choices.includes(value as Choice)) {
      throw this.error(`"${key}" is ${JSON.stringify(value)}.`, `It may be: ${choices.join(', ')}.`, key)
    }
    return value as Choice
  }

  list(key: string): readonly unknown[] {
    const value = this.#value[key]
    if (value === undefined) return []
    if (!Array.isArray(value))
      throw this.error(`"${key}" must be a list, not ${kindOf(value)}.`, 'Put it in brackets.', key)
    return value
  }

  texts(key: string): readonly string[] {
    const list = this.list(key)
    for (const [index, value] of list.entries()) {
      if (typeof value !== 'string' || value === '') {
        throw new ScrubError(
          'SCRUB_ERR_CONFIG',
          'A text is expected here.',
          'Put it in quotes.',
          this.place(key, index),
        )
      }
    }
    return list as readonly string[]
  }

  child(key: string, known: readonly string[], value: unknown = this.#value[key]): ConfigReader {
    return new ConfigReader(value, [...this.#path, key], this.#locate, known)
  }

  item(key: string, index: number, known: readonly string[]): ConfigReader {
    return new ConfigReader(this.list(key)[index], [...this.#path, key, index], this.#locate, known)
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function pathText(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`
  return text === '' ? 'config' : text
}

/** The known name that a misspelt one is nearest to; undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const one of known) {
    const distance = editDistance(name.toLowerCase(), one.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = one
      bestDistance = distance
    }
  }
  return best
}

function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let line = 1; line <= one.length; line++) {
    const next = [line]
    for (let column = 1; column <= other.length; column++) {
      const swap = row[column - 1] + (one[line - 1] === other[column - 1] ? 0 : 1)
      next.push(Math.min(row[column] + 1, next[column - 1] + 1, swap))
    }
    row = next
  }
  return row[other.length]
}
