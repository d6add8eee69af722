import type { KeyRing } from '../actions/keyring.ts'
import { isUtf8 } from '../edge/bytes.ts'
import { HeaderBlock } from '../headers/block.ts'
import type { HeaderRules } from '../headers/redact.ts'
import { HeaderRedactor } from '../headers/redact.ts'
import type { FieldAutomaton } from '../json/automaton.ts'
import { asBuffer } from '../json/names.ts'
import { firstByte, JsonWalker } from '../json/walk.ts'
import { FormRedactor, looksLikeForm } from '../text/form.ts'
import type { TextTarget } from '../text/levels.ts'
import { TextLevels } from '../text/levels.ts'
import type { Part } from '../text/multipart.ts'
import { boundaryOf, splitParts } from '../text/multipart.ts'
import type { View } from '../text/view.ts'
import type { Recorder } from './recorder.ts'
import { Rejection } from './rejection.ts'
import type { CompiledRule, ScanGroup } from './rules.ts'

/** The rules of one redact stage, compiled. */
export interface RedactRules {
  readonly rules: readonly CompiledRule[]
  /** Scanners for the whole message. */
  readonly everywhere: readonly ScanGroup[]
  readonly fields: FieldAutomaton<CompiledRule>
  /** Its prefilter tells whether a field path can select anything in a payload; undefined: in any it may. */
  readonly fieldNames: ScanGroup | undefined
  readonly hasFields: boolean
  readonly headers: HeaderRules
  /** What happens to binary payloads in which something is found. */
  readonly binary: 'mask' | 'reject' | 'ignore'
  /** Whether what begins as a JSON object and is none is refused, or read as text. */
  readonly invalidJson: 'reject' | 'text'
}

/** The ways in which a payload is read. */
type Reading = 'json' | 'binary' | 'multipart' | 'form' | 'text'

/** One redact stage: finds the way that fits the payload, and rewrites only what rules select. */
export class Redaction implements TextTarget {
  readonly rules: RedactRules
  readonly base: View | undefined = undefined
  readonly isNumber: boolean = false
  readonly start: number = 0
  readonly end: number = 0
  readonly #recorder: Recorder
  readonly #levels: TextLevels
  readonly #walker: JsonWalker
  readonly #form: FormRedactor
  readonly #headers: HeaderRedactor
  readonly #fieldNames: readonly ScanGroup[] | undefined
  /** Every scanner of every rule. */
  readonly #groups: readonly ScanGroup[]
  readonly #block: HeaderBlock = new HeaderBlock()
  #path = ''
  /** How the last pass read what it was given. */
  #reading: Reading = 'text'
  #parts: readonly Part[] = []

  constructor(rules: RedactRules, recorder: Recorder, keys: KeyRing | undefined, identityKey: Uint8Array) {
    this.rules = rules
    this.#recorder = recorder
    this.#levels = new TextLevels(recorder, keys, labelsOf(rules))
    this.#walker = new JsonWalker(rules, recorder, this.#levels)
    this.#form = new FormRedactor(this.#walker.edits, rules.fields, recorder, this.#levels)
    this.#headers = new HeaderRedactor(rules.headers, recorder, this.#levels, keys, identityKey)
    this.#groups = [...rules.everywhere, ...rules.rules.flatMap(({ group }) => (group === undefined ? [] : [group]))]
    this.#fieldNames = rules.fieldNames === undefined ? undefined : [rules.fieldNames]
  }

  get edits(): TextTarget['edits'] {
    return this.#walker.edits
  }

  encode(text: string): string {
    return text
  }

  path(): string {
    return this.#path
  }

