/** Reads `wirehub.yaml`: text in, configuration or problems out. Sans-IO. */
import * as v from 'valibot'
import { isMap, isPair, LineCounter, type Node, parseDocument } from 'yaml'
import { nearestKey } from '../core/nearest.ts'
import { ConfigError, type ConfigProblem } from './problem.ts'
import { configSchema } from './schema.ts'
import type { HubConfig } from './types.ts'

const SECRET = /(password|secret|token|nkey)$/i

type Schema = v.GenericSchema
type Issue = v.BaseIssue<unknown>
type Path = readonly PropertyKey[]
type Locate = (path: Path, ofKey: boolean) => { line: number; column: number }

/** A place in a file; lines and columns count from 1. */
export interface FilePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Finds where in a file a value stands, or what is nearest to it. */
export type Locator = (path: readonly (string | number)[]) => FilePlace

/**
 * Reads YAML or JSON.
 * @param file its name, for the messages
 * @throws ConfigError with file, line and column when it is neither
 */
export function parseData(text: string, file: string): { readonly value: unknown; readonly locate: Locator } {
  const { document, place } = parseText(text, file)
  return { value: document.toJS(), locate: (path) => ({ file, ...place(path, false) }) }
}

function parseText(text: string, file: string): { document: ReturnType<typeof parseDocument>; place: Locate } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0])
        return { file, line, column: col, path: '', sentence: error.message, expected: undefined, nearest: undefined }
      }),
    )
  }
  const place = (path: Path, ofKey: boolean): { line: number; column: number } => {
    const { line, col } = lines.linePos(offsetOf(document.contents, path, ofKey))
    return { line, column: col }
  }
  return { document, place }
}

/**
 * Parses and checks a configuration.
 * @param file its name, for the messages
 * @throws ConfigError with every problem: file, line, column, what was expected, the nearest key
 */
export function parseConfig(text: string, file: string): HubConfig {
  return parseLocatedConfig(text, file).config
}

/** A configuration, and where in its file things stand: for what is checked later. */
export interface LocatedConfig {
  readonly config: HubConfig
  readonly locate: Locator
  /** Where a text stands that the test finds: an address, the name of a file. */
  readonly find: (test: (text: string) => boolean) => FilePlace | undefined
}

/** The same, and how to locate what is checked later. */
export function parseLocatedConfig(text: string, file: string): LocatedConfig {
  const { document, place: locate } = parseText(text, file)
  const given: unknown = document.toJS() ?? {}
  const result = v.safeParse(configSchema, given)
  const found = [...unknownKeys(given, [], file, locate)]
  for (const issue of result.issues ?? []) found.push(...wrongValues(issue, file, locate, []))
  if (found.length === 0 && !result.success) found.push(wrongForm(result.issues[0], file, locate))
  if (found.length > 0 || !result.success) throw new ConfigError(found)
  return {
    config: result.output,
    locate: (path) => ({ file, ...locate(path, false) }),
    find: (test) => {
      const path = pathOf(given, test, [])
      return path === undefined ? undefined : { file, ...locate(path, false) }
    },
  }
}

const MAX_DEPTH = 64

// valibot names the first unknown key of an object only.
function* unknownKeys(given: unknown, path: Path, file: string, locate: Locate): Generator<ConfigProblem> {
  if (typeof given !== 'object' || given === null) return
  // An anchor may hold itself.
  if (path.length > MAX_DEPTH) {
    yield {
      file,
      ...locate(path, true),
      path: '',
      sentence: 'This is nested too deep.',
      expected: undefined,
      nearest: undefined,
    }
    return
  }
  const known = Array.isArray(given) ? [] : keysAt(configSchema, path)
  for (const [key, value] of Object.entries(given)) {
    const here = [...path, key]
    if (known.length === 0 || known.includes(key)) yield* unknownKeys(value, here, file, locate)
    else {
      yield {
        file,
        ...locate(here, true),
        path: here.join('.'),
        sentence: `Unknown key '${key}'.`,
        expected: undefined,
        nearest: nearestKey(key, known),
      }
    }
  }
}

