import type { LinearPattern } from '../scan/types.ts'
import type { Assertion, Instruction } from './program.ts'

const SLOTS = 4
const WORD = new Uint8Array(257)
for (let code = 0; code < 128; code++) if (/\w/.test(String.fromCharCode(code))) WORD[code] = 1

/**
 * Runs a program in time bounded by text length times program size: all alternatives advance together, byte by byte (Pike's
 * machine), with the priorities of a backtracking matcher, so that the finding is the same. A lazily made deterministic
 * automaton says beforehand whether there is anything to find.
 */
export class LinearMatcher implements LinearPattern {
  readonly source: string
  readonly flags: string
  readonly size: number
  steps = 0
  readonly #program: readonly Instruction[]
  readonly #seenAt: Int32Array
  readonly #filter: Filter
  readonly #first: Uint8Array | undefined
  #threads: ThreadList
  #nextThreads: ThreadList

  constructor(source: string, flags: string, program: readonly Instruction[]) {
    this.source = source
    this.flags = flags
    this.size = program.length
    this.#program = program
    this.#seenAt = new Int32Array(program.length).fill(-1)
    this.#filter = new Filter(program)
    this.#first = this.#filter.firstBytes()
    this.#threads = new ThreadList(program.length)
    this.#nextThreads = new ThreadList(program.length)
  }

  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#filter.test(bytes, start, end)
  }

  find(text: string, from: number, out: [start: number, end: number]): boolean {
    this.#seenAt.fill(-1)
    let threads = this.#threads
    let next = this.#nextThreads
    threads.size = 0
    let found = false
    const slots = new Int32Array(SLOTS)
    for (let at = from; at <= text.length; at++) {
      const byte = at < text.length ? text.charCodeAt(at) : 256
      if (threads.size === 0) {
        if (found) break
        if (this.#first !== undefined && this.#first[byte] === 0) continue
      }
      if (!found) this.#add(threads, 0, at, slots.fill(-1), text)
      next.size = 0
      for (let index = 0; index < threads.size; index++) {
        const instruction = this.#program[threads.states[index]]
        this.steps++
        if (instruction.op === 'match') {
          threads.read(index, slots)
          report(slots, out)
          found = true
          break
        }
        if (instruction.op === 'bytes' && byte < 256 && instruction.table[byte] === 1) {
          threads.read(index, slots)
          this.#add(next, instruction.next, at + 1, slots, text)
        }
      }
      const swap = threads
      threads = next
      next = swap
    }
    return found
  }

  /** Follows what needs no byte, in order of priority. A program counter is entered once per position. */
  #add(list: ThreadList, counter: number, at: number, slots: Int32Array, text: string): void {
    if (this.#seenAt[counter] === at) return
    this.#seenAt[counter] = at
    this.steps++
    const instruction = this.#program[counter]
    switch (instruction.op) {
      case 'split':
        this.#add(list, instruction.first, at, slots, text)
        if (instruction.second !== instruction.first) this.#add(list, instruction.second, at, slots, text)
        return
      case 'save': {
        const old = slots[instruction.slot]
        slots[instruction.slot] = at
        this.#add(list, instruction.next, at, slots, text)
        slots[instruction.slot] = old
        return
      }
      case 'assert':
        if (holds(instruction.kind, text, at)) this.#add(list, instruction.next, at, slots, text)
        return
      default:
        list.push(counter, slots)
    }
  }
}

function report(slots: Int32Array, out: [number, number]): void {
  const hasGroup = slots[2] >= 0 && slots[3] > slots[2]
  out[0] = hasGroup ? slots[2] : slots[0]
  out[1] = hasGroup ? slots[3] : slots[1]
}

function holds(kind: Assertion, text: string, at: number): boolean {
  switch (kind) {
    case 'start':
      return at === 0
    case 'end':
      return at === text.length
    case 'line-start':
      return at === 0 || isLineEnd(text.charCodeAt(at - 1))
    case 'line-end':
      return at === text.length || isLineEnd(text.charCodeAt(at))
    default: {
      const before = at > 0 ? WORD[text.charCodeAt(at - 1)] : 0
      const after = at < text.length ? WORD[text.charCodeAt(at)] : 0
      return (before !== after) === (kind === 'word')
    }
  }
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13
}

