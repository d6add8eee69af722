import type { ValueKind } from '../actions/actions.ts'
import type { Detector } from '../scan/types.ts'
import type { CompiledRule, Finding } from './rules.ts'

/** Milliseconds on a clock that never goes back. */
export type MonotonicClock = () => number

/** Applies rules to what was found, counts them, and keeps the findings of the message under way. */
export class Recorder {
  /** Findings of this message, `maxFindings` at most. */
  findings: Finding[] | undefined
  /** How many there were. */
  total = 0
  /** Where in which part the walker is; findings are told with it. */
  place: 'payload' | 'header' = 'payload'
  /** Set when a message is looked at again: what only reports has been told. */
  again = false
  readonly #maxFindings: number
  readonly #now: MonotonicClock | undefined
  readonly #seen: CompiledRule[] = []

  constructor(maxFindings: number, now: MonotonicClock | undefined) {
    this.#maxFindings = maxFindings
    this.#now = now
  }

  begin(): void {
    this.findings = undefined
    this.total = 0
    this.again = false
    this.place = 'payload'
    if (this.#seen.length > 0) this.#seen.length = 0
  }

  /** Counts a match and, when the rule is enforced, answers what stands there instead; undefined leaves it. */
  hit(
    rule: CompiledRule,
    detector: Detector | undefined,
    value: string,
    kind: ValueKind,
    at: { readonly path: string; readonly start: number; readonly end: number },
  ): string | undefined {
    const replacement =
      rule.enforced && rule.action.name !== 'report' ? this.#replace(rule, detector, value, kind) : undefined
    if (replacement === value) return undefined
    this.count(rule, detector?.name ?? '', at.path, at.start, at.end)
    return replacement
  }

  #replace(rule: CompiledRule, detector: Detector | undefined, value: string, kind: ValueKind): string {
    const now = this.#now
    const begun = now === undefined ? 0 : now()
    const { action } = rule
    const label = detector?.name ?? rule.label
    const typed = kind === 'number' && action.keepsType
    const replacement = typed ? action.replaceNumber(value) : action.replace(value, kind, label)
    if (now !== undefined) rule.metrics.durationMs += now() - begun
    return replacement
  }

  count(rule: CompiledRule, detector: string, path: string, start: number, end: number): void {
    if (this.again && !rule.enforced) return
    const { metrics } = rule
    metrics.matches++
    metrics.bytes += end - start
    if (!this.#seen.includes(rule)) {
      this.#seen.push(rule)
      metrics.messages++
    }
    this.add({
      policy: rule.policy,
      rule: rule.name,
      detector,
      action: rule.action.name,
      enforced: rule.enforced,
      place: this.place,
      path,
      start,
      end,
    })
  }

  add(finding: Finding): void {
    this.total++
    if (this.findings === undefined) this.findings = []
    if (this.findings.length < this.#maxFindings) this.findings.push(finding)
  }
}
