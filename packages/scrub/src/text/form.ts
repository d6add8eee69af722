import type { FieldAutomaton } from '../json/automaton.ts'
import { asBuffer } from '../json/names.ts'
import type { Recorder } from '../stages/recorder.ts'
import type { CompiledRule, ScanGroup } from '../stages/rules.ts'
import type { EditList } from './edits.ts'
import type { TextLevels, TextTarget } from './levels.ts'
import { indexOfByte, View } from './view.ts'

/** Redacts `application/x-www-form-urlencoded` (WHATWG URL section 5): names, values, fields by path. */
export class FormRedactor implements TextTarget {
  readonly isNumber: boolean = false
  readonly start: number = 0
  readonly end: number = 0
  readonly edits: EditList
  readonly base: View = new View()
  readonly #name: View = new View()
  readonly #fields: FieldAutomaton<CompiledRule>
  readonly #recorder: Recorder
  readonly #levels: TextLevels
  #path = ''

  constructor(edits: EditList, fields: FieldAutomaton<CompiledRule>, recorder: Recorder, levels: TextLevels) {
    this.edits = edits
    this.#fields = fields
    this.#recorder = recorder
    this.#levels = levels
  }

  encode(text: string): string {
    return this.base.encode(text)
  }

  path(): string {
    return this.#path
  }

  redact(bytes: Uint8Array, start: number, end: number, everywhere: readonly ScanGroup[]): void {
    for (let position = start; position < end; ) {
      const next = indexOfByte(bytes, 0x26, position, end)
      this.#pair(bytes, position, next, end, everywhere)
      position = next + 1
    }
  }

  #pair(bytes: Uint8Array, start: number, end: number, last: number, everywhere: readonly ScanGroup[]): void {
    const equals = indexOfByte(bytes, 0x3d, start, end)
    this.#name.unescapePercent(bytes, start, equals, true)
    const name = this.#name.bytes.toString('utf8', 0, this.#name.length)
    if (everywhere.length > 0 && equals - start > 4) {
      this.#path = '*'
      this.base.unescapePercent(bytes, start, equals, true)
      this.#levels.inspect(this.base.bytes, 0, this.base.length, undefined, everywhere, this)
    }
    this.#path = `$.${name}`
    const from = Math.min(equals + 1, end)
    this.base.unescapePercent(bytes, from, end, true)
    let groups = everywhere
    for (const rule of this.#fields.rules(this.#fields.key(this.#fields.start, name))) {
      if (rule.group !== undefined) groups = [...groups, rule.group]
      else if (!rule.enforced || rule.action.name === 'report') this.#recorder.count(rule, '', this.#path, from, end)
      else {
        this.#whole(rule, start, from, end, last)
        return
      }
    }
    this.#levels.inspect(this.base.bytes, 0, this.base.length, name, groups, this)
  }

  #whole(rule: CompiledRule, start: number, from: number, end: number, last: number): void {
    if (rule.action.dropsMember) {
      this.#recorder.count(rule, '', this.#path, from, end)
      this.edits.add(start, Math.min(end + 1, last), '')
      return
    }
    const value = asBuffer(this.base.bytes).toString('utf8', 0, this.base.length)
    const replacement = this.#recorder.hit(rule, undefined, value, 'text', { path: this.#path, start: from, end })
    if (replacement !== undefined) this.edits.add(from, end, this.encode(replacement))
  }
}

// Brackets in a value are encoded in a form; where they are not, they may be what a redaction left in plain text.
const formShape = /^[\w.~%+*[\]-]{1,64}=[^&=\s{}<>"[\]]*(?:&[\w.~%+*[\]-]{1,64}=[^&=\s{}<>"[\]]*)*$/

/** Whether an undeclared payload reads as a form: pairs, all the way through. */
export function looksLikeForm(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 65_536) return false
  const equals = indexOfByte(bytes, 0x3d, start, Math.min(end, start + 256))
  if (equals >= Math.min(end, start + 256)) return false
  return formShape.test(asBuffer(bytes).toString('latin1', start, end))
}
