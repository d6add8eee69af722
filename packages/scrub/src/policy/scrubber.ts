import { decrypt, encryptMark, type KeyRing } from '../actions/keyring.ts'
import { HeaderBlock } from '../headers/block.ts'
import { asBuffer } from '../json/names.ts'
import type { Recorder } from '../stages/recorder.ts'
import { Rejection } from '../stages/rejection.ts'
import type { Finding, RuleMetrics } from '../stages/rules.ts'
import type { DeadLetter } from './config.ts'
import type { HeaderBytes, Outcome, Rejected, ScrubContext, ScrubMessage, Unchanged } from './outcome.ts'
import { type Passage, type Policy, type PolicyMetrics, setHeaders } from './policy.ts'
import { dropStaleHeaders } from './stale-headers.ts'

/** All policies of one subject. Ask `Scrubber.policyFor` once per subject and keep the answer as long as the Scrubber. */
export interface CompiledPolicy {
  /** Names of the policies, in order. */
  readonly names: readonly string[]
  /** Synchronous; never throws. */
  scrub(message: ScrubMessage, context: ScrubContext): Outcome
}

/** Counters as they are now, for whoever exports them. */
export interface ScrubMetrics {
  readonly policies: readonly Readonly<PolicyMetrics>[]
  readonly rules: readonly Readonly<RuleMetrics>[]
}

/** Policies, compiled. Never changes: a reload is a new one. */
export interface Scrubber {
  /** What applies to a subject; undefined when nothing does, and then a message costs nothing. */
  policyFor(subject: string): CompiledPolicy | undefined
  /** The same as `policyFor(message.subject)?.scrub(...)`. */
  scrub(message: ScrubMessage, context: ScrubContext): Outcome
  readonly metrics: ScrubMetrics
  /** What there is, for people: policies, their mode, subjects and rules. */
  readonly policies: readonly PolicyDescription[]
}

export interface PolicyDescription {
  readonly name: string
  readonly mode: string
  readonly subjects: readonly string[]
  readonly except: readonly string[]
  readonly stages: readonly string[]
  readonly rules: readonly { readonly name: string; readonly action: string; readonly enforced: boolean }[]
}

/** What the parts of one Scrubber share. */
export interface Shared {
  readonly recorder: Recorder
  readonly keys: KeyRing | undefined
  readonly random: (length: number) => Uint8Array
  readonly now: (() => number) | undefined
}

const unchanged: Unchanged = Object.freeze({
  kind: 'unchanged',
  findings: Object.freeze([]) as unknown as readonly Finding[],
})
const cachedSubjects = 8192

export class PolicyScrubber implements Scrubber {
  readonly metrics: ScrubMetrics
  readonly policies: readonly PolicyDescription[]
  readonly #policies: readonly Policy[]
  readonly #shared: Shared
  readonly #beginnings: readonly string[]
  readonly #bySubject = new Map<string, PolicySet | undefined>()
  readonly #sets = new Map<string, PolicySet>()

  constructor(
    policies: readonly Policy[],
    rules: readonly RuleMetrics[],
    descriptions: readonly PolicyDescription[],
    shared: Shared,
  ) {
    this.#policies = policies
    this.#beginnings = [...new Set(policies.flatMap((policy) => policy.beginnings))]
    this.#shared = shared
    this.policies = descriptions
    this.metrics = { policies: policies.map((policy) => policy.metrics), rules }
  }

