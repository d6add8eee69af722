/** Reads typed values out of a parsed nats-server configuration, and notes what is wrong or not used. */
import { nearestKey } from '../../core/nearest.ts'
import type { ConfigProblem } from '../problem.ts'
import type { ConfEntry, ConfMap, ConfPlace, ConfValue } from './conf-value.ts'

const UNITS_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** One map of the configuration, read key by key. */
export class ConfReader {
  readonly #map: ConfMap
  readonly #path: string
  readonly #read = new Set<string>()
  readonly problems: ConfigProblem[]

  constructor(map: ConfMap, path: string, problems: ConfigProblem[]) {
    this.#map = map
    this.#path = path
    this.problems = problems
  }

  /** The entry of the first of these names that is present. */
  entry(...names: string[]): ConfEntry | undefined {
    let found: ConfEntry | undefined
    for (const name of names) {
      this.#read.add(name)
      found ??= this.#map.entries.get(name)
    }
    return found
  }

  string(...names: string[]): string | undefined {
    const entry = this.entry(...names)
    if (entry === undefined) return undefined
    const { value } = entry
    // A bare number or word where a text is meant: a password of digits, a name such as "on".
    if (value.kind === 'string') return value.value
    if (value.kind === 'number' || value.kind === 'boolean') return String(value.value)
    return this.wrong(entry, 'a string')
  }

  number(...names: string[]): number | undefined {
    const entry = this.entry(...names)
    if (entry === undefined) return undefined
    if (entry.value.kind === 'number') return entry.value.value
    if (entry.value.kind === 'string' && /^-?\d+$/.test(entry.value.value)) return Number(entry.value.value)
    return this.wrong(entry, 'a number')
  }

  boolean(...names: string[]): boolean | undefined {
    const entry = this.entry(...names)
    if (entry === undefined) return undefined
    if (entry.value.kind === 'boolean') return entry.value.value
    return this.wrong(entry, 'true or false')
  }

  /** A duration in milliseconds: `10s`, `1m30s`, or a number of seconds. */
  durationMs(...names: string[]): number | undefined {
    const entry = this.entry(...names)
    if (entry === undefined) return undefined
    const { value } = entry
    if (value.kind === 'number') return value.value * 1000
    const found = value.kind === 'string' ? parseDurationMs(value.value) : undefined
    return found ?? this.wrong(entry, 'a duration such as 10s or 2m')
  }

  map(...names: string[]): ConfReader | undefined {
    const entry = this.entry(...names)
    if (entry === undefined) return undefined
    if (entry.value.kind !== 'map') return this.wrong(entry, 'a block { ... }')
    return new ConfReader(entry.value, this.pathOf(entry.key), this.problems)
  }

  /** The items of an array; a single value counts as an array of one. */
  items(...names: string[]): readonly ConfValue[] {
    const value = this.entry(...names)?.value
    if (value === undefined) return []
    return value.kind === 'array' ? value.items : [value]
  }

  /** The texts of a list, or of a single value. */
  strings(...names: string[]): string[] {
    const texts: string[] = []
    for (const item of this.items(...names)) {
      if (item.kind === 'string') texts.push(item.value)
      else this.wrong({ key: names[0], place: item }, 'a text or a list of texts')
    }
    return texts
  }

  /** `host:port`, or a port alone. */
  hostPort(name: string): { host: string | undefined; port: number | undefined } {
    const nothing = { host: undefined, port: undefined }
    const entry = this.entry(name)
    if (entry === undefined) return nothing
    if (entry.value.kind === 'number') return { host: undefined, port: entry.value.value }
    const match = entry.value.kind === 'string' ? /^(?:(\[.*\]|[^:]*):)?(-?\d+)$/.exec(entry.value.value) : null
    if (match === null) return this.wrong(entry, 'host:port, or a port') ?? nothing
    const host = match[1]?.replace(/^\[|\]$/g, '')
    return { host: host === '' ? undefined : host, port: Number(match[2]) }
  }

  /** Every entry but variables, for blocks whose keys are names. */
  *entries(): Generator<ConfEntry> {
    for (const [key, entry] of this.#map.entries) {
      this.#read.add(key)
      if (entry.referenced !== true) yield entry
    }
  }

  pathOf(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }

  /** Notes that a value is not what it must be. */
  wrong(entry: { key: string; place: ConfPlace }, expected: string): undefined {
    const { file, line, column } = entry.place
    this.problems.push({
      file,
      line,
      column,
      path: this.pathOf(entry.key),
      sentence: `'${this.pathOf(entry.key)}' has a value that makes no sense here.`,
      expected,
      nearest: undefined,
    })
    return undefined
  }

  /**
   * Notes the keys that nobody asked for.
   * @param ignored keys that nats-server has and wirehub has no use for
   */
  finish(ignored: readonly string[] = []): void {
    for (const [key, entry] of this.#map.entries) {
      if (this.#read.has(key) || ignored.includes(key) || entry.referenced === true) continue
      const { file, line, column } = entry.place
      this.problems.push({
        file,
        line,
        column,
        path: this.pathOf(entry.key),
        sentence: `unknown field "${entry.key}"`,
        expected: undefined,
        nearest: nearestKey(entry.key, [...this.#read, ...ignored]),
      })
    }
  }
}

/** Milliseconds of a Go duration, or undefined. */
function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * UNITS_MS[unit]
  return sum
}