function wrongValues(issue: Issue, file: string, locate: Locate, prefix: Path): ConfigProblem[] {
  const path = [...prefix, ...(issue.path ?? []).map((item) => item.key as PropertyKey)]
  if (issue.type === 'strict_object' && issue.expected === 'never') return []
  // Of a choice of forms, the one that the given value is nearest to tells most.
  const inner = issue.type === 'union' ? deepest(issue.issues ?? []) : undefined
  if (inner !== undefined) return wrongValues(inner, file, locate, path)
  const name = path.length === 0 ? 'the file' : path.join('.')
  return [
    {
      file,
      ...locate(path, false),
      path: path.join('.'),
      // A secret of the wrong type is a secret all the same.
      ...saidOf(issue, name),
      nearest: undefined,
    },
  ]
}

const forms: Readonly<Record<string, string>> = { Array: 'a list', Object: 'keys with values' }

function saidOf(issue: Issue, name: string): { sentence: string; expected: string | undefined } {
  if (issue.received === 'undefined') return { sentence: `'${name}' is missing.`, expected: undefined }
  if (issue.type === 'min_length') return { sentence: `'${name}' is empty.`, expected: 'a text' }
  const received = forms[issue.received] ?? issue.received
  const expected = issue.type === 'integer' ? 'a whole number' : (issue.expected ?? issue.message)
  return {
    sentence: `'${name}' cannot be ${SECRET.test(name) ? 'this' : received}.`,
    expected: expected.replace(/\b(Array|Object)\b/g, (form) => forms[form]),
  }
}

// A list where keys are expected: its items are no keys that could be named.
function wrongForm(issue: Issue, file: string, locate: Locate): ConfigProblem {
  const path = (issue.path ?? []).map((item) => item.key as PropertyKey).slice(0, -1)
  const name = path.length === 0 ? 'The file' : `'${path.join('.')}'`
  const sentence = `${name} cannot be a list.`
  return {
    file,
    ...locate(path, false),
    path: path.join('.'),
    sentence,
    expected: 'keys with values',
    nearest: undefined,
  }
}

function pathOf(given: unknown, test: (text: string) => boolean, path: Path): Path | undefined {
  if (typeof given === 'string') return test(given) ? path : undefined
  if (typeof given !== 'object' || given === null) return undefined
  for (const [key, value] of Object.entries(given)) {
    const found = pathOf(value, test, [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}

function deepest(issues: readonly Issue[]): Issue | undefined {
  const inside = issues.filter((one) => (one.path?.length ?? 0) > 0)
  return inside[0]
}

/** The keys that the schema knows at a path. */
function keysAt(schema: Schema, path: Path): string[] {
  const here = unwrap(schema)
  if (path.length === 0) return here.flatMap((one) => ('entries' in one ? Object.keys(one.entries as object) : []))
  const [head, ...rest] = path
  return here.flatMap((one) => {
    if ('entries' in one) {
      const next = (one.entries as Record<PropertyKey, Schema>)[head]
      return next === undefined ? [] : keysAt(next, rest)
    }
    if ('item' in one) return keysAt(one.item as Schema, rest)
    if ('value' in one && one.type === 'record') return keysAt(one.value as Schema, rest)
    return []
  })
}

function unwrap(schema: Schema): Schema[] {
  if ('wrapped' in schema) return unwrap(schema.wrapped as Schema)
  if (schema.type === 'union') return (schema as unknown as { options: Schema[] }).options.flatMap(unwrap)
  return [schema]
}

function offsetOf(root: Node | null, path: Path, ofKey: boolean): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  path.forEach((step, depth) => {
    if (isMap(node)) {
      const pair = node.items.find(
        (one) => isPair(one) && String((one.key as { value?: unknown }).value ?? one.key) === String(step),
      )
      if (pair === undefined) return
      const wantsKey = ofKey && depth === path.length - 1
      const target = (wantsKey ? pair.key : (pair.value ?? pair.key)) as Node
      offset = target.range?.[0] ?? offset
      node = pair.value
    } else if (node !== null && typeof node === 'object' && 'items' in node) {
      node = (node as { items: unknown[] }).items[Number(step)]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
    }
  })
  return offset
}
