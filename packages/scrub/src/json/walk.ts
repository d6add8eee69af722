import type { ValueKind } from '../actions/actions.ts'
import type { Recorder } from '../stages/recorder.ts'
import type { CompiledRule, ScanGroup } from '../stages/rules.ts'
import { EditList } from '../text/edits.ts'
import type { TextLevels, TextTarget } from '../text/levels.ts'
import { escapeJson, View } from '../text/view.ts'
import { FieldAutomaton } from './automaton.ts'
import { asBuffer, NameCache } from './names.ts'
import { ARRAY, ESCAPED, FALSE, JsonTape, KEY, KIND_MASK, NULL, NUMBER, OBJECT, STRIDE, STRING, TRUE } from './tape.ts'

/** What is looked for in a document. */
export interface WalkRules {
  readonly fields: FieldAutomaton<CompiledRule>
  /** Scanners for every string, number and key. */
  readonly everywhere: readonly ScanGroup[]
}

/** One container on the way down to the value under the walker. */
interface Frame {
  next: number
  state: number
  isArray: boolean
  /** Elements seen so far. */
  index: number
  /** Field name for what stands in it. */
  name: string
  /** The same for a path. */
  label: string
  groups: readonly ScanGroup[]
  /** A rule that applies to every leaf below: the container was selected as a whole and keeps its shape. */
  rule: CompiledRule | undefined
  hasKept: boolean
  lastEnd: number
  /** What `{"name": x, "value": y}` calls its value. */
  calls: string
  changedKeys: number
}

const deepestNesting = 4

/** Walks a JSON document's tape, applies rules to its keys and values, and records edits in the document's own bytes. */
export class JsonWalker implements TextTarget {
  readonly edits: EditList = new EditList()
  readonly tape: JsonTape = new JsonTape()
  base: View | undefined
  /** Pairs (start, end), ascending: only strings, keys and numbers that touch one are looked at; undefined: all. */
  scope: readonly number[] | undefined
  #scopeAt = 0
  isNumber = false
  start = 0
  end = 0

  readonly #rules: WalkRules
  readonly #recorder: Recorder
  readonly #levels: TextLevels
  readonly #names: NameCache
  readonly #nesting: number
  readonly #frames: Frame[] = []
  #depth = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #inner: JsonWalker | undefined
  #view: View | undefined
  #path = ''
  #key = ''
  #inKey = false
  /** The key under the walker is itself something that was found: no path tells it. */
  #hidden = false

  constructor(
    rules: WalkRules,
    recorder: Recorder,
    levels: TextLevels,
    names: NameCache = new NameCache(),
    nesting: number = 0,
  ) {
    this.#rules = rules
    this.#recorder = recorder
    this.#levels = levels
    this.#names = names
    this.#nesting = nesting
  }

