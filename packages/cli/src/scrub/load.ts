/** The policies of a configuration, compiled for a look at them: nothing is stored, nothing is published. */
import { randomBytes } from 'node:crypto'
import { type ConfigFiles, HubError, keyRingOf, located, type ScrubPart, schemasOf } from '@wirehub/hub'
import {
  compilePolicies,
  defaultPolicies,
  type KeyRing,
  MemoryVault,
  type Scrubber,
  type ScrubConfig,
  ScrubError,
} from '@wirehub/scrub'
import type { OptionSpec, OptionValues } from '../command.ts'
import { loadConfig } from '../config.ts'

/** The option that says whose policies. */
export const configOption: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'default wirehub.yaml in this folder, if there is one' },
}

/** Policies, and where they come from. */
export interface LoadedScrub {
  readonly scrubber: Scrubber
  /** The configuration file; undefined for the policies that ship. */
  readonly file: string | undefined
  readonly part: ScrubPart
  readonly files: ConfigFiles
}

/** @throws HubError WIREHUB_ERR_CONFIG with file, line and column */
export function loadScrub(values: OptionValues): LoadedScrub {
  const { config, file, files } = loadConfig(values, process.env)
  const part = config.scrub ?? (defaultPolicies as ScrubPart)
  if (config.scrub === undefined)
    console.error('No configuration says what is scrubbed: these are the policies that ship.')
  const { keys, vaultFile: _vaultFile, tap: _tap, ...policies } = part
  const scrubber = located(files, () =>
    compilePolicies(policies as ScrubConfig, {
      ...(keys === undefined ? {} : { keys: keyRingOf(keys, files), vault: new MemoryVault() }),
      schemas: schemasOf(policies, files),
      random: (length) => randomBytes(length),
      monotonicMs: () => performance.now(),
      locate: (path) => files.locate?.(['scrub', ...path]),
    }),
  )
  return { scrubber, file: config.scrub === undefined ? undefined : file, part, files }
}

/** The keys of a configuration: who can read their files may see what they hide. */
export function loadKeys(values: OptionValues): { keys: KeyRing; vaultFile: string | undefined } {
  const { config, files, file } = loadConfig(values, process.env)
  const { keys, vaultFile } = config.scrub ?? {}
  if (keys === undefined) {
    throw new HubError('WIREHUB_ERR_CONFIG', 'The configuration has no scrub.keys.', {
      ...(file === undefined ? {} : { place: file }),
      cure: 'Name the configuration of the hub that made these values with --config.',
    })
  }
  return {
    keys: located(files, () => keyRingOf(keys, files)),
    vaultFile: vaultFile === undefined ? undefined : (files.path?.(vaultFile) ?? vaultFile),
  }
}

/** A literal subject that a pattern selects. */
export function exampleSubject(pattern: string): string {
  return pattern
    .split('.')
    .map((token) => (token === '*' || token === '>' ? 'try' : token))
    .join('.')
}

/** Errors of the scrub library as errors of this command line. */
export async function withScrubErrors<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ScrubError)) throw error
    const code = error.code === 'SCRUB_ERR_DENIED' ? 'WIREHUB_ERR_PERMISSION_DENIED' : 'WIREHUB_ERR_REFUSED'
    throw new HubError(code, error.message, { cause: error })
  }
}