  policyFor(subject: string): CompiledPolicy | undefined {
    // Most subjects of a hub concern no policy: that must cost less than remembering them.
    if (!this.#beginnings.some((beginning) => subject.startsWith(beginning))) return undefined
    const known = this.#bySubject.get(subject)
    if (known !== undefined || this.#bySubject.has(subject)) return known
    const tokens = subject.split('.')
    const selected = this.#policies.filter((policy) => policy.selects(tokens))
    const set = selected.length === 0 ? undefined : this.#set(selected)
    if (this.#bySubject.size >= cachedSubjects) this.#bySubject.clear()
    this.#bySubject.set(subject, set)
    return set
  }

  scrub(message: ScrubMessage, context: ScrubContext): Outcome {
    return this.policyFor(message.subject)?.scrub(message, context) ?? unchanged
  }

  #set(policies: readonly Policy[]): PolicySet {
    const names = JSON.stringify(policies.map((policy) => policy.name))
    let set = this.#sets.get(names)
    if (set === undefined) this.#sets.set(names, (set = new PolicySet(policies, this.#shared)))
    return set
  }
}

class PolicySet implements CompiledPolicy {
  readonly names: readonly string[]
  readonly #policies: readonly Policy[]
  readonly #shared: Shared
  readonly #passage: { -readonly [Key in keyof Passage]: Passage[Key] }
  #turn = 0

  constructor(policies: readonly Policy[], shared: Shared) {
    this.names = policies.map((policy) => policy.name)
    this.#policies = policies
    this.#shared = shared
    this.#passage = {
      payload: noBytes,
      headers: undefined,
      block: new HeaderBlock(),
      contentType: undefined,
      contentCoding: undefined,
      nowMs: 0,
      source: '',
      random: shared.random,
    }
  }

  scrub(message: ScrubMessage, context: ScrubContext): Outcome {
    const { recorder } = this.#shared
    const headers = headerBytes(message.headers)
    const length = message.payload.length + (headers?.length ?? 0)
    recorder.begin()
    this.#load(message, headers, context)
    let changed = false
    for (const policy of this.#policies) {
      const { metrics } = policy
      metrics.messages++
      metrics.bytes += length
      try {
        if (!this.#timed(policy)) continue
        metrics.changed++
        changed = true
      } catch (error) {
        metrics.rejected++
        const outcome = this.#reject(policy, error, message, headers, context)
        this.#release()
        return outcome
      }
    }
    const passage = this.#passage
    if (changed && passage.payload !== message.payload && passage.headers !== undefined) {
      const current = dropStaleHeaders(passage.block, passage.payload.length)
      if (current !== undefined) passage.headers = current
    }
    const outcome: Outcome = changed
      ? {
          kind: 'changed',
          payload: passage.payload,
          headers: passage.headers,
          findings: recorder.findings ?? unchanged.findings,
        }
      : recorder.findings === undefined
        ? unchanged
        : { kind: 'unchanged', findings: recorder.findings }
    this.#release()
    return outcome
  }

  /** Runs a policy; the clock is read for one message in sixteen. */
  #timed(policy: Policy): boolean {
    const { now } = this.#shared
    if (now === undefined || (this.#turn = (this.#turn + 1) & 15) !== 0) return policy.run(this.#passage)
    const begun = now()
    try {
      return policy.run(this.#passage)
    } finally {
      policy.metrics.durationMs += (now() - begun) * 16
    }
  }

  #load(message: ScrubMessage, headers: Uint8Array | undefined, context: ScrubContext): void {
    const passage = this.#passage
    passage.payload = message.payload
    passage.headers = headers
    passage.contentType = message.contentType
    passage.contentCoding = message.contentCoding
    passage.nowMs = context.nowMs
    passage.source = context.source ?? ''
    if (headers !== undefined) setHeaders(passage, headers)
    else if (passage.block.count > 0) passage.block.parse(noBytes)
  }

  #release(): void {
    this.#passage.payload = noBytes
    this.#passage.headers = undefined
  }

  /** Fails closed: whatever went wrong, the message does not go on. */
  #reject(
    policy: Policy,
    error: unknown,
    message: ScrubMessage,
    headers: Uint8Array | undefined,
    context: ScrubContext,
  ): Rejected {
    const known = error instanceof Rejection
    return {
      kind: 'rejected',
      policy: policy.name,
      code: known ? error.code : 'policy-failed',
      reason: known ? error.message : `The policy failed: ${failureName(error)}.`,
      deadLetter: this.#deadLetter(policy.deadLetter, message, headers, context),
      findings: this.#shared.recorder.findings ?? unchanged.findings,
    }
  }

  #deadLetter(
    handling: DeadLetter,
    message: ScrubMessage,
    headers: Uint8Array | undefined,
    context: ScrubContext,
  ): Rejected['deadLetter'] {
    switch (handling) {
      case 'whole':
        return { handling, payload: message.payload, headers }
      case 'encrypted':
        return { handling, payload: sealLetter(this.#shared, message.payload, headers), headers: undefined }
      case 'dropped':
        return dropped
      case 'redacted':
        try {
          this.#load(message, headers, context)
          for (const policy of this.#policies) {
            if (policy.mode === 'enforce') this.#passage.payload = policy.redactOnly(this.#passage) ?? noBytes
          }
          return { handling, payload: this.#passage.payload, headers: this.#passage.headers }
        } catch {
          return this.#shared.keys === undefined ? dropped : this.#deadLetter('encrypted', message, headers, context)
        }
    }
  }
}

const noBytes = new Uint8Array(0)
const dropped: Rejected['deadLetter'] = { handling: 'dropped', payload: undefined, headers: undefined }

function headerBytes(headers: HeaderBytes | undefined): Uint8Array | undefined {
  if (headers === undefined) return undefined
  const bytes = headers instanceof Uint8Array ? headers : headers.bytes
  return bytes.length === 0 ? undefined : bytes
}

/** Only the kind of failure: messages of errors may quote what they failed on. */
function failureName(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}

function sealLetter(shared: Shared, payload: Uint8Array, headers: Uint8Array | undefined): Buffer {
  const letter = JSON.stringify({
    payload: asBuffer(payload).toString('base64'),
    headers: headers === undefined ? undefined : asBuffer(headers).toString('base64'),
  })
  return Buffer.from(encryptMark(shared.keys!.newest, letter, 'j', shared.random(12)))
}

/**
 * The message within an encrypted dead letter.
 * @throws ScrubError SCRUB_ERR_CIPHERTEXT when its key is not on the ring or it was changed
 */
export function openDeadLetter(
  payload: Uint8Array,
  keys: KeyRing,
): { readonly payload: Uint8Array; readonly headers: Uint8Array | undefined } {
  const letter = JSON.parse(decrypt(asBuffer(payload).toString('latin1'), keys).text) as {
    payload: string
    headers?: string
  }
  return {
    payload: Buffer.from(letter.payload, 'base64'),
    headers: letter.headers === undefined ? undefined : Buffer.from(letter.headers, 'base64'),
  }
}
