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
    if (result === undefined || !this.#levels.hasRest) return result
    // What is gone may have stood between a pattern and its neighbour: look again until nothing new comes up.
    this.#recorder.again = true
    for (let pass = 1; pass < mostPasses && this.#levels.suspects(result, 0, result.length, this.#groups); pass++) {
      this.#levels.hasRest = false
      this.#walker.scope = this.edits.written()
      const next = this.#pass(result, contentType)
      if (next === undefined) break
      result = next
      if (!this.#levels.hasRest) break
    }
    this.#walker.scope = undefined
    this.#recorder.again = false
    return result
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
    if (this.#json(bytes, contentType, groups)) return this.edits.apply(bytes, 0, end)
    if (bytes.includes(0) || !isUtf8(bytes)) {
      if (looksBinary(bytes)) return this.#binary(bytes, groups)
    }
    const boundary = boundaryOf(bytes, contentType)
    const parts = boundary === undefined ? undefined : splitParts(bytes, boundary)
    if (parts !== undefined) for (const part of parts) this.#part(bytes, part, groups)
    else if (/^application\/x-www-form-urlencoded\b/i.test(contentType) || looksLikeForm(bytes, 0, end)) {
      this.#form.redact(bytes, 0, end, groups)
    } else this.#levels.inspect(bytes, 0, end, undefined, groups, this)
    return this.edits.apply(bytes, 0, end)
  }

  /** False: no field path can select anything, so the payload need not be read. */
  #mayHaveField(bytes: Uint8Array): boolean {
    if (!this.rules.hasFields) return false
    return this.#fieldNames === undefined || this.#levels.suspects(bytes, 0, bytes.length, this.#fieldNames)
  }

  /** True when the payload was JSON and is dealt with. */
  #json(bytes: Uint8Array, contentType: string, groups: readonly ScanGroup[]): boolean {
    const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    const first = firstByte(bytes, start, bytes.length)
    const declared = /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)
    if (first !== 0x7b && first !== 0x5b && first !== 0x22 && first !== 0x2d && !(first >= 0x30 && first <= 0x39)) {
      if (declared && this.rules.hasFields && this.rules.invalidJson === 'reject') throw invalidJson(start)
      return false
    }
    const { tape } = this.#walker
    if (tape.parse(bytes, start, bytes.length)) {
      this.#walker.walk(bytes, this.rules.fields.start, '', groups, undefined)
      return true
    }
    if (this.rules.hasFields && this.rules.invalidJson === 'reject') {
      if (tape.fault === 'depth')
        throw new Rejection('json-depth', 'The JSON is nested too deeply to apply field rules.')
      if (tape.fault === 'tokens')
        throw new Rejection('json-tokens', 'The JSON has too many tokens to apply field rules.')
      if (declared || (first === 0x7b && tape.count > 1)) throw invalidJson(tape.faultAt)
    }
    return false
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
    const body = bytes.subarray(part.start, part.end)
    if (this.#walker.tape.parse(bytes, part.start, part.end)) this.#walker.walk(bytes, state, part.name, own, undefined)
    else if (looksBinary(body))
      this.#maskFrom(this.edits.count, () => this.#levels.inspect(bytes, part.start, part.end, part.name, own, this))
    else this.#levels.inspect(bytes, part.start, part.end, part.name, own, this)
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
