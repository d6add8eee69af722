/** What scrubbing has done, by policy and rule: for `/varz` and `/metrics`. The names are part of the interface. */
import type { InspectionFigures } from '../core/engine.ts'

/** One metric: its name after `wirehub_`, its help, and its samples. */
export interface ScrubMetric {
  readonly name: string
  readonly help: string
  readonly samples: readonly (readonly [labels: Record<string, string>, value: number])[]
}

const MILLISECONDS = 1000

/** The counters of all policies and rules. */
export function scrubMetrics({ policies, rules }: InspectionFigures): ScrubMetric[] {
  type Policy = (typeof policies)[number]
  type Rule = (typeof rules)[number]
  const ofPolicy = (name: string, help: string, read: (one: Policy) => number): ScrubMetric => ({
    name: `scrub_${name}_total`,
    help,
    samples: policies.map((one) => [{ policy: one.policy }, read(one)]),
  })
  const ofRule = (name: string, help: string, read: (one: Rule) => number): ScrubMetric => ({
    name: `scrub_rule_${name}_total`,
    help,
    samples: rules.map((one) => [{ policy: one.policy, rule: one.rule }, read(one)]),
  })
  return [
    ofPolicy('messages', 'Messages that a policy has looked at.', (one) => one.messages),
    ofPolicy('bytes', 'Bytes of headers and payload that a policy has looked at.', (one) => one.bytes),
    ofPolicy('changed', 'Messages that a policy has changed.', (one) => one.changed),
    ofPolicy('rejected', 'Messages that a policy has refused.', (one) => one.rejected),
    ofPolicy('seconds', 'Time in a policy, from one message in sixteen.', (one) => one.durationMs / MILLISECONDS),
    ofRule('findings', 'Values that a rule has found.', (one) => one.matches),
    ofRule('messages', 'Messages in which a rule has found something.', (one) => one.messages),
    ofRule('bytes', 'Bytes that a rule has found.', (one) => one.bytes),
    ofRule('seconds', 'Time in the action of a rule.', (one) => one.durationMs / MILLISECONDS),
  ]
}

/** The part `wirehub.scrub` of `/varz`. */
export function scrubVarz({ policies, rules }: InspectionFigures): unknown[] {
  return policies.map(({ policy, messages, bytes, changed, rejected, durationMs }) => ({
    policy,
    messages,
    bytes,
    changed,
    rejected,
    duration_ms: durationMs,
    rules: rules
      .filter((one) => one.policy === policy)
      .map((one) => ({
        rule: one.rule,
        findings: one.matches,
        messages: one.messages,
        bytes: one.bytes,
        duration_ms: one.durationMs,
      })),
  }))
}
