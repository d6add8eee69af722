import type { PatternNode } from './parse.ts'
import { type Ranges, toUtf8Sequences } from './ranges.ts'

/** Instructions of a Thompson automaton over bytes. */
export type Instruction =
  | { readonly op: 'bytes'; readonly table: Uint8Array; next: number }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'save'; readonly slot: number; next: number }
  | { readonly op: 'assert'; readonly kind: Assertion; next: number }
  | { readonly op: 'match' }

export type Assertion = (PatternNode & { type: 'assertion' })['kind']

/** Why an expression cannot be run in linear time, where, and what to write instead. */
export class SuperLinearError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.name = 'SuperLinearError'
    this.at = at
  }
}

/** How many instructions a program may have; the time for each byte is bounded by it. */
const MAX_INSTRUCTIONS = 4000

/**
 * Compiles a parsed expression (alphabet: Unicode) into a program over UTF-8 bytes.
 * @throws SuperLinearError for what no automaton can do, and for repetitions that are too large
 */
export function compileProgram(node: PatternNode): Instruction[] {
  const compiler = new Compiler()
  compiler.emit({ op: 'save', slot: 0, next: 1 })
  compiler.node(node)
  compiler.emit({ op: 'save', slot: 1, next: compiler.program.length + 1 })
  compiler.emit({ op: 'match' })
  return compiler.program
}

class Compiler {
  readonly program: Instruction[] = []
  #at = 0

  get end(): number {
    return this.program.length
  }

  emit<T extends Instruction>(instruction: T): T {
    if (this.program.length >= MAX_INSTRUCTIONS) {
      throw new SuperLinearError(
        `the repetition at offset ${this.#at} makes the expression too large (more than ${MAX_INSTRUCTIONS} steps for each byte); use a smaller count`,
        this.#at,
      )
    }
    this.program.push(instruction)
    return instruction
  }

  node(node: PatternNode): void {
    switch (node.type) {
      case 'set':
        this.#set(node.ranges)
        return
      case 'sequence':
        for (const item of node.items) this.node(item)
        return
      case 'choice':
        this.#choice(node.options.map((option) => () => this.node(option)))
        return
      case 'repeat':
        this.#repeat(node)
        return
      case 'group':
        this.#group(node.item, node.index)
        return
      case 'assertion':
        this.emit({ op: 'assert', kind: node.kind, next: this.end + 1 })
        return
      case 'look':
        throw new SuperLinearError(
          `${node.ahead ? 'lookahead' : 'lookbehind'} at offset ${node.at} needs backtracking; write what surrounds the finding into the expression and put the finding into a group`,
          node.at,
        )
      case 'backreference':
        throw new SuperLinearError(
          `the backreference at offset ${node.at} needs backtracking, whose time no bound holds for; list the possibilities instead`,
          node.at,
        )
    }
  }

  #group(item: PatternNode, index: number): void {
    // Only the first group is told; the others group and no more.
    if (index !== 1) {
      this.node(item)
      return
    }
    this.emit({ op: 'save', slot: 2, next: this.end + 1 })
    this.node(item)
    this.emit({ op: 'save', slot: 3, next: this.end + 1 })
  }

  #bytes(lo: number, hi: number): void {
    const table = new Uint8Array(256).fill(1, lo, hi + 1)
    this.emit({ op: 'bytes', table, next: this.end + 1 })
  }

  #set(ranges: Ranges): void {
    const ascii = new Uint8Array(256)
    const wide: [number, number][][] = []
    for (const sequence of toUtf8Sequences(ranges)) {
      if (sequence.length === 1) ascii.fill(1, sequence[0][0], sequence[0][1] + 1)
      else wide.push(sequence)
    }
    const options: (() => void)[] = []
    if (ascii.includes(1) || wide.length === 0) {
      options.push(() => this.emit({ op: 'bytes', table: ascii, next: this.end + 1 }))
    }
    for (const sequence of wide) {
      options.push(() => {
        for (const [lo, hi] of sequence) this.#bytes(lo, hi)
      })
    }
    this.#choice(options)
  }

  #choice(options: readonly (() => void)[]): void {
    const ends: number[] = []
    options.forEach((option, index) => {
      if (index === options.length - 1) {
        option()
        return
      }
      const split = this.emit({ op: 'split', first: this.end + 1, second: 0 })
      option()
      ends.push(this.end)
      this.emit({ op: 'split', first: 0, second: 0 })
      split.second = this.end
    })
    for (const end of ends) {
      const jump = this.program[end] as { first: number; second: number }
      jump.first = this.end
      jump.second = this.end
    }
  }

  #repeat(node: PatternNode & { type: 'repeat' }): void {
    this.#at = node.at
    const { item, min, max, greedy } = node
    for (let copy = 0; copy < min; copy++) this.node(item)
    if (max === Number.POSITIVE_INFINITY) {
      const at = this.end
      const split = this.emit({ op: 'split', first: 0, second: 0 })
      this.node(item)
      this.emit({ op: 'split', first: at, second: at })
      this.#aim(split, at + 1, this.end, greedy)
      return
    }
    const splits: [Instruction & { op: 'split' }, number][] = []
    for (let copy = min; copy < max; copy++) {
      const at = this.end
      splits.push([this.emit({ op: 'split', first: 0, second: 0 }), at])
      this.node(item)
    }
    for (const [split, at] of splits) this.#aim(split, at + 1, this.end, greedy)
  }

  #aim(split: Instruction & { op: 'split' }, into: number, past: number, greedy: boolean): void {
    split.first = greedy ? into : past
    split.second = greedy ? past : into
  }
}
