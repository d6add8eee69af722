import { complement, DIGIT, foldCase, LINE_END, normalise, type Ranges, SPACE, WORD } from './ranges.ts'

/** A parsed expression. Sets hold code points (bytes, when parsed with `max` 255). */
export type PatternNode =
  | { readonly type: 'set'; readonly ranges: Ranges }
  | { readonly type: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly type: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly type: 'repeat'
      readonly item: PatternNode
      readonly min: number
      readonly max: number
      readonly greedy: boolean
      readonly at: number
    }
  | { readonly type: 'group'; readonly item: PatternNode; readonly index: number }
  | { readonly type: 'assertion'; readonly kind: 'start' | 'end' | 'word' | 'not-word' | 'line-start' | 'line-end' }
  | {
      readonly type: 'look'
      readonly ahead: boolean
      readonly negative: boolean
      readonly item: PatternNode
      readonly at: number
    }
  | { readonly type: 'backreference'; readonly index: number; readonly at: number }

export interface ParseOptions {
  readonly flags?: string
  /** The largest code point of the alphabet: 255 (default) for bytes, 0x10ffff for text. */
  readonly max?: number
}

/** What is wrong with an expression, and where. */
export class PatternSyntaxError extends Error {
  readonly at: number
  constructor(message: string, source: string, at: number) {
    super(`${message} at offset ${at} of /${source}/`)
    this.name = 'PatternSyntaxError'
    this.at = at
  }
}

export interface Parsed {
  readonly node: PatternNode
  /** How many capture groups there are. */
  readonly groups: number
}

/**
 * Parses the syntax of ECMA-262 regular expressions, and of RE2 where it differs without ambiguity: `(?i)` in the middle of
 * a group, `(?s:...)`, `(?P<name>...)`, `\z`, `\A`, `[[:alpha:]]`. Flags: i, m, s (others are ignored).
 * @throws PatternSyntaxError
 */
export function parsePattern(source: string, options: ParseOptions = {}): Parsed {
  const parser = new Parser(source, options.flags ?? '', options.max ?? 255)
  return parser.parse()
}

interface Modes {
  ignoreCase: boolean
  multiline: boolean
  dotAll: boolean
}

const POSIX: Record<string, Ranges> = {
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  digit: DIGIT,
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  upper: [0x41, 0x5a],
  lower: [0x61, 0x7a],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
  space: [0x09, 0x0d, 0x20, 0x20],
  word: WORD,
}

const CONTROL: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, '0': 0 }

class Parser {
  readonly source: string
  readonly max: number
  at = 0
  groups = 0
  modes: Modes

  constructor(source: string, flags: string, max: number) {
    this.source = source
    this.max = max
    this.modes = { ignoreCase: flags.includes('i'), multiline: flags.includes('m'), dotAll: flags.includes('s') }
  }

  parse(): Parsed {
    const node = this.choice()
    if (this.at < this.source.length) this.fail('unmatched )')
    return { node, groups: this.groups }
  }

  fail(message: string, at: number = this.at): never {
    throw new PatternSyntaxError(message, this.source, at)
  }

  peek(text: string): boolean {
    return this.source.startsWith(text, this.at)
  }

  eat(text: string): boolean {
    if (!this.peek(text)) return false
    this.at += text.length
    return true
  }

  choice(): PatternNode {
    const outer = this.modes
    this.modes = { ...outer }
    const options = [this.sequence()]
    while (this.eat('|')) options.push(this.sequence())
    this.modes = outer
    return options.length === 1 ? options[0] : { type: 'choice', options }
  }

  sequence(): PatternNode {
    const items: PatternNode[] = []
    while (this.at < this.source.length && !this.peek('|') && !this.peek(')')) {
      const item = this.atom()
      if (item !== undefined) items.push(this.quantified(item))
    }
    return items.length === 1 ? items[0] : { type: 'sequence', items }
  }

