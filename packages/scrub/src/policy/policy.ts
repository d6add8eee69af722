import type { HeaderBlock } from '../headers/block.ts'
import { withHeaders } from '../headers/block.ts'
import type { DecodeRules, Unwrapped } from '../stages/decode.ts'
import { plainWrapping, unwrap, wrap } from '../stages/decode.ts'
import type { EnrichRules } from '../stages/enrich.ts'
import { enrichment } from '../stages/enrich.ts'
import type { Normalisation } from '../stages/normalise.ts'
import type { Recorder } from '../stages/recorder.ts'
import type { Redaction } from '../stages/redact.ts'
import { Rejection } from '../stages/rejection.ts'
import type { Mode } from '../stages/rules.ts'
import type { Validation } from '../stages/validate.ts'
import type { DeadLetter } from './config.ts'
import type { SubjectPattern } from './subjects.ts'
import { literalBeginning, matchesSubject } from './subjects.ts'

export type Stage =
  | { readonly kind: 'validate'; readonly validation: Validation }
  | { readonly kind: 'normalise'; readonly normalisation: Normalisation }
  | { readonly kind: 'redact'; readonly redaction: Redaction }
  | { readonly kind: 'enrich'; readonly rules: EnrichRules }

/** Counted for each policy, as long as its Scrubber lives. */
export interface PolicyMetrics {
  readonly policy: string
  messages: number
  changed: number
  rejected: number
  /** Payload and header bytes that came in. */
  bytes: number
  /** Milliseconds spent, taken from one message in sixteen; 0 when the environment has no clock. */
  durationMs: number
}

/** A message on its way through policies: what the one leaves is what the next gets. */
export interface Passage {
  payload: Uint8Array
  headers: Uint8Array | undefined
  /** The parsed form of `headers`. */
  readonly block: HeaderBlock
  /** Changed by `setHeaders` and `payload` assignments. */
  readonly contentType: string | undefined
  readonly contentCoding: string | undefined
  readonly nowMs: number
  readonly source: string
  readonly random: (length: number) => Uint8Array
}

/** One policy, compiled: its stages in order. */
export class Policy {
  readonly name: string
  readonly mode: Mode
  readonly deadLetter: DeadLetter
  readonly metrics: PolicyMetrics
  readonly stages: readonly Stage[]
  readonly #subjects: readonly SubjectPattern[]
  readonly #except: readonly SubjectPattern[]
  readonly #decode: DecodeRules
  readonly #recorder: Recorder

  constructor(
    settings: {
      readonly name: string
      readonly mode: Mode
      readonly deadLetter: DeadLetter
      readonly subjects: readonly SubjectPattern[]
      readonly except: readonly SubjectPattern[]
      readonly decode: DecodeRules
      readonly stages: readonly Stage[]
    },
    recorder: Recorder,
  ) {
    this.name = settings.name
    this.mode = settings.mode
    this.deadLetter = settings.deadLetter
    this.stages = settings.stages
    this.#subjects = settings.subjects
    this.#except = settings.except
    this.#decode = settings.decode
    this.#recorder = recorder
    this.metrics = { policy: settings.name, messages: 0, changed: 0, rejected: 0, bytes: 0, durationMs: 0 }
  }

  /** What the subjects that it selects begin with; an empty text when that may be anything. */
  get beginnings(): string[] {
    return this.#subjects.map(literalBeginning)
  }

  selects(subject: readonly string[]): boolean {
    if (!this.#subjects.some((pattern) => matchesSubject(pattern, subject))) return false
    return !this.#except.some((pattern) => matchesSubject(pattern, subject))
  }

  /**
   * Takes a message through the stages; true when something changed.
   * @throws Rejection when a stage refuses it, any other error when one fails
   */
  run(passage: Passage): boolean {
    const before = passage.payload
    const headersBefore = passage.headers
    let opened: Unwrapped | undefined
    try {
      opened = unwrap(passage.payload, this.#decode, contentCoding(passage), contentType(passage))
    } catch (error) {
      if (this.mode === 'enforce' || !(error instanceof Rejection)) throw error
      this.#report('decode', error.code, passage.payload)
      return false
    }
    const plain = opened === undefined ? passage.payload : opened.bytes
    let bytes = plain
    for (const stage of this.stages) bytes = this.#stage(stage, bytes, passage)
    if (bytes !== plain) {
      passage.payload = opened === undefined ? bytes : wrap(bytes as Buffer, opened.wrapping)
    }
    return passage.payload !== before || passage.headers !== headersBefore
  }

  /** What the policy's redactions leave of a message that is refused; undefined when they fail. */
  redactOnly(passage: Passage): Uint8Array | undefined {
    const opened = unwrap(passage.payload, this.#decode, contentCoding(passage), contentType(passage))
    const wrapping = opened?.wrapping ?? plainWrapping
    const plain = opened?.bytes ?? passage.payload
    let bytes = plain
    for (const stage of this.stages) if (stage.kind === 'redact') bytes = this.#stage(stage, bytes, passage)
    return bytes === plain ? passage.payload : wrapping === plainWrapping ? bytes : wrap(bytes as Buffer, wrapping)
  }

  #stage(stage: Stage, bytes: Uint8Array, passage: Passage): Uint8Array {
    switch (stage.kind) {
      case 'redact': {
        if (passage.headers !== undefined) {
          const headers = stage.redaction.headers(passage.block)
          if (headers !== undefined) setHeaders(passage, headers)
        }
        if (this.mode === 'enforce') return stage.redaction.payload(bytes, contentType(passage)) ?? bytes
        return this.#guarded(() => stage.redaction.payload(bytes, contentType(passage)), bytes)
      }
      case 'validate':
        return this.#guarded(() => {
          stage.validation.check(bytes)
          return undefined
        }, bytes)
      case 'normalise': {
        const normal = stage.normalisation.apply(bytes)
        if (normal === undefined) return bytes
        const enforced = this.mode === 'enforce'
        this.#note('normalise', '', 'normalise', enforced, bytes.length)
        return enforced ? normal : bytes
      }
      case 'enrich': {
        if (this.mode !== 'enforce') return bytes
        const added = enrichment(stage.rules, passage.block, passage)
        if (added.length > 0) setHeaders(passage, withHeaders(passage.headers, added))
        return bytes
      }
    }
  }

  /** A refusal by a policy that only reports is told as a finding. */
  #guarded(work: () => Buffer | undefined, bytes: Uint8Array): Uint8Array {
    if (this.mode === 'enforce') return work() ?? bytes
    try {
      return work() ?? bytes
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      this.#report('validate', error.code, bytes)
      return bytes
    }
  }

  #report(rule: string, code: string, bytes: Uint8Array): void {
    this.#note(rule, code, 'reject', false, bytes.length)
  }

  #note(rule: string, detector: string, action: 'reject' | 'normalise', enforced: boolean, end: number): void {
    this.#recorder.add({
      policy: this.name,
      rule,
      detector,
      action,
      enforced,
      place: 'payload',
      path: '',
      start: 0,
      end,
    })
  }
}

export function setHeaders(passage: Passage, headers: Uint8Array): void {
  passage.headers = headers
  passage.block.parse(headers)
}

function contentType(passage: Passage): string {
  return passage.contentType ?? (passage.headers === undefined ? '' : (passage.block.get('content-type') ?? ''))
}

function contentCoding(passage: Passage): string {
  return passage.contentCoding ?? (passage.headers === undefined ? '' : (passage.block.get('content-encoding') ?? ''))
}
