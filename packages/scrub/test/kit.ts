/** Short ways for tests to compile rules and scrub one message. */
import type { Outcome, RuleConfig, Scrubber, ScrubConfig, ScrubEnvironment } from '../src/mod.ts'
import { compilePolicies, createKeyRing, MemoryVault } from '../src/mod.ts'

export const context = { nowMs: Date.UTC(2026, 10, 21), source: 'test' }

export const keys = createKeyRing([{ id: 'k1', secret: 'a secret of at least sixteen bytes' }])

/** Randomness that repeats from run to run. */
function countingRandom(): (length: number) => Uint8Array {
  let next = 0
  return (length) => Uint8Array.from({ length }, () => next++ & 255)
}

export function compileRules(rules: readonly RuleConfig[], environment: ScrubEnvironment = {}): Scrubber {
  return compile({ policies: [{ name: 'test', subjects: ['events.>'], stages: [{ redact: rules }] }] }, environment)
}

export function compile(config: ScrubConfig, environment: ScrubEnvironment = {}): Scrubber {
  return compilePolicies(config, { keys, vault: new MemoryVault(), random: countingRandom(), ...environment })
}

export function scrub(scrubber: Scrubber, payload: string | Uint8Array, headers?: string): Outcome {
  return scrubber.scrub(
    {
      subject: 'events.test',
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      headers: headers === undefined ? undefined : Buffer.from(headers),
    },
    context,
  )
}

/** The payload as it goes on, as text. */
export function after(scrubber: Scrubber, payload: string): string {
  const outcome = scrub(scrubber, payload)
  if (outcome.kind === 'rejected') return `rejected: ${outcome.code}`
  return outcome.kind === 'unchanged' ? payload : Buffer.from(outcome.payload).toString()
}
