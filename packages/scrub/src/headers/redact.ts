import type { KeyRing } from '../actions/keyring.ts'
import { hmacSha256 } from '../edge/crypto.ts'
import type { Recorder } from '../stages/recorder.ts'
import type { CompiledRule, ScanGroup } from '../stages/rules.ts'
import { EditList } from '../text/edits.ts'
import type { TextLevels, TextTarget } from '../text/levels.ts'
import type { View } from '../text/view.ts'
import type { HeaderBlock } from './block.ts'
import { headerSafe } from './block.ts'

/** What is looked for in headers. */
export interface HeaderRules {
  /** By lower-case name: rules for the whole value, or with detectors within it. */
  readonly byName: ReadonlyMap<string, readonly CompiledRule[]>
  readonly everywhere: readonly ScanGroup[]
}

/** Redacts header names and values of a block. `Wirehub-*` is the hub's own and never touched. */
export class HeaderRedactor implements TextTarget {
  readonly edits: EditList = new EditList()
  readonly base: View | undefined = undefined
  readonly isNumber: boolean = false
  readonly start: number = 0
  readonly end: number = 0
  readonly #rules: HeaderRules
  readonly #recorder: Recorder
  readonly #levels: TextLevels
  readonly #identityKey: Uint8Array
  #name = ''
  #inName = false

  constructor(
    rules: HeaderRules,
    recorder: Recorder,
    levels: TextLevels,
    keys: KeyRing | undefined,
    identityKey: Uint8Array,
  ) {
    this.#rules = rules
    this.#recorder = recorder
    this.#levels = levels
    this.#identityKey = keys?.newest.hash ?? identityKey
  }

  /** The redacted block, or undefined when it stays as it is. */
  redact(block: HeaderBlock): Buffer | undefined {
    const suspicious = this.#levels.suspects(block.bytes, 0, block.bytes.length, this.#rules.everywhere)
    if (!suspicious && this.#rules.byName.size === 0) return undefined
    this.edits.clear()
    for (let line = 0; line < block.count; line++) this.#line(block, line, suspicious)
    return this.edits.apply(block.bytes, 0, block.bytes.length)
  }

  encode(text: string): string {
    return this.#inName ? headerSafe(text).replaceAll(':', '.') : headerSafe(text)
  }

  path(): string {
    return this.#inName ? '*' : this.#name
  }

  #line(block: HeaderBlock, line: number, suspicious: boolean): void {
    const name = block.name(line)
    const lower = name.toLowerCase()
    if (lower.startsWith('wirehub-')) return
    this.#name = name
    const before = this.edits.count
    let groups: readonly ScanGroup[] = suspicious ? this.#rules.everywhere : []
    for (const rule of this.#rules.byName.get(lower) ?? []) {
      if (rule.group !== undefined) groups = [...groups, rule.group]
      else if (this.#whole(rule, block, line)) return
    }
    if (groups.length === 0) return
    const start = block.valueStart(line)
    const end = block.valueEnd(line)
    if (suspicious) this.#lineName(block, line)
    if (lower === 'traceparent' && traceparent.test(block.value(line))) return
    const found = this.edits.count
    this.#levels.inspect(block.bytes, start, end, name, groups, this)
    // Equal message ids mean a duplicate, different ones do not: what replaces one must be as unique as it was.
    if (lower === 'nats-msg-id' && this.edits.count > found) {
      this.edits.truncate(found)
      this.edits.add(start, end, `scrubbed-${hmacSha256(this.#identityKey, block.value(line)).toString('hex', 0, 16)}`)
    }
    if (this.edits.count === before) return
  }

  #lineName(block: HeaderBlock, line: number): void {
    this.#inName = true
    this.#levels.inspect(
      block.bytes,
      block.lineStart(line),
      block.nameEnd(line),
      undefined,
      this.#rules.everywhere,
      this,
    )
    this.#inName = false
  }

  /** True when the line is dealt with. */
  #whole(rule: CompiledRule, block: HeaderBlock, line: number): boolean {
    const start = block.valueStart(line)
    const end = block.valueEnd(line)
    if (!rule.enforced || rule.action.name === 'report') {
      this.#recorder.count(rule, '', this.#name, start, end)
      return false
    }
    if (rule.action.dropsMember) {
      this.#recorder.count(rule, '', this.#name, start, end)
      this.edits.add(block.lineStart(line), block.lineEnd(line), '')
      return true
    }
    const replacement = this.#recorder.hit(rule, undefined, block.value(line), 'text', { path: this.#name, start, end })
    if (replacement !== undefined) this.edits.add(start, end, headerSafe(replacement))
    return true
  }
}

/** W3C Trace Context, section 3.2.2: hexadecimal by definition, so that no detector mistakes it for a key. */
const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