  /**
   * Walks what `tape` holds of `bytes`.
   * @param state where the field paths are at the top of this document
   * @param name the field that holds it, '' at the top
   */
  walk(
    bytes: Uint8Array,
    state: number,
    name: string,
    groups: readonly ScanGroup[],
    rule: CompiledRule | undefined,
  ): void {
    this.#bytes = bytes
    this.#depth = 0
    this.#scopeAt = 0
    const { tokens } = this.tape
    const end = this.tape.count * STRIDE
    for (let index = 0; index < end; ) {
      while (this.#depth > 0 && index >= this.#frames[this.#depth - 1].next) this.#depth--
      const kind = tokens[index] & KIND_MASK
      if (this.#depth === 0) {
        this.#key = name
        index = this.#value(index, -1, state, name, groups, rule)
      } else if (kind === KEY) index = this.#member(index)
      else index = this.#element(index)
    }
    this.#bytes = noBytes
  }

  /** For findings: where the walker is. */
  path(): string {
    let path = this.#path === '' ? '$' : this.#path
    for (let index = 0; index < this.#depth; index++) {
      const frame = this.#frames[index]
      if (frame.isArray) path += `[${frame.index - 1}]`
      else if (index < this.#depth - 1) path += step(this.#frames[index + 1].label)
    }
    const top = this.#depth === 0 ? undefined : this.#frames[this.#depth - 1]
    if (top !== undefined && !top.isArray) path += this.#inKey ? '.*' : step(this.#key)
    return path
  }

  encode(text: string): string {
    return this.isNumber ? JSON.stringify(text) : escapeJson(text)
  }

  /** Tokens come in ascending order, so one pointer suffices. */
  #inScope(start: number, end: number): boolean {
    const { scope } = this
    if (scope === undefined) return true
    while (this.#scopeAt < scope.length && scope[this.#scopeAt + 1] < start) this.#scopeAt += 2
    return this.#scopeAt < scope.length && scope[this.#scopeAt] <= end
  }

  #member(index: number): number {
    const { tokens } = this.tape
    const frame = this.#frames[this.#depth - 1]
    const start = tokens[index + 1]
    const end = tokens[index + 2]
    const isEscaped = (tokens[index] & ESCAPED) !== 0
    const name = this.#names.name(this.#bytes, start, end, isEscaped)
    const value = index + STRIDE
    if (value >= this.tape.count * STRIDE) return value
    this.#hidden = false
    if (frame.groups.length > 0 && end - start > 6 && !this.#names.isClean(frame.groups) && this.#inScope(start, end)) {
      this.#scanKey(start, end, isEscaped, frame)
      if (!this.#hidden) this.#names.markClean(frame.groups)
    }
    this.#key = this.#hidden ? '*' : name
    const state = this.#rules.fields.key(frame.state, name)
    let called = name
    if ((tokens[value] & KIND_MASK) === STRING && callingNames.has(name)) {
      const calling = this.#names.name(
        this.#bytes,
        tokens[value + 1],
        tokens[value + 2],
        (tokens[value] & ESCAPED) !== 0,
      )
      if (fieldNameShape.test(calling)) frame.calls = calling
    } else if (name === 'value' && frame.calls !== '') called = frame.calls
    return this.#value(value, index, state, called, frame.groups, frame.rule)
  }

  #element(index: number): number {
    const frame = this.#frames[this.#depth - 1]
    const state = this.#rules.fields.element(frame.state, frame.index++)
    return this.#value(index, -1, state, frame.name, frame.groups, frame.rule)
  }

