import { Findings } from './findings.ts'
import type { Attempt, Trigger } from './plan.ts'
import type { Detector, LinearPattern, MatchContext } from './types.ts'
import { isInLabel, standsAlone } from './words.ts'

/** What a field's name vouches for. */
export interface FieldContext {
  readonly contexts: readonly Attempt[]
  /** Patterns that begin in the name and may end in the value, as in `adobe_key` and what follows it. */
  readonly assignments: readonly { readonly attempt: Attempt; readonly rest: string }[]
}

/** How much of a value is looked at together with its field's name. */
const ASSIGNMENT_BYTES = 2048
/** How often a linear pattern may go over a text, in effect, before the rest of it is given up for found. */
const SEARCH_PASSES = 8
/** From a name to its value: an assignment, an attribute or line `value` beside the name, or a verb between blanks. */
const CONNECTOR =
  /[\w.$-]{0,24}[\\"'\])]{0,4}(?:\s{1,24}value(?=\s?[=:]))?\s{0,4}(?::=|=>|==?|[:>]|(?<=\s)(?:is|was|are|to|ist|lautet|es|est):?(?=\s))\s{0,4}[\\"'[(]{0,4}/y
const STOP = new Uint8Array(256)
for (const char of ',;&{}<\n\r') STOP[char.charCodeAt(0)] = 1
const NO_BYTES = new Uint8Array(0)

/** One scan: the text as the patterns see it, and what was found in it. */
export class Pass implements MatchContext {
  bytes: Uint8Array = NO_BYTES
  from = 0
  to = 0
  fieldName = ''
  readonly findings: Findings = new Findings()
  start = 0
  end = 0
  hasContext = false
  /** Per attempt: where its last finding ended, counted from `#epoch`; nothing before is found again. */
  readonly #resumeAt: Float64Array
  /** Per attempt that a word asks for: how far it was tried in vain, counted in the same way. */
  readonly #triedTo: Float64Array
  /** Grows by the length of each text, so that what earlier scans left in those lies before the text. */
  #epoch = 0
  attempts = 0
  /** Whether the last attempt matched, whatever its validator said. */
  #hasMatched = false
  #text: string | undefined
  /** The last answer of `#isWord`. */
  #wordEnd = -1
  #wordAlone = 0
  #wordHolds = false

  constructor(attempts: number) {
    this.#resumeAt = new Float64Array(attempts)
    this.#triedTo = new Float64Array(attempts)
  }

  /** Another text. */
  begin(bytes: Uint8Array, start: number, end: number, fieldName: string): void {
    this.#epoch += this.to - this.from + 1
    this.bytes = bytes
    this.from = start
    this.to = end
    this.fieldName = fieldName
    this.attempts = 0
    this.#text = undefined
    this.#wordEnd = -1
  }

  /** Lets go of the text and of what was found in it. */
  release(): void {
    this.findings.clear()
    this.bytes = NO_BYTES
    this.#text = undefined
  }

  /** The range as patterns see it; made when the first of them is tried. */
  get text(): string {
    if (this.#text === undefined) {
      const { bytes } = this
      const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.#text = buffer.toString('latin1', this.from, this.to)
    }
    return this.#text
  }

  /** A trigger was seen that ends before byte `to`. */
  candidate(trigger: Trigger, to: number): void {
    const { attempt } = trigger
    const from = to - trigger.length
    if (attempt.isContext) {
      const { alone } = trigger
      const end = alone === 0 ? to : to - 1
      if (!this.#isWord(alone, end)) return
      if (attempt.assigned) this.#afterConnector(attempt, end - this.from)
      else this.#withinAgain(attempt, end - this.from)
      return
    }
    const at = from + trigger.skip
    if (attempt.lead !== undefined) {
      const earlier = this.#lead(attempt, at)
      if (earlier < at && (this.#try(attempt, earlier - this.from) || this.#hasMatched)) return
    }
    this.#try(attempt, at - this.from)
  }

  /** Whether what ends before byte `end` is a word that asks for something. Many attempts ask for the same word, one after the other. */
  #isWord(alone: number, end: number): boolean {
    if (end !== this.#wordEnd || alone !== this.#wordAlone) {
      this.#wordEnd = end
      this.#wordAlone = alone
      const { bytes, from, to } = this
      this.#wordHolds =
        (alone === 0 || standsAlone(bytes, from, to, end - alone, end)) && !isInLabel(bytes, from, to, end)
    }
    return this.#wordHolds
  }

  #resumed(attempt: Attempt): number {
    return Math.max(0, this.#resumeAt[attempt.index] - this.#epoch)
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

  /** Words that ask for the same come one after the other: what was tried in vain for the last one is not tried again. */
  #withinAgain(attempt: Attempt, at: number): void {
    const { index, reach } = attempt
    const from = Math.max(at, this.#triedTo[index] - this.#epoch)
    this.#triedTo[index] = this.#epoch + this.#within(attempt, from, at + reach)
  }

  /** Looks from `at` on, before `limit` and as far as the clause goes. Returns how far it was tried in vain. */
  #within(attempt: Attempt, at: number, limit: number): number {
    const last = Math.min(limit, this.to - this.from)
    let i = Math.max(at, this.#resumed(attempt))
    for (; i < last; i++) {
      const byte = this.bytes[this.from + i]
      if (attempt.first[byte] === 1 && this.#tryWithContext(attempt, attempt.expression, i)) return i
      if (STOP[byte] === 1) return i
    }
    return i
  }

  field(context: FieldContext): void {
    for (const attempt of context.contexts) {
      if (attempt.fieldExpression !== undefined) this.#tryWithContext(attempt, attempt.fieldExpression, 0)
      else if (attempt.assigned) this.#tryWithContext(attempt, attempt.expression, 0)
      else this.#within(attempt, 0, attempt.reach)
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
    const [start, end] = attempt.startsWithGroup
      ? [match.index, match.index + match[1].length]
      : spanOf(match, attempt.group)
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
    if (attempt.startsWithGroup && expression === attempt.expression) {
      const end = match.index + match[1].length
      return end > match.index && this.#accept(attempt.detector, attempt.index, match.index, end, hasContext)
    }
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
    if (index >= 0) this.#resumeAt[index] = this.#epoch + end
    this.findings.add(start, end, detector)
    return true
  }
}

/** Where the finding stands in a match: the given group, else the first that took part, else all of it. */
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
