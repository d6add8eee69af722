import { type PatternNode, parsePattern } from '../patterns/parse.ts'
import { complement, type Ranges } from '../patterns/ranges.ts'

/** A fixed number of bytes, one set each, whose appearance makes a candidate. */
export interface TriggerSequence {
  readonly sets: readonly Ranges[]
  /** The first set stands for the byte before the match (or for nothing, at the start of the input). */
  readonly boundary: boolean
}

interface Partial {
  readonly sets: readonly Ranges[]
  /** More may follow; nothing is appended any more. */
  readonly open: boolean
  readonly boundary: boolean
}

const EMPTY: Partial = { sets: [], open: false, boundary: false }
const NON_WORD: Ranges = complement([0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a], 255)

/** How far `deriveTriggers` looks into an expression, and how many sequences may come of it. */
const DERIVED_LENGTH = 8
const DERIVED_COUNT = 24
/** Three letters in either case, or three digits. */
const LEAST_SELECTIVITY = 14
const EXPLICIT_LENGTH = 32
const EXPLICIT_COUNT = 256

/**
 * The sequences that a trigger expression stands for, all of them.
 * @throws Error when the expression is unbounded or stands for too many.
 */
export function expandTrigger(source: string, flags: string = 'i'): readonly TriggerSequence[] {
  const found = new Expansion(EXPLICIT_LENGTH, EXPLICIT_COUNT).expand(parsePattern(source, { flags }).node)
  if (found.some((partial) => partial.open)) throw new Error(`trigger /${source}/ is unbounded or too long`)
  return found
}

/** What every match of the expression begins with: the prefilter of patterns that begin with something particular. */
export function deriveTriggers(node: PatternNode): readonly TriggerSequence[] {
  for (let length = DERIVED_LENGTH; length > 2; length--) {
    const found = new Expansion(length, DERIVED_COUNT).expand(node)
    if (found.every((partial) => selectivity(partial) >= LEAST_SELECTIVITY)) return unique(found)
  }
  throw new Error('no trigger can be derived')
}

/** In bits: how seldom random bytes would complete the sequence. */
function selectivity({ sets, boundary }: Partial): number {
  let bits = 0
  for (const set of boundary ? sets.slice(1) : sets) {
    let size = 0
    for (let i = 0; i < set.length; i += 2) size += Math.min(set[i + 1], 255) - set[i] + 1
    bits += Math.log2(256 / size)
  }
  return bits
}

/** The set of bytes that a match can begin with (all of them where that cannot be told). */
export function firstBytes(node: PatternNode): Ranges {
  const found = new Expansion(2, EXPLICIT_COUNT).expand(node)
  const out: number[] = []
  for (const partial of found) {
    const first = partial.sets[partial.boundary ? 1 : 0]
    if (first === undefined) return [0, 255]
    out.push(...first)
  }
  return out
}

function unique(found: readonly Partial[]): Partial[] {
  const seen = new Map<string, Partial>()
  for (const partial of found) {
    const key = `${partial.boundary} ${partial.sets.map((set) => set.join(',')).join(' ')}`
    seen.set(key, partial)
  }
  return [...seen.values()]
}

class Expansion {
  readonly length: number
  readonly count: number

  constructor(length: number, count: number) {
    this.length = length
    this.count = count
  }

  expand(node: PatternNode): readonly Partial[] {
    switch (node.type) {
      case 'set':
        return [{ sets: [node.ranges], open: false, boundary: false }]
      case 'group':
        return this.expand(node.item)
      case 'choice':
        return node.options.flatMap((option) => this.expand(option))
      case 'sequence':
        return this.sequence(node.items)
      case 'repeat':
        return this.repeat(node.item, node.min, node.max)
      case 'assertion':
        return node.kind === 'word' ? [{ sets: [NON_WORD], open: false, boundary: true }] : [EMPTY]
      case 'look':
        return this.look(node)
      default:
        return [{ ...EMPTY, open: true }]
    }
  }

  look(node: PatternNode & { type: 'look' }): readonly Partial[] {
    if (node.ahead || !node.negative || node.item.type !== 'set') return [EMPTY]
    return [{ sets: [complement(node.item.ranges, 255)], open: false, boundary: true }]
  }

  sequence(items: readonly PatternNode[]): readonly Partial[] {
    let done: readonly Partial[] = [EMPTY]
    for (const item of items) {
      if (done.every((partial) => partial.open)) break
      done = this.append(done, this.expand(item))
    }
    return done
  }

  repeat(item: PatternNode, min: number, max: number): readonly Partial[] {
    const once = this.expand(item)
    let done: readonly Partial[] = [EMPTY]
    const out: Partial[] = min === 0 ? [EMPTY] : []
    for (let copies = 1; copies <= max; copies++) {
      done = this.append(done, once)
      if (copies >= min) out.push(...done)
      if (done.every((partial) => partial.open || partial.sets.length >= this.length)) break
    }
    return out.length === 0 ? done : out
  }

  append(heads: readonly Partial[], tails: readonly Partial[]): readonly Partial[] {
    const out: Partial[] = []
    for (const head of heads) {
      if (head.open) {
        out.push(head)
        continue
      }
      for (const tail of tails) {
        // A boundary counts at the very beginning only; elsewhere it is a condition that is left to the pattern.
        if (tail.boundary && head.sets.length > 0) {
          const rest = tail.sets.slice(1)
          out.push(this.cut([...head.sets, ...rest], tail.open, head.boundary))
        } else out.push(this.cut([...head.sets, ...tail.sets], tail.open, head.boundary || tail.boundary))
      }
    }
    if (out.length <= this.count) return out
    return heads.map((head) => ({ ...head, open: true }))
  }

  cut(sets: readonly Ranges[], open: boolean, boundary: boolean): Partial {
    const limit = boundary ? this.length + 1 : this.length
    return sets.length > limit ? { sets: sets.slice(0, limit), open: true, boundary } : { sets, open, boundary }
  }
}
