/** The `scrub` part of a configuration, compiled. */
import { compilePolicies, createKeyRing, MemoryVault, type ScrubConfig, ScrubError } from '@wirehub/scrub'
import type { HubCore } from '../assembly/hub-core.ts'
import { ScrubInspector } from '../assembly/scrub-inspector.ts'
import { HubError } from '../errors.ts'
import type { ConfigFiles } from './resolve.ts'

interface KeyEntry {
  id: string
  secret?: string
  secretFile?: string
}

/**
 * Compiles the policies of a configuration; undefined without any.
 * @throws HubError WIREHUB_ERR_CONFIG with the place in the configuration
 */
export function compileScrub(
  config: Readonly<Record<string, unknown>> | undefined,
  core: HubCore,
  files: ConfigFiles,
): ScrubInspector | undefined {
  if (config === undefined) return undefined
  const { keys, ...policies } = config as { keys?: KeyEntry[] } & Record<string, unknown>
  try {
    const scrubber = compilePolicies(policies as unknown as ScrubConfig, {
      ...(keys === undefined ? {} : { keys: ringOf(keys, files), vault: new MemoryVault() }),
      random: (length) => core.random.bytes(length),
      monotonicMs: () => core.clock.monotonic(),
    })
    return new ScrubInspector(scrubber, core)
  } catch (error) {
    if (!(error instanceof ScrubError)) throw error
    throw new HubError('WIREHUB_ERR_CONFIG', error.message, {
      place: `scrub: ${error.place?.path ?? ''}`,
      cure: error.cure,
      cause: error,
    })
  }
}

// Newest last, as the key ring wants it.
function ringOf(keys: readonly KeyEntry[], files: ConfigFiles): ReturnType<typeof createKeyRing> {
  return createKeyRing(
    keys.map(({ id, secret, secretFile }) => ({
      id,
      secret: secret ?? (secretFile === undefined ? '' : files.readText(secretFile).trim()),
    })),
  )
}
