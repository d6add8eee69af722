import type { Action, ActionName } from '../actions/actions.ts'
import type { Detector, Scanner } from '../scan/types.ts'

export type Mode = 'off' | 'report' | 'enforce'

/** Counted for each rule, as long as its Scrubber lives. */
export interface RuleMetrics {
  readonly policy: string
  readonly rule: string
  /** Values and spans that the rule applied to. */
  matches: number
  /** Messages in which it did at least once. */
  messages: number
  /** Bytes that matched. */
  bytes: number
  /** Milliseconds spent in the rule's action, when the environment has a clock. */
  durationMs: number
}

/** A rule of a redact stage, compiled. */
export interface CompiledRule {
  readonly name: string
  readonly policy: string
  readonly enforced: boolean
  readonly action: Action
  /** Whether detectors decide within what is selected; without them the whole value is meant. */
  readonly hasDetectors: boolean
  /** What stands in place of a whole value that is removed from text. */
  readonly label: string
  readonly metrics: RuleMetrics
  /** The scan group of a rule that has detectors within fields or headers. */
  group: ScanGroup | undefined
}

/** One scanner and which rule takes what it finds. */
export interface ScanGroup {
  readonly scanner: Scanner
  readonly ruleOf: ReadonlyMap<Detector, CompiledRule>
}

/** One thing that a policy found or did; never the value itself. */
export interface Finding {
  readonly policy: string
  readonly rule: string
  /** Which detector found it; '' when a field, a header or a check was meant. */
  readonly detector: string
  readonly action: ActionName | 'reject' | 'normalise'
  /** False when the rule or the policy only reports. */
  readonly enforced: boolean
  readonly place: 'payload' | 'header'
  /** `$.user.email`, a header's name, a form field; '' in plain text. */
  readonly path: string
  /**
   * Byte offsets into the decoded payload or the header block; in nested JSON those of the string that holds it; of what came to
   * light only when something beside it was gone, into what was left then.
   */
  readonly start: number
  readonly end: number
}
