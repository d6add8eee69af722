/** Ours and the npm libraries, each as a function from payload bytes to payload bytes: what a hub would have to do. */
import { compilePolicies, defaultPolicies, type ScrubConfig } from '@wirehub/scrub'

export interface Contestant {
  readonly name: string
  readonly scrub: (payload: Buffer) => Uint8Array
}

/** Those that can be had; the others are named with the reason. */
export interface Field {
  readonly contestants: readonly Contestant[]
  readonly missing: readonly string[]
}

export function ours(config: ScrubConfig = defaultPolicies): Contestant {
  const policy = compilePolicies(config).policyFor('events.bench')!
  const context = { nowMs: 0 }
  return {
    name: '@wirehub/scrub',
    scrub(payload) {
      const outcome = policy.scrub({ subject: 'events.bench', payload }, context)
      if (outcome.kind === 'rejected') throw new Error(outcome.reason)
      return outcome.kind === 'changed' ? outcome.payload : payload
    },
  }
}

/** Secrets by field path only: what fast-redact does. */
export function oursByPath(paths: readonly string[]): Contestant {
  const stages = [{ redact: [{ fields: paths, action: 'mask' as const }] }]
  return ours({ policies: [{ name: 'paths', subjects: ['events.>'], stages }] })
}

// biome-ignore lint/suspicious/noExplicitAny: libraries that need not be installed have no types here
type Loader = (module: Record<string, any>) => (payload: Buffer) => Uint8Array

const loaders: Readonly<Record<string, Loader>> = {
  '@redactpii/node': ({ Redactor }) => {
    const redactor = new Redactor()
    return (payload) => Buffer.from(redactor.redact(payload.toString()))
  },
  'redact-pii': (module) => {
    const redactor = new (module.SyncRedactor ?? module.default.SyncRedactor)()
    return (payload) => Buffer.from(redactor.redact(payload.toString()))
  },
  '@openredaction/openredaction': (module) => {
    const redactor = new (module.OpenRedaction ?? module.default.OpenRedaction)()
    return (payload) => Buffer.from(redactor.detect(payload.toString()).redacted)
  },
  '@visulima/redact': ({ stringAnonymize, standardRules }) => {
    return (payload) => Buffer.from(stringAnonymize(payload.toString(), standardRules))
  },
}

/** Loads the libraries of `bench/scrub/package.json`; what is not installed is told and left out. */
export async function loadPeers(sample: Buffer): Promise<Field> {
  const contestants: Contestant[] = []
  const missing: string[] = []
  for (const [name, load] of Object.entries(loaders)) {
    try {
      const scrub = load(await import(name))
      const result: unknown = scrub(sample)
      if (!(result instanceof Uint8Array)) throw new Error('answers no bytes')
      contestants.push({ name, scrub })
    } catch (error) {
      missing.push(`${name} (${(error as Error).message.split('\n')[0]!.slice(0, 80)})`)
    }
  }
  return { contestants, missing }
}

export async function loadFastRedact(paths: readonly string[]): Promise<Contestant | undefined> {
  const name = 'fast-redact'
  try {
    const redact = (await import(name)).default({ paths: [...paths], censor: '***' })
    return { name, scrub: (payload) => Buffer.from(redact(JSON.parse(payload.toString()))) }
  } catch {
    return undefined
  }
}
