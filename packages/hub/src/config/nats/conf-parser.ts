/**
 * The configuration syntax of nats-server: `key: value`, `key = value` or `key value`, blocks, arrays with and without commas, quoted and bare strings,
 * numbers with size suffixes, `( ... )` text blocks, `$variables` from the file or the environment, `include`. Sans-IO: files and the environment are
 * looked up by callbacks. Source: NATS documentation, "Configuration file format".
 */
import { ConfigError } from '../problem.ts'
import type { ConfEntry, ConfMap, ConfPlace, ConfValue } from './conf-value.ts'

/** What the parser may ask. */
export interface ConfResolver {
  /** The text of an included file, and its name for messages; undefined when it cannot be read. */
  include(name: string, from: string): { file: string; text: string } | undefined
  /** An environment variable. */
  variable(name: string): string | undefined
}

const MAX_INCLUDES = 32
const MAX_DEPTH = 64
const SUFFIX = /^(-?\d+)(k|kb|ki|kib|m|mb|mi|mib|g|gb|gi|gib|t|tb|ti|tib)$/i
const DECIMAL_UNITS: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }
const BINARY_UNITS: Record<string, number> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/**
 * Parses a nats-server configuration.
 * @throws ConfigError with file, line and column
 */
export function parseNatsConf(text: string, file: string, resolver: ConfResolver): ConfMap {
  return new Parser(text, file, resolver, [], 0).top()
}

class Parser {
  readonly #text: string
  readonly #file: string
  readonly #resolver: ConfResolver
  readonly #scopes: Map<string, ConfEntry>[]
  readonly #includes: number
  #at = 0
  #line = 1
  #lineStart = 0
  #depth = 0

