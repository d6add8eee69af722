import { Automaton } from './automaton.ts'
import { type FieldContext, Pass } from './pass.ts'
import { type Attempt, makePlan, type Plan, type Trigger } from './plan.ts'
import type { Detector, Scanner, ScannerOptions, SpanSink } from './types.ts'
import { isInLabel, standsAlone } from './words.ts'

/**
 * Compiles detectors into one scanner: one automaton over bytes as prefilter, patterns and validators on candidates only.
 * @throws Error when a detector's pattern has no trigger and none can be derived.
 */
export function compileScanner(detectors: readonly Detector[], options: ScannerOptions = {}): Scanner {
  return new CompiledScanner(detectors, options)
}

const NOTHING = Number.MAX_SAFE_INTEGER
const LINE_END = 10
/** From here on it is faster to walk in four places at once. */
const SIDE_BY_SIDE_BYTES = 384
const MAX_FIELD_NAMES = 4096
/** A name of more bytes than this vouches for nothing beyond its first bytes. */
const MAX_FIELD_NAME_BYTES = 256
class CompiledScanner implements Scanner {
  readonly detectors: readonly Detector[]
  readonly #maxSpans: number
  readonly #plan: Plan
  readonly #triggers: readonly Trigger[]
  readonly #automaton: Automaton
  readonly #fields = new Map<string, FieldContext | null>()
  /** Attempts so far, each of which costs at most what its pattern costs at one place. */
  attempts = 0
  /** Kept from scan to scan; undefined while one is under way, so that a validator or sink may scan, too. */
  #idle: Pass | undefined
  #scratch = new Uint8Array(4096)

