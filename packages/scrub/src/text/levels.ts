import type { KeyRing } from '../actions/keyring.ts'
import { ownMarks } from '../actions/keyring.ts'
import { asBuffer } from '../json/names.ts'
import { escapeLength } from '../json/tape.ts'
import type { Detector, SpanSink } from '../scan/types.ts'
import type { Recorder } from '../stages/recorder.ts'
import type { ScanGroup } from '../stages/rules.ts'
import type { EditList } from './edits.ts'
import { Ranges } from './ranges.ts'
import { Rest } from './rest.ts'
import { hasPercentEscape, indexOfByte, View } from './view.ts'

/** Where the findings of a text belong: how its offsets and a replacement translate to the document around it. */
export interface TextTarget {
  readonly edits: EditList
  /** The view through which the text is seen; undefined when it is seen as it stands. */
  readonly base: View | undefined
  /** A replacement as it must stand in the document. */
  encode(text: string): string
  /** Field path of the text, asked only when something was found. */
  path(): string
  /** A JSON number is replaced as a whole. */
  readonly isNumber: boolean
  /** Of a number: its place in the document. */
  readonly start: number
  readonly end: number
}

const BACKSLASH = 0x5c
/** How many levels of JSON escapes are undone within one text. */
const maxEscapeLevels = 4
/** A rest beside one of our own marks that is shorter is punctuation. */
const restWorthHiding = 6

/**
 * Asks scanners about a text at each of its levels: as it stands, with JSON escapes undone once, twice and so on, with
 * percent-encoding undone. The deepest level is asked first, because there a finding's bounds are known best.
 */