  constructor(text: string, file: string, resolver: ConfResolver, scopes: Map<string, ConfEntry>[], includes: number) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
    this.#file = file
    this.#resolver = resolver
    this.#scopes = [...scopes]
    this.#includes = includes
  }

  top(): ConfMap {
    const place = this.#place()
    this.#skip()
    // A whole file may stand in braces, as JSON does.
    const braced = this.#peek() === '{'
    if (braced) this.#next()
    const entries = this.#entries(braced ? '}' : '')
    this.#skip()
    if (this.#at < this.#text.length) throw this.#problem(`Unexpected '${this.#peek()}' after the end.`)
    return { kind: 'map', entries, ...place }
  }

  #entries(close: string): Map<string, ConfEntry> {
    const entries = new Map<string, ConfEntry>()
    this.#scopes.push(entries)
    for (;;) {
      this.#skip(',;')
      const next = this.#peek()
      if (next === '') {
        if (close !== '') throw this.#problem(`The block is not closed.`, `'${close}'`)
        break
      }
      if (next === close) {
        this.#next()
        break
      }
      this.#entry(entries)
    }
    this.#scopes.pop()
    return entries
  }

  #entry(entries: Map<string, ConfEntry>): void {
    const place = this.#place()
    const key = this.#key()
    this.#skipInline()
    if (key === 'include' && this.#peek() !== '=' && this.#peek() !== ':') {
      this.#include(entries, place)
      return
    }
    if (this.#peek() === '=' || this.#peek() === ':') {
      this.#next()
      this.#skip()
    } else if (this.#peek() === '\n') this.#skip()
    const value = this.#value()
    entries.set(key.toLowerCase(), { key, place, value })
  }

  #include(entries: Map<string, ConfEntry>, place: ConfPlace): void {
    const name = this.#value()
    if (name.kind !== 'string') throw this.#problem('include needs a file name.', 'a string', place)
    if (this.#includes >= MAX_INCLUDES) throw this.#problem('Too many nested includes.', undefined, place)
    const found = this.#resolver.include(name.value, this.#file)
    if (found === undefined) throw this.#problem(`Cannot read the included file '${name.value}'.`, undefined, place)
    const inner = new Parser(found.text, found.file, this.#resolver, this.#scopes, this.#includes + 1).top()
    for (const [key, entry] of inner.entries) entries.set(key, entry)
  }

  #key(): string {
    const quote = this.#peek()
    if (quote === '"' || quote === "'") return this.#quoted(quote)
    const start = this.#at
    while (this.#at < this.#text.length && !/[\s=:{}[\],;#]/.test(this.#text[this.#at])) this.#at++
    if (this.#at === start) throw this.#problem(`Unexpected '${this.#peek()}'.`, 'a key')
    return this.#text.slice(start, this.#at)
  }

  #value(): ConfValue {
    const place = this.#place()
    if (++this.#depth > MAX_DEPTH) throw this.#problem('Blocks are nested too deeply.')
    try {
      switch (this.#peek()) {
        case '{':
          this.#next()
          return { kind: 'map', entries: this.#entries('}'), ...place }
        case '[':
          this.#next()
          return this.#array(place)
        case '(':
          return { kind: 'string', value: this.#textBlock(), ...place }
        case '"':
        case "'":
          return { kind: 'string', value: this.#quoted(this.#peek()), ...place }
        case '':
        case '}':
        case ']':
          throw this.#problem('A value is missing.', 'a value')
        default:
          return this.#bare(place)
      }
    } finally {
      this.#depth--
    }
  }

  #array(place: ConfPlace): ConfValue {
    const items: ConfValue[] = []
    for (;;) {
      this.#skip(',')
      if (this.#peek() === '') throw this.#problem('The array is not closed.', "']'")
      if (this.#peek() === ']') {
        this.#next()
        return { kind: 'array', items, ...place }
      }
      items.push(this.#value())
    }
  }

  #quoted(quote: string): string {
    const place = this.#place()
    this.#next()
    let value = ''
    for (;;) {
      const char = this.#next()
      if (char === '') throw this.#problem('The string is not closed.', quote, place)
      if (char === quote) return value
      if (char === '\\' && quote === '"') value += this.#escape()
      else value += char
    }
  }

  #escape(): string {
    const char = this.#next()
    const simple: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }
    if (char in simple) return simple[char]
    if (char === 'x') {
      const hex = this.#text.slice(this.#at, this.#at + 2)
      if (!/^[0-9a-f]{2}$/i.test(hex)) throw this.#problem('\\x needs two hexadecimal digits.')
      this.#at += 2
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    throw this.#problem(`Unknown escape '\\${char}'.`, '\\n, \\r, \\t, \\", \\\\ or \\xHH')
  }

  // Everything up to a line that holds nothing but the closing parenthesis.
  #textBlock(): string {
    const place = this.#place()
    const end = /\n[ \t]*\)[ \t]*(?=\r?\n|$)/g
    end.lastIndex = this.#at
    const found = end.exec(this.#text)
    if (found === null) throw this.#problem('The text block is not closed.', "')' on a line of its own", place)
    const value = this.#text.slice(this.#at + 1, found.index).replace(/^\r?\n/, '')
    while (this.#at < end.lastIndex) this.#next()
    return value
  }

  #bare(place: ConfPlace): ConfValue {
    const start = this.#at
    while (this.#at < this.#text.length && !/[\n\r,;\]}]/.test(this.#text[this.#at])) {
      if (this.#startsComment() && /\s/.test(this.#text[this.#at - 1] ?? ' ')) break
      // A bare value ends at white space, but for what follows on the same line when it is neither a key nor a bracket.
      if (/\s/.test(this.#text[this.#at])) break
      this.#at++
    }
    const word = this.#text.slice(start, this.#at)
    if (word.startsWith('$') && !/^\$2[abxy]?\$/.test(word) && !word.startsWith('$SCRAM'))
      return this.#variable(word.slice(1), place)
    return scalar(word, place)
  }

  #variable(name: string, place: ConfPlace): ConfValue {
    for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
      const entry = this.#scopes[depth].get(name.toLowerCase())
      if (entry === undefined) continue
      entry.referenced = true
      return { ...entry.value, ...place }
    }
    const text = this.#resolver.variable(name)
    if (text === undefined) {
      throw this.#problem(`The variable '$${name}' is not set.`, 'a variable of this file or of the environment', place)
    }
    // The environment gives text; it is read as a value, so that numbers stay numbers.
    const trimmed = text.trim()
    return /^["']/.test(trimmed)
      ? new Parser(trimmed, `$${name}`, this.#resolver, [], this.#includes).single(place)
      : scalar(trimmed, place)
  }

  /** A text that is one value. */
  single(place: ConfPlace): ConfValue {
    return { ...this.#value(), ...place }
  }

  #startsComment(): boolean {
    return this.#text[this.#at] === '#' || (this.#text[this.#at] === '/' && this.#text[this.#at + 1] === '/')
  }

  #skip(also = ''): void {
    for (;;) {
      const char = this.#peek()
      if (char !== '' && (/\s/.test(char) || also.includes(char))) this.#next()
      else if (this.#startsComment()) while (this.#peek() !== '' && this.#peek() !== '\n') this.#next()
      else return
    }
  }

  #skipInline(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t' || this.#peek() === '\r') this.#next()
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #next(): string {
    const char = this.#text[this.#at] ?? ''
    if (char === '') return ''
    this.#at++
    if (char === '\n') {
      this.#line++
      this.#lineStart = this.#at
    }
    return char
  }

  #place(): ConfPlace {
    return { file: this.#file, line: this.#line, column: this.#at - this.#lineStart + 1 }
  }

  #problem(sentence: string, expected?: string, place: ConfPlace = this.#place()): ConfigError {
    return new ConfigError([{ ...place, path: '', sentence, expected, nearest: undefined }])
  }
}

function scalar(word: string, place: ConfPlace): ConfValue {
  if (/^(true|yes|on)$/i.test(word)) return { kind: 'boolean', value: true, ...place }
  if (/^(false|no|off)$/i.test(word)) return { kind: 'boolean', value: false, ...place }
  if (/^-?\d+(\.\d+)?$/.test(word)) return { kind: 'number', value: Number(word), ...place }
  const sized = SUFFIX.exec(word)
  if (sized !== null) {
    const unit = sized[2].toLowerCase()
    // As nats-server reads them: 1k is 1000, 1kb and 1kib are 1024.
    const table = unit.length === 1 ? DECIMAL_UNITS : BINARY_UNITS
    return { kind: 'number', value: Number(sized[1]) * table[unit[0]], ...place }
  }
  return { kind: 'string', value: word, ...place }
}