  /** Deals with one value and answers the index of the token after what is dealt with. */
  #value(
    index: number,
    key: number,
    state: number,
    name: string,
    outerGroups: readonly ScanGroup[],
    outerRule: CompiledRule | undefined,
  ): number {
    const { tokens } = this.tape
    const kind = tokens[index] & KIND_MASK
    let groups = outerGroups
    let rule = outerRule
    for (const selected of this.#rules.fields.rules(state)) {
      if (selected.hasDetectors) {
        if (selected.group !== undefined && !groups.includes(selected.group)) groups = [...groups, selected.group]
      } else if (!selected.enforced || selected.action.name === 'report') {
        this.#recorder.count(selected, '', this.path(), tokens[index + 1], tokens[index + 2])
      } else rule ??= selected
    }
    if (rule !== undefined && !((kind === OBJECT || kind === ARRAY) && rule.action.keepsType)) {
      this.#whole(rule, index, key, kind)
      return tokens[index + 3]
    }
    this.#kept(key, tokens[index + 2])
    if (kind === OBJECT || kind === ARRAY) {
      if (rule === undefined && state === FieldAutomaton.dead && this.#isClean(index, name, groups))
        return tokens[index + 3]
      this.#push(index, kind, state, name, groups, rule)
      return index + STRIDE
    }
    if (kind === STRING) this.#string(index, state, name, groups, rule)
    else if (kind === NUMBER && groups.length > 0 && this.#inScope(tokens[index + 1], tokens[index + 2])) {
      this.base = undefined
      this.isNumber = true
      this.start = tokens[index + 1]
      this.end = tokens[index + 2]
      this.#levels.inspect(this.#bytes, this.start, this.end, name, groups, this)
      this.isNumber = false
    }
    return index + STRIDE
  }

  /** Whether a container below which no field is selected can be passed over as a whole. */
  #isClean(index: number, name: string, groups: readonly ScanGroup[]): boolean {
    if (groups.length === 0) return true
    // Asking at every depth would make deep documents cost their depth times their length.
    if (this.#depth === 0 || this.#depth > 3) return false
    for (const { scanner } of groups) if (name !== '' && scanner.fieldHasContext(name)) return false
    return !this.#levels.suspects(this.#bytes, this.tape.tokens[index + 1], this.tape.tokens[index + 2], groups)
  }

  #push(
    index: number,
    kind: number,
    state: number,
    name: string,
    groups: readonly ScanGroup[],
    rule: CompiledRule | undefined,
  ): void {
    let frame = this.#frames[this.#depth]
    if (frame === undefined) this.#frames[this.#depth] = frame = newFrame()
    this.#depth++
    frame.next = this.tape.tokens[index + 3]
    frame.state = state
    frame.isArray = kind === ARRAY
    frame.index = 0
    frame.name = name
    frame.label = this.#key
    frame.groups = groups
    frame.rule = rule
    frame.hasKept = false
    frame.lastEnd = 0
    frame.calls = ''
    frame.changedKeys = 0
  }

  #kept(key: number, end: number): void {
    if (key < 0) return
    const frame = this.#frames[this.#depth - 1]
    frame.hasKept = true
    frame.lastEnd = end
  }

  /** A field that is selected as a whole. */
  #whole(rule: CompiledRule, index: number, key: number, kind: number): void {
    const { tokens } = this.tape
    const start = tokens[index + 1]
    const end = tokens[index + 2]
    if (rule.action.dropsMember) {
      this.#recorder.count(rule, '', this.path(), start, end)
      this.#drop(index, key, start, end)
      return
    }
    this.#kept(key, end)
    if (kind === NULL) return
    const isText = kind === STRING
    const value = this.#text(index)
    const valueKind: ValueKind = isText
      ? 'text'
      : kind === NUMBER
        ? 'number'
        : kind === TRUE || kind === FALSE
          ? 'boolean'
          : 'container'
    if (valueKind === 'boolean' && rule.action.keepsType) {
      if (kind === FALSE) return
      this.#recorder.count(rule, '', this.path(), start, end)
      this.edits.add(start, end, 'false')
      return
    }
    const replacement = this.#recorder.hit(rule, undefined, value, valueKind, { path: this.path(), start, end })
    if (replacement === undefined) return
    const typed = valueKind === 'number' && rule.action.keepsType
    this.edits.add(start, end, typed ? replacement : JSON.stringify(replacement))
  }

  #text(index: number): string {
    const { tokens } = this.tape
    const start = tokens[index + 1]
    const end = tokens[index + 2]
    if ((tokens[index] & KIND_MASK) !== STRING) return asBuffer(this.#bytes).toString('utf8', start, end)
    if ((tokens[index] & ESCAPED) === 0) return asBuffer(this.#bytes).toString('utf8', start + 1, end - 1)
    this.#view ??= new View()
    this.#view.unescapeJson(this.#bytes, start + 1, end - 1)
    return this.#view.bytes.toString('utf8', 0, this.#view.length)
  }

  /** A member goes with its name and one comma; an element leaves a null, so that the others keep their places. */
  #drop(index: number, key: number, start: number, end: number): void {
    if (key < 0) {
      this.edits.add(start, end, 'null')
      return
    }
    const { tokens } = this.tape
    const frame = this.#frames[this.#depth - 1]
    const next = tokens[index + 3]
    if (frame.hasKept) this.edits.add(frame.lastEnd, end, '')
    else this.edits.add(tokens[key + 1], next < frame.next ? tokens[next + 1] : end, '')
    frame.lastEnd = end
  }

  #scanKey(start: number, end: number, isEscaped: boolean, frame: Frame): void {
    const before = this.edits.count
    const found = this.#recorder.total
    this.#inKey = true
    this.#scanString(start, end, isEscaped, undefined, frame.groups)
    this.#inKey = false
    this.#hidden = this.#recorder.total > found
    if (this.edits.count === before) return
    // Two keys that became the same text would become one member in most parsers.
    frame.changedKeys++
    if (frame.changedKeys > 1) this.edits.appendToLast(`~${frame.changedKeys}`)
  }

  #scanString(
    start: number,
    end: number,
    isEscaped: boolean,
    name: string | undefined,
    groups: readonly ScanGroup[],
  ): void {
    if (!isEscaped) {
      this.base = undefined
      this.#levels.inspect(this.#bytes, start + 1, end - 1, name, groups, this)
      return
    }
    this.#view ??= new View()
    this.#view.unescapeJson(this.#bytes, start + 1, end - 1)
    this.base = this.#view
    this.#levels.inspect(this.#view.bytes, 0, this.#view.length, name, groups, this)
  }

  #string(
    index: number,
    state: number,
    name: string,
    groups: readonly ScanGroup[],
    rule: CompiledRule | undefined,
  ): void {
    const { tokens } = this.tape
    const start = tokens[index + 1]
    const end = tokens[index + 2]
    const isEscaped = (tokens[index] & ESCAPED) !== 0
    if (groups.length === 0 && state === FieldAutomaton.dead) return
    if (!this.#inScope(start, end)) return
    if (
      this.#nesting < deepestNesting &&
      end - start > 4 &&
      this.#nested(start, end, isEscaped, state, name, groups, rule)
    )
      return
    if (groups.length === 0) return
    const before = this.edits.count
    this.#scanString(start, end, isEscaped, name, groups)
    // What kept it from being JSON may be gone.
    if (this.edits.count > before && mayBeginNested(firstByte(this.#bytes, start + 1, end - 1))) {
      this.#levels.hasRest = true
    }
  }

  /** JSON within a string is walked as what it is; false when the string holds none. */
  #nested(
    start: number,
    end: number,
    isEscaped: boolean,
    state: number,
    name: string,
    groups: readonly ScanGroup[],
    rule: CompiledRule | undefined,
  ): boolean {
    const first = firstByte(this.#bytes, start + 1, end - 1)
    if (!mayBeginNested(first)) return false
    if (groups.length === 0 && state === FieldAutomaton.dead) return false
    this.#inner ??= new JsonWalker(this.#rules, this.#recorder, this.#levels, this.#names, this.#nesting + 1)
    const inner = this.#inner
    const view = isEscaped ? (inner.#view2 ??= new View()) : undefined
    if (view !== undefined) view.unescapeJson(this.#bytes, start + 1, end - 1)
    const bytes = view?.bytes ?? this.#bytes
    const from = view === undefined ? start + 1 : 0
    const to = view?.length ?? end - 1
    const opening = firstByte(bytes, from, to)
    if ((opening !== 0x7b && opening !== 0x5b && opening !== 0x22) || !inner.tape.parse(bytes, from, to)) return false
    inner.edits.clear()
    inner.#path = this.path()
    inner.walk(bytes, state, name, groups, rule)
    inner.edits.settle()
    for (let index = 0; index < inner.edits.count; index++) {
      const editStart = inner.edits.start(index)
      const editEnd = inner.edits.end(index)
      const text = escapeJson(inner.edits.text(index))
      if (view === undefined) this.edits.add(editStart, editEnd, text)
      else this.edits.add(view.sourceStart(editStart), view.sourceEnd(editEnd), text)
    }
    return true
  }

  /** The view that a nested document is read through; it must outlive what the walk itself decodes. */
  #view2: View | undefined
}

const noBytes = new Uint8Array(0)
/** What can be the name of a field: not what a redaction left there. */
const fieldNameShape = /^\p{L}[\p{L}\d _.:-]{0,63}$/u
const callingNames: ReadonlySet<string> = new Set(['name', 'key', 'field', 'label', 'type'])

function newFrame(): Frame {
  return {
    next: 0,
    state: 0,
    isArray: false,
    index: 0,
    name: '',
    label: '',
    groups: [],
    rule: undefined,
    hasKept: false,
    lastEnd: 0,
    calls: '',
    changedKeys: 0,
  }
}

/** The first byte that is no JSON blank; 0 when there is none. */
export function firstByte(bytes: Uint8Array, start: number, end: number): number {
  for (let position = start; position < end; position++) {
    const byte = bytes[position]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
  }
  return 0
}

/** Whether JSON within a string can begin with this byte: `{`, `[` or an escape. */
function mayBeginNested(first: number): boolean {
  return first === 0x7b || first === 0x5b || first === 0x5c
}

const plainStep = /^[A-Za-z_][\w-]*$/

function step(name: string): string {
  return name === '*' || plainStep.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