export class TextLevels {
  readonly #recorder: Recorder
  readonly #keys: KeyRing | undefined
  readonly #labels: ReadonlySet<string>
  readonly #views: View[] = []
  /** The level that is asked now. */
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  #depth = 0
  /** Bounds of the text that is inspected. */
  #textStart = 0
  #textEnd = 0
  /** How many edits there were before it. */
  #firstEdit = 0
  readonly #hitStarts: number[] = []
  readonly #hitEnds: number[] = []
  readonly #hitDetectors: Detector[] = []
  #hits = 0
  /**
   * Set when a replacement leaves something of its text standing: what is left may now show what was hidden, so that it
   * has to be looked at again. Whoever looks again resets it.
   */
  hasRest = false
  /** What deeper levels of the text have found already. */
  readonly #taken = new Ranges()
  readonly #rest = new Rest()
  readonly #sink: SpanSink = (start, end, detector) => {
    this.#hitStarts[this.#hits] = start
    this.#hitEnds[this.#hits] = end
    this.#hitDetectors[this.#hits++] = detector
  }

  constructor(recorder: Recorder, keys: KeyRing | undefined, labels: ReadonlySet<string>) {
    this.#labels = labels
    this.#recorder = recorder
    this.#keys = keys
  }

  /** False: none of these scanners can find anything in the range, at any level. */
  suspects(bytes: Uint8Array, start: number, end: number, groups: readonly ScanGroup[]): boolean {
    for (const group of groups) if (group.scanner.mayMatch(bytes, start, end)) return true
    const levels = this.#build(bytes, start, end)
    for (let level = 0; level < levels; level++) {
      const view = this.#views[level]
      for (const group of groups) if (group.scanner.mayMatch(view.bytes, 0, view.length)) return true
    }
    return false
  }

  /** Finds, applies rules and records edits for one text. `fieldName`: what it is the value of. */
  inspect(
    bytes: Uint8Array,
    start: number,
    end: number,
    fieldName: string | undefined,
    groups: readonly ScanGroup[],
    target: TextTarget,
  ): void {
    if (groups.length === 0 || start >= end) return
    const levels = target.isNumber ? 0 : this.#build(bytes, start, end)
    this.#textStart = start
    this.#textEnd = end
    this.#firstEdit = target.edits.count
    this.#rest.begin(levels === 0 && groups.length === 1)
    for (const group of groups) {
      this.#taken.clear()
      for (let level = levels; level >= 0; level--) {
        const view = level === 0 ? undefined : this.#views[level - 1]
        this.#bytes = view?.bytes ?? bytes
        this.#start = view === undefined ? start : 0
        this.#end = view?.length ?? end
        this.#depth = level
        this.#ask(group, fieldName, target)
        if (level > 0) this.#taken.settle()
      }
    }
    if (this.#rest.mayShow(bytes, start, end, groups, fieldName)) this.hasRest = true
    this.#bytes = noBytes
  }

  #ask(group: ScanGroup, fieldName: string | undefined, target: TextTarget): void {
    const { scanner } = group
    this.#hits = 0
    if (scanner.scan(this.#bytes, this.#start, this.#end, this.#sink, fieldName) === 0) return
    const marks = this.#marks()
    const hits = this.#hits
    for (let index = 0; index < hits; index++) {
      const from = this.#snap(this.#hitStarts[index])
      let to = this.#hitEnds[index]
      // A backslash at its end belongs to the escape that follows, if one does.
      if (to < this.#end && this.#bytes[to - 1] === BACKSLASH && escapeLength(this.#bytes, to - 1, this.#end) > 0) {
        while (to > from && this.#bytes[to - 1] === BACKSLASH) to--
      }
      if (from >= to) continue
      const detector = this.#hitDetectors[index]
      if (marks.length === 0) this.#hit(group, detector, from, to, target)
      else this.#besideMarks(group, detector, from, to, marks, target)
    }
  }

  /** What hash, tokenise and encrypt made is left alone; what stands beside it is not. */
  #besideMarks(
    group: ScanGroup,
    detector: Detector,
    start: number,
    end: number,
    marks: readonly number[],
    target: TextTarget,
  ): void {
    let from = start
    let touched = false
    for (let index = 0; index < marks.length; index += 2) {
      const markStart = marks[index] + this.#start
      const markEnd = marks[index + 1] + this.#start
      if (markEnd <= from || markStart >= end) continue
      touched = true
      if (markStart - from >= restWorthHiding) this.#hit(group, detector, from, markStart, target)
      from = markEnd
    }
    if (!touched) this.#hit(group, detector, start, end, target)
    else if (end - from >= restWorthHiding) this.#hit(group, detector, from, end, target)
  }

  #marks(): readonly number[] {
    const bracket = indexOfByte(this.#bytes, 0x5b, this.#start, this.#end)
    if (bracket === this.#end && indexOfByte(this.#bytes, 0x7e, this.#start, this.#end) === this.#end) return noMarks
    const range = asBuffer(this.#bytes).toString('latin1', this.#start, this.#end)
    const found: number[] = this.#keys !== undefined && range.includes('scrub~') ? [...ownMarks(range, this.#keys)] : []
    if (bracket < this.#end) {
      for (const match of range.matchAll(labelPattern)) {
        if (this.#labels.has(match[0])) found.push(match.index, match.index + match[0].length)
      }
      if (found.length > 2) return inOrder(found)
    }
    return found
  }

  #hit(group: ScanGroup, detector: Detector, from: number, to: number, target: TextTarget): void {
    const rule = group.ruleOf.get(detector)
    if (rule === undefined) return
    let start = from
    let end = to
    let encoded = 0
    for (let level = this.#depth - 1; level >= 0; level--) {
      const length = end - start
      end = this.#views[level].sourceEnd(end)
      start = this.#views[level].sourceStart(start)
      // A per cent sign elsewhere in the text does not make this finding a part of a URL.
      if (this.#views[level].kind === 'json' || end - start !== length) encoded |= 1 << level
    }
    if (this.#taken.covers(start, end)) return
    if (this.#depth > 0) this.#taken.add(start, end)
    const textFrom = start
    const textTo = end
    const isWhole = start === this.#textStart && end === this.#textEnd
    if (target.base !== undefined) {
      end = target.base.sourceEnd(end)
      start = target.base.sourceStart(start)
    }
    if (target.isNumber) {
      start = target.start
      end = target.end
    }
    const value = asBuffer(this.#bytes).toString(
      'utf8',
      target.isNumber ? this.#start : from,
      target.isNumber ? this.#end : to,
    )
    const at = { path: target.path(), start, end }
    const replacement = this.#recorder.hit(rule, detector, value, target.isNumber ? 'number' : 'text', at)
    if (replacement === undefined) {
      // It is already what its action makes, and as of two edits the larger would have stayed: what deeper levels found within goes.
      if (rule.enforced && rule.action.name !== 'report') target.edits.dropWithin(start, end, this.#firstEdit)
      return
    }
    if (!isWhole && !target.isNumber) {
      const { name } = rule.action
      const isMark = name === 'remove' ? this.#labels.has(replacement) : name !== 'mask'
      this.#rest.add(textFrom, textTo, replacement, isMark)
    }
    let text = replacement
    for (let level = this.#depth - 1; level >= 0; level--) {
      if ((encoded & (1 << level)) !== 0) text = this.#views[level].encode(text)
    }
    target.edits.add(start, end, target.isNumber && rule.action.keepsType ? text : target.encode(text))
  }

  /** A finding does not begin in the middle of an escape: its first bytes may belong to that. */
  #snap(start: number): number {
    if (start <= this.#start) return start
    const bytes = this.#bytes
    if (bytes[start - 1] === BACKSLASH) {
      let slashes = 1
      while (start - 1 - slashes >= this.#start && bytes[start - 1 - slashes] === BACKSLASH) slashes++
      // Behind a backslash that begins no escape the first character belongs to the finding.
      return slashes % 2 === 1 ? start - 1 + Math.max(1, escapeLength(bytes, start - 1, this.#end)) : start
    }
    if (bytes[start - 1] === 0x25 && hasPercentEscape(bytes, start - 1, Math.min(start + 2, this.#end)))
      return start + 2
    if (
      start - 2 >= this.#start &&
      bytes[start - 2] === 0x25 &&
      hasPercentEscape(bytes, start - 2, Math.min(start + 1, this.#end))
    ) {
      return start + 1
    }
    return start
  }

  /** Makes the views of the deeper levels; answers how many there are. */
  #build(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 64 && isPlain(bytes, start, end)) return 0
    let count = 0
    let source = bytes
    let from = start
    let to = end
    while (count < maxEscapeLevels && indexOfByte(source, BACKSLASH, from, to) < to) {
      const view = this.#view(count)
      view.unescapeJson(source, from, to)
      if (view.length === to - from) break
      source = view.bytes
      from = 0
      to = view.length
      count++
    }
    if (hasPercentEscape(source, from, to)) {
      this.#view(count).unescapePercent(source, from, to, false)
      count++
    }
    return count
  }

  #view(index: number): View {
    this.#views[index] ??= new View()
    return this.#views[index]
  }
}

const noMarks: readonly number[] = []
const labelPattern = /\[[a-z\d-]{2,48}\]/g

/** Whether neither a backslash nor a per cent sign stands in a short text. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    const byte = bytes[position]
    if (byte === BACKSLASH || byte === 0x25) return false
  }
  return true
}

/** Pairs of start and end, by start. */
function inOrder(pairs: readonly number[]): readonly number[] {
  const starts = Array.from({ length: pairs.length / 2 }, (_, index) => index * 2).sort(
    (one, other) => pairs[one] - pairs[other],
  )
  return starts.flatMap((at) => [pairs[at], pairs[at + 1]])
}

const noBytes = new Uint8Array(0)