  quantified(item: PatternNode): PatternNode {
    const at = this.at
    const bounds = this.quantifier()
    if (bounds === undefined) return item
    if (item.type === 'assertion') this.fail('nothing to repeat', at)
    const greedy = !this.eat('?')
    const after = this.at
    if (this.quantifier() !== undefined) this.fail('nothing to repeat', after)
    return { type: 'repeat', item, min: bounds[0], max: bounds[1], greedy, at }
  }

  quantifier(): [number, number] | undefined {
    if (this.eat('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.eat('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.eat('?')) return [0, 1]
    const counted = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.source.slice(this.at, this.at + 20))
    if (counted === null) return undefined
    const min = Number(counted[1])
    const max = counted[2] === undefined ? min : counted[3] === '' ? Number.POSITIVE_INFINITY : Number(counted[3])
    if (max < min) this.fail('numbers out of order in {}')
    this.at += counted[0].length
    return [min, max]
  }

  atom(): PatternNode | undefined {
    const char = this.source[this.at]
    switch (char) {
      case '(':
        return this.group()
      case '[':
        return this.class()
      case '.':
        this.at++
        return { type: 'set', ranges: this.modes.dotAll ? [0, this.max] : complement(LINE_END, this.max) }
      case '^':
        this.at++
        return { type: 'assertion', kind: this.modes.multiline ? 'line-start' : 'start' }
      case '$':
        this.at++
        return { type: 'assertion', kind: this.modes.multiline ? 'line-end' : 'end' }
      case '\\':
        return this.escape()
      case '*':
      case '+':
      case '?':
        return this.fail('nothing to repeat')
      default:
        return this.literal(this.codePoint())
    }
  }

  codePoint(): number {
    const point = this.source.codePointAt(this.at) as number
    this.at += point > 0xffff ? 2 : 1
    return point
  }

  literal(point: number): PatternNode {
    if (point > this.max) this.fail('character beyond the alphabet')
    return { type: 'set', ranges: this.modes.ignoreCase ? foldCase([point, point]) : [point, point] }
  }