  constructor(detectors: readonly Detector[], options: ScannerOptions) {
    this.detectors = [...detectors]
    this.#maxSpans = options.maxSpans ?? 65_536
    this.#plan = makePlan(detectors)
    this.#triggers = this.#plan.triggers
    this.#automaton = new Automaton(this.#plan.sequences)
  }

  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#firstSeen(bytes, start, end) !== NOTHING) return true
    return this.#maySearch(bytes, start, end)
  }

  #maySearch(bytes: Uint8Array, start: number, end: number): boolean {
    for (const { pattern } of this.#plan.searches) {
      if (pattern instanceof RegExp || pattern.mayMatch(bytes, start, end)) return true
    }
    return false
  }

  fieldHasContext(fieldName: string): boolean {
    return this.#fieldContext(fieldName) !== null
  }

  scan(bytes: Uint8Array, start: number, end: number, sink: SpanSink, fieldName: string = ''): number {
    const field = fieldName === '' ? null : this.#fieldContext(fieldName)
    const first = this.#firstSeen(bytes, start, end)
    if (first === NOTHING && field === null && !this.#maySearch(bytes, start, end)) return 0
    const pass = this.#idle ?? new Pass(this.#plan.attempts)
    this.#idle = undefined
    pass.begin(bytes, start, end, fieldName)
    if (first !== NOTHING) this.#candidates(pass, first)
    if (field !== null) pass.field(field)
    for (const { detector, pattern } of this.#plan.searches) pass.search(detector, pattern)
    this.attempts += pass.attempts
    const count = pass.findings.size === 0 ? 0 : pass.findings.report(sink, start, this.#maxSpans)
    pass.release()
    this.#idle = pass
    return count
  }

  scanText(text: string, sink: SpanSink, fieldName: string = ''): number {
    if (this.#scratch.length < text.length * 3) this.#scratch = new Uint8Array(text.length * 3)
    const { written } = new TextEncoder().encodeInto(text, this.#scratch)
    if (written === text.length) return this.scan(this.#scratch, 0, written, sink, fieldName)
    const bytes = this.#scratch.slice(0, written)
    const offsets = utf16Offsets(bytes, text.length)
    return this.scan(bytes, 0, written, (from, to, detector) => sink(offsets[from], offsets[to], detector), fieldName)
  }

  /** As `#nextSeen` from the beginning. */
  #firstSeen(bytes: Uint8Array, start: number, end: number): number {
    const automaton = this.#automaton
    if (end - start < SIDE_BY_SIDE_BYTES) return this.#nextSeen(bytes, start, end, automaton.initial)
    const from = automaton.resume(start, automaton.quietUntil(bytes, start, end))
    return this.#nextSeen(bytes, from, end, automaton.resumeRow)
  }

  /** The position of the next byte that completes a trigger, or `NOTHING`. `#seenValue` tells what was seen. */
  #nextSeen(bytes: Uint8Array, start: number, end: number, row: number): number {
    const automaton = this.#automaton
    let table = automaton.table
    const lastFour = end - 4
    for (let i = start; i < end; i++) {
      // Four bytes a turn, as long as nothing is seen: half again as fast as one by one.
      while (i <= lastFour) {
        const first = table[row + bytes[i]]
        if (first < 0) break
        const second = table[first + bytes[i + 1]]
        if (second < 0) {
          row = first
          i++
          break
        }
        const third = table[second + bytes[i + 2]]
        if (third < 0) {
          row = second
          i += 2
          break
        }
        const fourth = table[third + bytes[i + 3]]
        if (fourth < 0) {
          row = third
          i += 3
          break
        }
        row = fourth
        i += 4
      }
      if (i >= end) break
      let next = table[row + bytes[i]]
      if (next < 0) {
        if (next === -1) {
          next = automaton.advance(row, bytes[i])
          table = automaton.table
        }
        if (next < 0) {
          this.#seenValue = next
          return i
        }
      }
      row = next
    }
    // The end counts as a line end, so that triggers can ask for what follows. It is seen at `end`, once.
    let last = table[row + LINE_END]
    if (last === -1) last = automaton.advance(row, LINE_END)
    if (last < -1) {
      this.#seenValue = last
      return end
    }
    return NOTHING
  }
  #seenValue = 0

  #candidates(pass: Pass, first: number): void {
    const { bytes, to: end } = pass
    for (let at = first; at !== NOTHING; ) {
      const value = this.#seenValue
      const seen = this.#automaton.seen(value)
      const row = this.#automaton.row(value)
      for (let index = 0; index < seen.length; index++) pass.candidate(this.#triggers[seen[index]], at + 1)
      at = at < end ? this.#nextSeen(bytes, at + 1, end, row) : NOTHING
    }
  }

  #fieldContext(fieldName: string): FieldContext | null {
    const known = this.#fields.get(fieldName)
    if (known !== undefined) return known
    if (this.#fields.size >= MAX_FIELD_NAMES) this.#fields.clear()
    const context = this.#makeFieldContext(Buffer.from(fieldName, 'utf8').subarray(0, MAX_FIELD_NAME_BYTES))
    this.#fields.set(fieldName, context)
    return context
  }

  #makeFieldContext(name: Buffer): FieldContext | null {
    const contexts = new Set<Attempt>()
    const assignments: { attempt: Attempt; rest: string }[] = []
    let at = this.#nextSeen(name, 0, name.length, this.#automaton.initial)
    while (at !== NOTHING) {
      const value = this.#seenValue
      const row = this.#automaton.row(value)
      for (const id of this.#automaton.seen(value)) {
        const { attempt, length, skip, alone } = this.#triggers[id]
        const from = at + 1 - length
        if (!attempt.isContext) assignments.push({ attempt, rest: name.toString('latin1', Math.max(0, from + skip)) })
        else if (!isInLabel(name, 0, name.length, alone === 0 ? at + 1 : at)) {
          if (alone === 0 || standsAlone(name, 0, name.length, at - alone, at)) contexts.add(attempt)
        }
      }
      at = at < name.length ? this.#nextSeen(name, at + 1, name.length, row) : NOTHING
    }
    if (contexts.size === 0 && assignments.length === 0) return null
    return { contexts: [...contexts], assignments }
  }
}

/** For each byte offset of UTF-8 the offset in UTF-16. */
function utf16Offsets(bytes: Uint8Array, length: number): Uint32Array {
  const offsets = new Uint32Array(bytes.length + 1)
  let offset = 0
  for (let i = 0; i < bytes.length; i++) {
    offsets[i] = offset
    const byte = bytes[i]
    if (byte < 0x80 || byte >= 0xc0) offset += byte >= 0xf0 ? 2 : 1
  }
  // Continuation bytes point behind their character; a span never begins on one.
  offsets[bytes.length] = length
  return offsets
}
