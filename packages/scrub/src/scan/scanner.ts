import { Automaton } from './automaton.ts'
import { Findings } from './findings.ts'
import { type Attempt, makePlan, type Plan, type Trigger } from './plan.ts'
import type { Detector, LinearPattern, MatchContext, Scanner, ScannerOptions, SpanSink } from './types.ts'
import { isInLabel, standsAlone } from './words.ts'

/**
 * Compiles detectors into one scanner: one automaton over bytes as prefilter, patterns and validators on candidates only.
 * @throws Error when a detector's pattern has no trigger and none can be derived.
 */
export function compileScanner(detectors: readonly Detector[], options: ScannerOptions = {}): Scanner {
  return new CompiledScanner(detectors, options)
}

/** What a field's name vouches for. */
interface FieldContext {
  readonly contexts: readonly Attempt[]
  /** Patterns that begin in the name and may end in the value, as in `adobe_key` and what follows it. */
  readonly assignments: readonly { readonly attempt: Attempt; readonly rest: string }[]
}

const NONE = new Int32Array(0)
const NOTHING = Number.MAX_SAFE_INTEGER
const LINE_END = 10
const MAX_FIELD_NAMES = 4096
/** A name of more bytes than this vouches for nothing beyond its first bytes. */
const MAX_FIELD_NAME_BYTES = 256
/** How much of a value is looked at together with its field's name. */
const ASSIGNMENT_BYTES = 2048
/** How often a linear pattern may go over a text, in effect, before the rest of it is given up for found. */
const SEARCH_PASSES = 8
/** From a name to its value: an assignment, an attribute or line `value` beside the name, or a verb between blanks. */
const CONNECTOR =
  /[\w.$-]{0,24}[\\"'\])]{0,4}(?:\s{1,24}value(?=\s?[=:]))?\s{0,4}(?::=|=>|==?|[:>]|(?<=\s)(?:is|was|are|to|ist|lautet|es|est):?(?=\s))\s{0,4}[\\"'[(]{0,4}/y
const STOP = new Uint8Array(256)
for (const char of ',;&{}<\n\r') STOP[char.charCodeAt(0)] = 1

class CompiledScanner implements Scanner {
  readonly detectors: readonly Detector[]
  readonly #maxSpans: number
  readonly #plan: Plan
  readonly #triggers: readonly Trigger[]
  readonly #automaton: Automaton
  readonly #fields = new Map<string, FieldContext | null>()
  /** Attempts so far, each of which costs at most what its pattern costs at one place. */
  attempts = 0
  #scratch = new Uint8Array(4096)

  constructor(detectors: readonly Detector[], options: ScannerOptions) {
    this.detectors = [...detectors]
    this.#maxSpans = options.maxSpans ?? 65_536
    this.#plan = makePlan(detectors)
    this.#triggers = this.#plan.triggers
    this.#automaton = new Automaton(this.#plan.sequences)
  }

  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#nextSeen(bytes, start, end, this.#automaton.initial) !== NOTHING) return true
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
    const first = this.#nextSeen(bytes, start, end, this.#automaton.initial)
    if (first === NOTHING && field === null && this.#plan.searches.length === 0) return 0
    const pass = new Pass(bytes, start, end, fieldName, this.#plan.attempts)
    if (first !== NOTHING) this.#candidates(pass, first)
    if (field !== null) pass.field(field)
    for (const { detector, pattern } of this.#plan.searches) pass.search(detector, pattern)
    this.attempts += pass.attempts
    return pass.findings.size === 0 ? 0 : pass.findings.report(sink, start, this.#maxSpans)
  }

  scanText(text: string, sink: SpanSink, fieldName: string = ''): number {
    if (this.#scratch.length < text.length * 3) this.#scratch = new Uint8Array(text.length * 3)
    const { written } = new TextEncoder().encodeInto(text, this.#scratch)
    if (written === text.length) return this.scan(this.#scratch, 0, written, sink, fieldName)
    const bytes = this.#scratch.slice(0, written)
    const offsets = utf16Offsets(bytes, text.length)
    return this.scan(bytes, 0, written, (from, to, detector) => sink(offsets[from], offsets[to], detector), fieldName)
  }

  /** The position of the next byte that completes a trigger, or `NOTHING`. `#seenValue` tells what was seen. */
  #nextSeen(bytes: Uint8Array, start: number, end: number, row: number): number {
    const automaton = this.#automaton
    const classOf = automaton.classOf
    let table = automaton.table
    for (let i = start; i < end; i++) {
      let next = table[row + classOf[bytes[i]]]
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
    let last = table[row + classOf[LINE_END]]
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
        else if (alone === 0 || standsAlone(name, 0, name.length, at - alone, at)) contexts.add(attempt)
      }
      at = at < name.length ? this.#nextSeen(name, at + 1, name.length, row) : NOTHING
    }
    if (contexts.size === 0 && assignments.length === 0) return null
    return { contexts: [...contexts], assignments }
  }
}

/** One scan: the text as the patterns see it, and what was found in it. */
class Pass implements MatchContext {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly fieldName: string
  readonly findings = new Findings()
  readonly text: string
  start = 0
  end: number
  hasContext = false
  /** Per attempt: where its last finding ended; nothing before is found again. */
  #resumeAt: Int32Array = NONE
  readonly #attempts: number
  attempts = 0
  /** Whether the last attempt matched, whatever its validator said. */
  #hasMatched = false

  constructor(bytes: Uint8Array, start: number, end: number, fieldName: string, attempts: number) {
    this.bytes = bytes
    this.from = start
    this.to = end
    this.end = end
    this.fieldName = fieldName
    this.#attempts = attempts
    const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.text = buffer.toString('latin1', start, end)
  }

  /** A trigger was seen that ends before byte `to`. */
  candidate(trigger: Trigger, to: number): void {
    const { attempt } = trigger
    const from = to - trigger.length
    if (attempt.isContext) {
      const { alone } = trigger
      const end = alone === 0 ? to : to - 1
      if (alone > 0 && !standsAlone(this.bytes, this.from, this.to, end - alone, end)) return
      if (isInLabel(this.bytes, this.from, this.to, end)) return
      if (attempt.assigned) this.#afterConnector(attempt, end - this.from)
      else this.#within(attempt, end - this.from)
      return
    }
    const at = from + trigger.skip
    if (attempt.lead !== undefined) {
      const earlier = this.#lead(attempt, at)
      if (earlier < at && (this.#try(attempt, earlier - this.from) || this.#hasMatched)) return
    }
    this.#try(attempt, at - this.from)
  }

  #resumed(attempt: Attempt): number {
    return this.#resumeAt === NONE ? 0 : this.#resumeAt[attempt.index]
  }

  #lead(attempt: Attempt, at: number): number {
    const lead = attempt.lead as Uint8Array
    const lowest = Math.max(this.from + this.#resumed(attempt), at - attempt.leadMax)
    let from = at
    while (from > lowest && lead[this.bytes[from - 1]] === 1) from--
    while (from < at && attempt.first[this.bytes[from]] === 0) from++
    return from
  }

  #afterConnector(attempt: Attempt, at: number): void {
    CONNECTOR.lastIndex = at
    if (!CONNECTOR.test(this.text)) return
    this.#tryWithContext(attempt, attempt.expression, CONNECTOR.lastIndex)
  }

  #within(attempt: Attempt, at: number): boolean {
    const last = Math.min(at + attempt.reach, this.text.length)
    for (let i = Math.max(at, this.#resumed(attempt)); i < last; i++) {
      const byte = this.bytes[this.from + i]
      if (attempt.first[byte] === 1 && this.#tryWithContext(attempt, attempt.expression, i)) return true
      if (STOP[byte] === 1) return false
    }
    return false
  }

  field(context: FieldContext): void {
    for (const attempt of context.contexts) {
      if (attempt.fieldExpression !== undefined) this.#tryWithContext(attempt, attempt.fieldExpression, 0)
      else if (attempt.assigned) this.#tryWithContext(attempt, attempt.expression, 0)
      else this.#within(attempt, 0)
    }
    for (const { attempt, rest } of context.assignments) this.#assignment(attempt, rest)
  }

  #assignment(attempt: Attempt, rest: string): void {
    const head = `${rest}": "`
    const value = this.text.length > ASSIGNMENT_BYTES ? this.text.slice(0, ASSIGNMENT_BYTES) : this.text
    const { expression, detector } = attempt
    expression.lastIndex = 0
    const match = expression.exec(`${head}${value}"`)
    if (match === null) return
    const [start, end] = spanOf(match, attempt.group)
    const from = Math.max(0, start - head.length)
    const to = Math.min(end - head.length, value.length)
    if (to <= from) return
    this.#accept(detector, attempt.index, from, to, true)
  }

  search(detector: Detector, pattern: RegExp | LinearPattern): void {
    if (!(pattern instanceof RegExp)) {
      this.#searchLinear(detector, pattern)
      return
    }
    pattern.lastIndex = 0
    for (let match = pattern.exec(this.text); match !== null; match = pattern.exec(this.text)) {
      const [start, end] = spanOf(match, detector.group)
      const isAccepted = end > start && this.#accept(detector, -1, start, end, false)
      if (!isAccepted && match[0].length === 0) pattern.lastIndex++
    }
  }

  #searchLinear(detector: Detector, pattern: LinearPattern): void {
    if (!pattern.mayMatch(this.bytes, this.from, this.to)) return
    const out: [number, number] = [0, 0]
    // All findings together may cost more than linear time (`a.*b|a` on many a's); past the budget the rest is one finding.
    const budget = pattern.steps + SEARCH_PASSES * pattern.size * (this.text.length + 1024)
    for (let at = 0; at <= this.text.length && pattern.find(this.text, at, out); ) {
      if (pattern.steps > budget) out[1] = this.text.length
      if (out[1] > out[0]) this.#accept(detector, -1, out[0], out[1], false)
      at = Math.max(out[1], out[0] + 1)
    }
  }

  #tryWithContext(attempt: Attempt, expression: RegExp, at: number): boolean {
    return this.#match(attempt, expression, at, true)
  }

  #try(attempt: Attempt, at: number): boolean {
    if (at < this.#resumed(attempt)) return false
    return this.#match(attempt, attempt.expression, at, false)
  }

  #match(attempt: Attempt, expression: RegExp, at: number, hasContext: boolean): boolean {
    this.attempts++
    expression.lastIndex = at
    const match = expression.exec(this.text)
    this.#hasMatched = match !== null
    if (match === null) return false
    const [start, end] = spanOf(match, attempt.group)
    return end > start && this.#accept(attempt.detector, attempt.index, start, end, hasContext)
  }

  #accept(detector: Detector, index: number, start: number, end: number, hasContext: boolean): boolean {
    if (detector.validate !== undefined) {
      this.start = start
      this.end = end
      this.hasContext = hasContext
      if (!detector.validate(this.text.slice(start, end), this)) return false
    }
    if (index >= 0) {
      if (this.#resumeAt === NONE) this.#resumeAt = new Int32Array(this.#attempts)
      this.#resumeAt[index] = end
    }
    this.findings.add(start, end, detector)
    return true
  }
}

function spanOf(match: RegExpExecArray, group: number | undefined): [number, number] {
  const { indices } = match
  if (indices !== undefined) {
    if (group !== undefined) return indices[group] ?? [0, 0]
    for (let index = 1; index < indices.length; index++) {
      const span = indices[index]
      if (span !== undefined) return span
    }
  }
  return [match.index, match.index + match[0].length]
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