  group(): PatternNode | undefined {
    const at = this.at
    this.at++
    if (!this.eat('?')) return this.closed(++this.groups, at)
    if (this.eat(':')) return this.closed(0, at)
    if (this.eat('=')) return this.look(true, false, at)
    if (this.eat('!')) return this.look(true, true, at)
    if (this.eat('<=')) return this.look(false, false, at)
    if (this.eat('<!')) return this.look(false, true, at)
    const name = /^P?<\w+>/.exec(this.source.slice(this.at, this.at + 80))
    if (name !== null) {
      this.at += name[0].length
      return this.closed(++this.groups, at)
    }
    const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.source.slice(this.at, this.at + 20))
    if (flags === null) return this.fail('unknown group', at)
    this.at += flags[0].length
    const outer = this.modes
    const inner = {
      ignoreCase: (outer.ignoreCase || flags[1].includes('i')) && !flags[2]?.includes('i'),
      multiline: (outer.multiline || flags[1].includes('m')) && !flags[2]?.includes('m'),
      dotAll: (outer.dotAll || flags[1].includes('s')) && !flags[2]?.includes('s'),
    }
    this.modes = inner
    // `(?i)` holds until the enclosing group ends, where `choice` restores what was before.
    if (flags[3] === ')') return undefined
    const node = this.closed(0, at)
    this.modes = outer
    return node
  }

  closed(index: number, at: number): PatternNode {
    const item = this.choice()
    if (!this.eat(')')) this.fail('unterminated group', at)
    return index === 0 ? item : { type: 'group', item, index }
  }

  look(ahead: boolean, negative: boolean, at: number): PatternNode {
    return { type: 'look', ahead, negative, item: this.closed(0, at), at }
  }

  escape(): PatternNode {
    const at = this.at
    const char = this.source[this.at + 1]
    if (char === undefined) this.fail('\\ at the end')
    if (char === 'b' || char === 'B') {
      this.at += 2
      return { type: 'assertion', kind: char === 'b' ? 'word' : 'not-word' }
    }
    if (char === 'z' || char === 'A') {
      this.at += 2
      return { type: 'assertion', kind: char === 'z' ? 'end' : 'start' }
    }
    if (/[1-9k]/.test(char)) {
      this.at += char === 'k' ? this.source.indexOf('>', this.at) - this.at + 1 : 2
      return { type: 'backreference', index: Number(char) || 0, at }
    }
    const ranges = this.escapedSet()
    return { type: 'set', ranges: this.modes.ignoreCase ? foldCase(ranges) : ranges }
  }

  /** `\d`, `\n`, `\x41`, `\u0041`, `\.`: consumed, as a set. */
  escapedSet(): Ranges {
    const at = this.at
    this.at++
    const char = this.source[this.at]
    if (char === undefined) this.fail('\\ at the end', at)
    const point = this.codePoint()
    switch (char) {
      case 'd':
        return DIGIT
      case 'D':
        return complement(DIGIT, this.max)
      case 'w':
        return WORD
      case 'W':
        return complement(WORD, this.max)
      case 's':
        return this.clipped(SPACE)
      case 'S':
        return complement(SPACE, this.max)
      case 'x':
      case 'u':
        return this.hexadecimal(char, at)
      case 'p':
      case 'P':
        return this.fail('unicode properties are not known', at)
      default:
    }
    const control = CONTROL[char]
    if (control !== undefined) return [control, control]
    if (/[A-Za-z]/.test(char)) this.fail(`unknown escape \\${char}`, at)
    return [point, point]
  }

  hexadecimal(kind: string, at: number): Ranges {
    const digits = /^\{([0-9a-fA-F]{1,6})\}|^([0-9a-fA-F]{4})|^([0-9a-fA-F]{2})/.exec(
      this.source.slice(this.at, this.at + 8),
    )
    const text = digits?.[1] ?? (kind === 'u' ? digits?.[2] : (digits?.[3] ?? digits?.[2]?.slice(0, 2)))
    if (digits === null || text === undefined) return this.fail(`bad \\${kind} escape`, at)
    this.at += digits[1] === undefined ? text.length : digits[0].length
    const point = Number.parseInt(text, 16)
    if (point > this.max) this.fail('character beyond the alphabet', at)
    return [point, point]
  }

  clipped(ranges: Ranges): Ranges {
    return complement(complement(ranges, this.max), this.max)
  }

  class(): PatternNode {
    const at = this.at
    this.at++
    const negated = this.eat('^')
    const parts: number[] = []
    for (let first = true; ; first = false) {
      if (this.at >= this.source.length) this.fail('unterminated class', at)
      if (this.peek(']') && !first) break
      if (this.peek(']') && first) break
      const low = this.member()
      const isRange = this.peek('-') && this.source[this.at + 1] !== ']' && this.at + 1 < this.source.length
      if (!isRange || low.length !== 2 || low[0] !== low[1]) {
        parts.push(...low)
        continue
      }
      this.at++
      const high = this.member()
      if (high.length !== 2 || high[0] !== high[1]) parts.push(...low, 0x2d, 0x2d, ...high)
      else if (high[0] < low[0]) this.fail('range out of order')
      else parts.push(low[0], high[0])
    }
    this.at++
    let ranges = normalise(parts)
    if (this.modes.ignoreCase) ranges = foldCase(ranges)
    return { type: 'set', ranges: negated ? complement(ranges, this.max) : ranges }
  }

  member(): Ranges {
    const posix = /^\[:(\w+):\]/.exec(this.source.slice(this.at, this.at + 12))
    if (posix !== null && POSIX[posix[1]] !== undefined) {
      this.at += posix[0].length
      return POSIX[posix[1]]
    }
    if (this.peek('\\b')) {
      this.at += 2
      return [8, 8]
    }
    if (this.peek('\\')) return this.escapedSet()
    const point = this.codePoint()
    if (point > this.max) this.fail('character beyond the alphabet')
    return [point, point]
  }
}