  /** The redacted header block, or undefined when it stays as it is. */
  headers(block: HeaderBlock): Buffer | undefined {
    this.#recorder.place = 'header'
    let result = this.#headers.redact(block)
    this.#recorder.again = true
    for (let pass = 1; result !== undefined && pass < mostPasses; pass++) {
      if (!this.#levels.suspects(result, 0, result.length, this.#groups)) break
      this.#block.parse(result)
      const next = this.#headers.redact(this.#block)
      if (next === undefined) break
      result = next
    }
    this.#recorder.again = false
    this.#recorder.place = 'payload'
    return result
  }

  /**
   * The redacted payload, or undefined when it stays as it is.
   * @throws Rejection when it cannot be read as what its rules need
   */
  payload(bytes: Uint8Array, contentType: string): Buffer | undefined {
    // An earlier message may have been refused in the middle of looking again.
    this.#recorder.again = false
    this.#recorder.place = 'payload'
    this.#walker.scope = undefined
    this.#levels.hasRest = false
    let result = this.#pass(bytes, contentType)
    if (result === undefined) return undefined
    this.#recorder.again = true
    for (let pass = 1; pass < mostPasses; pass++) {
      const next = this.#lookAgain(result, contentType)
      if (next === undefined) break
      result = next
    }
    this.#walker.scope = undefined
    this.#recorder.again = false
    return result
  }

  /** What is gone may have hidden something in what the last pass left; undefined when nothing new comes up. */
  #lookAgain(bytes: Buffer, contentType: string): Buffer | undefined {
    if (this.#isReadOtherwise(bytes, contentType)) {
      // All of it: none of its fields has been asked about yet.
      this.#walker.scope = undefined
    } else {
      // What is gone may have stood between a pattern and its neighbour.
      if (!this.#levels.hasRest) return undefined
      if (!this.#levels.suspects(bytes, 0, bytes.length, this.#groups) && !this.#mayHaveField(bytes)) return undefined
      this.#walker.scope = this.edits.written()
    }
    this.#levels.hasRest = false
    return this.#pass(bytes, contentType)
  }

  /**
   * Whether what the last pass left is read in another way than what it was given: what kept a text from being a form or JSON may
   * have gone with a finding. JSON stays JSON. Bytes stay bytes, so that lengths written in them stay true.
   */
  #isReadOtherwise(bytes: Buffer, contentType: string): boolean {
    const before = this.#reading
    return before !== 'json' && before !== 'binary' && this.#readingOf(bytes, contentType) !== before
  }

  #pass(bytes: Uint8Array, contentType: string): Buffer | undefined {
    const { everywhere } = this.rules
    const end = bytes.length
    if (end === 0) return undefined
    const suspicious = everywhere.length > 0 && this.#levels.suspects(bytes, 0, end, everywhere)
    if (!suspicious && !this.#mayHaveField(bytes)) return undefined
    this.edits.clear()
    this.#path = ''
    const groups = suspicious ? everywhere : noGroups
    this.#reading = this.#readingOf(bytes, contentType)
    if (this.#reading !== 'json') this.#refuseBrokenJson(bytes, contentType)
    switch (this.#reading) {
      case 'json':
        this.#walker.walk(bytes, this.rules.fields.start, '', groups, undefined)
        break
      case 'binary':
        return this.#binary(bytes, groups)
      case 'multipart':
        for (const part of this.#parts) this.#part(bytes, part, groups)
        break
      case 'form':
        this.#form.redact(bytes, 0, end, groups)
        break
      case 'text':
        this.#levels.inspect(bytes, 0, end, undefined, groups, this)
    }
    return this.edits.apply(bytes, 0, end)
  }

  /** False: no field path can select anything, so the payload need not be read. */
  #mayHaveField(bytes: Uint8Array): boolean {
    if (!this.rules.hasFields) return false
    return this.#fieldNames === undefined || this.#levels.suspects(bytes, 0, bytes.length, this.#fieldNames)
  }

  /** How a payload is read; of JSON the tape is left to be walked, of multipart bodies the parts. */
  #readingOf(bytes: Uint8Array, contentType: string): Reading {
    const end = bytes.length
    const start = jsonStart(bytes)
    if (mayBeginJson(firstByte(bytes, start, end)) && this.#walker.tape.parse(bytes, start, end)) return 'json'
    if ((bytes.includes(0) || !isUtf8(bytes)) && looksBinary(bytes)) return 'binary'
    const boundary = boundaryOf(bytes, contentType)
    const parts = boundary === undefined ? undefined : splitParts(bytes, boundary)
    if (parts !== undefined) {
      this.#parts = parts
      return 'multipart'
    }
    if (/^application\/x-www-form-urlencoded\b/i.test(contentType) || looksLikeForm(bytes, 0, end)) return 'form'
    return 'text'
  }

  /** Field rules that cannot be applied to what should be JSON. */
  #refuseBrokenJson(bytes: Uint8Array, contentType: string): void {
    if (!this.rules.hasFields || this.rules.invalidJson !== 'reject') return
    const start = jsonStart(bytes)
    const first = firstByte(bytes, start, bytes.length)
    const declared = /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)
    if (!mayBeginJson(first)) {
      if (declared) throw invalidJson(start)
      return
    }
    const { tape } = this.#walker
    if (tape.fault === 'depth') throw new Rejection('json-depth', 'The JSON is nested too deeply to apply field rules.')
    if (tape.fault === 'tokens')
      throw new Rejection('json-tokens', 'The JSON has too many tokens to apply field rules.')
    if (declared || (first === 0x7b && tape.count > 1)) throw invalidJson(tape.faultAt)
  }