class ThreadList {
  readonly states: Int32Array
  readonly slots: Int32Array
  size = 0

  constructor(capacity: number) {
    this.states = new Int32Array(capacity + 1)
    this.slots = new Int32Array((capacity + 1) * SLOTS)
  }

  push(state: number, slots: Int32Array): void {
    this.states[this.size] = state
    this.slots.set(slots, this.size * SLOTS)
    this.size++
  }

  read(index: number, into: Int32Array): void {
    for (let slot = 0; slot < SLOTS; slot++) into[slot] = this.slots[index * SLOTS + slot]
  }
}

const UNKNOWN = -1
const FOUND = -2
const MAX_FILTER_STATES = 2048

/** Whether there may be a match: a deterministic automaton that takes every assertion for true, made as bytes come. */
class Filter {
  readonly #program: readonly Instruction[]
  #table = new Int32Array(16 * 256).fill(UNKNOWN)
  #states: number[][] = []
  #stateOf = new Map<string, number>()
  readonly #start: number[]
  readonly #matchesEmpty: boolean

  constructor(program: readonly Instruction[]) {
    this.#program = program
    const start = new Set<number>()
    this.#matchesEmpty = this.#close(0, start)
    this.#start = [...start]
    this.#intern(this.#start)
  }

  /** The bytes that a match can begin with; undefined when it can be empty. */
  firstBytes(): Uint8Array | undefined {
    if (this.#matchesEmpty) return undefined
    const first = new Uint8Array(257)
    for (const counter of this.#start) {
      const instruction = this.#program[counter]
      if (instruction.op !== 'bytes') continue
      for (let byte = 0; byte < 256; byte++) first[byte] |= instruction.table[byte]
    }
    return first
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#matchesEmpty) return true
    let table = this.#table
    let row = 0
    for (let i = start; i < end; i++) {
      let next = table[row + bytes[i]]
      if (next < 0) {
        if (next === UNKNOWN) {
          next = this.#advance(row, bytes[i])
          table = this.#table
        }
        if (next === FOUND) return true
      }
      row = next
    }
    return false
  }

  #advance(row: number, byte: number): number {
    const reached = new Set<number>(this.#start)
    let isFound = false
    for (const counter of this.#states[row >> 8]) {
      const instruction = this.#program[counter]
      if (instruction.op === 'bytes' && instruction.table[byte] === 1) {
        isFound = this.#close(instruction.next, reached) || isFound
      }
    }
    if (!isFound && this.#states.length >= MAX_FILTER_STATES) this.#reset()
    else {
      const next = isFound ? FOUND : this.#intern([...reached].sort((a, b) => a - b))
      this.#table[row + byte] = next
      return next
    }
    return this.#intern([...reached].sort((a, b) => a - b))
  }

  #reset(): void {
    this.#table.fill(UNKNOWN)
    this.#states = []
    this.#stateOf = new Map()
    this.#intern(this.#start)
  }

  #intern(counters: readonly number[]): number {
    const key = counters.join()
    const known = this.#stateOf.get(key)
    if (known !== undefined) return known
    const row = this.#states.length << 8
    if (row + 256 > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2).fill(UNKNOWN)
      larger.set(this.#table)
      this.#table = larger
    }
    this.#states.push([...counters])
    this.#stateOf.set(key, row)
    return row
  }

  /** Adds what is reached without a byte; true when a match is. */
  #close(counter: number, into: Set<number>): boolean {
    const pending = [counter]
    const visited = new Set<number>()
    let isMatch = false
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (visited.has(at)) continue
      visited.add(at)
      const instruction = this.#program[at]
      if (instruction.op === 'match') isMatch = true
      else if (instruction.op === 'bytes') into.add(at)
      else if (instruction.op === 'split') pending.push(instruction.first, instruction.second)
      else pending.push(instruction.next)
    }
    return isMatch
  }
}