  #part(bytes: Uint8Array, part: Part, groups: readonly ScanGroup[]): void {
    this.#levels.inspect(bytes, part.headerStart, part.headerEnd, undefined, groups, this)
    this.#path = part.name === '' ? '' : `$.${part.name}`
    const { fields } = this.rules
    const state = part.name === '' ? fields.start : fields.key(fields.start, part.name)
    let own = groups
    for (const rule of fields.rules(state)) {
      const at = { path: this.#path, start: part.start, end: part.end }
      if (rule.group !== undefined) own = [...own, rule.group]
      else if (!rule.enforced || rule.action.name === 'report')
        this.#recorder.count(rule, '', at.path, at.start, at.end)
      else {
        const value = asBuffer(bytes).toString('utf8', part.start, part.end)
        const text = this.#recorder.hit(rule, undefined, value, 'text', at)
        if (text !== undefined) this.edits.add(part.start, part.end, text)
        return
      }
    }
    const inspect = () => this.#levels.inspect(bytes, part.start, part.end, part.name, own, this)
    const before = this.edits.count
    if (this.#walker.tape.parse(bytes, part.start, part.end)) this.#walker.walk(bytes, state, part.name, own, undefined)
    else if (looksBinary(bytes.subarray(part.start, part.end))) this.#maskFrom(before, inspect)
    else {
      inspect()
      // What kept it from being JSON may be gone.
      if (this.edits.count > before && mayBeginJson(firstByte(bytes, part.start, part.end))) this.#levels.hasRest = true
    }
    this.#path = ''
  }

  #binary(bytes: Uint8Array, groups: readonly ScanGroup[]): Buffer | undefined {
    if (this.rules.binary === 'ignore') return undefined
    const before = this.#recorder.total
    this.#maskFrom(0, () => this.#levels.inspect(bytes, 0, bytes.length, undefined, groups, this))
    if (this.rules.binary === 'reject' && this.#recorder.total > before) {
      throw new Rejection('binary', 'Something to redact stands in a binary payload.')
    }
    return this.edits.apply(bytes, 0, bytes.length)
  }

  /** In binary formats lengths are written elsewhere: whatever the action, as many bytes stand there as before. */
  #maskFrom(count: number, inspect: () => void): void {
    inspect()
    const { edits } = this.#walker
    for (let index = count; index < edits.count; index++) edits.mask(index)
  }
}

const mostPasses = 5
const noGroups: readonly ScanGroup[] = []

/** Where JSON would begin: behind a byte order mark. */
function jsonStart(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

/** Whether a document of JSON that may hold something can begin with this byte: `{`, `[`, `"`, `-` or a digit. */
function mayBeginJson(first: number): boolean {
  return first === 0x7b || first === 0x5b || first === 0x22 || first === 0x2d || (first >= 0x30 && first <= 0x39)
}

function invalidJson(at: number): Rejection {
  return new Rejection('json-invalid', `The payload is not JSON (byte ${at}), so field rules cannot be applied.`)
}

/** NUL, or more than a few control characters in the first 512 bytes. */
function looksBinary(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return true
  const end = Math.min(bytes.length, 512)
  let controls = 0
  for (let index = 0; index < end; index++) {
    const byte = bytes[index]
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x1b) controls++
  }
  return controls * 32 > end
}

/** What stands where a finding was removed, `[email]` and the like. */
function labelsOf(rules: RedactRules): ReadonlySet<string> {
  const labels = new Set<string>(['[removed]'])
  for (const group of [...rules.everywhere, ...rules.rules.map((rule) => rule.group)]) {
    for (const detector of group?.ruleOf.keys() ?? []) labels.add(`[${detector.name}]`)
  }
  return labels
}
