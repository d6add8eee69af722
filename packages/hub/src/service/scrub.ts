/** The `scrub` part of a configuration: compiled, with its keys, its vault and its schemas. */
import {
  compilePolicies,
  createKeyRing,
  type FileVault,
  type KeyRing,
  MemoryVault,
  openFileVault,
  type PolicyDescription,
  type ScrubConfig,
  ScrubError,
  type Vault,
} from '@wirehub/scrub'
import type { HubCore } from '../assembly/hub-core.ts'
import { ScrubInspector } from '../assembly/scrub-inspector.ts'
import { parseData } from '../config/parse-yaml.ts'
import { ConfigError } from '../config/problem.ts'
import type { ScrubPart } from '../config/types.ts'
import { HubError } from '../errors.ts'
import type { ConfigFiles } from './resolve.ts'

/** Policies that are ready to come into force, and what they need to do so. */
export interface PreparedScrub {
  readonly inspector: ScrubInspector
  readonly vault: Vault | undefined
  readonly vaultFile: string | undefined
}

/** Keeps what must outlive a reload: the vault, and the counters of policies that stay. */
export class ScrubService {
  readonly #core: HubCore
  #current: PreparedScrub | undefined = undefined

  constructor(core: HubCore) {
    this.#core = core
  }

  /** Policies in force. */
  get policies(): readonly PolicyDescription[] {
    return this.#current?.inspector.scrubber.policies ?? []
  }

  /**
   * Compiles the policies of a configuration; nothing of them is in force yet.
   * @throws HubError WIREHUB_ERR_CONFIG with file, line and column
   */
  prepare(config: ScrubPart | undefined, files: ConfigFiles): PreparedScrub {
    const { keys, vaultFile: named, tap, ...policies } = config ?? {}
    return located(files, () => {
      const ring = keys === undefined ? undefined : keyRingOf(keys, files)
      const vaultFile = named === undefined ? undefined : (files.path?.(named) ?? named)
      const vault = ring === undefined ? undefined : this.#vault(vaultFile)
      try {
        const scrubber = compilePolicies({ policies: [], ...policies } as ScrubConfig, {
          ...(ring === undefined ? {} : { keys: ring, vault: vault as Vault }),
          schemas: schemasOf(policies, files),
          random: (length) => this.#core.random.bytes(length),
          monotonicMs: () => this.#core.clock.monotonic(),
          locate: (path) => files.locate?.(['scrub', ...path]),
        })
        const inspector = new ScrubInspector(scrubber, this.#core, { showsBefore: tap ?? false })
        return { inspector, vault, vaultFile }
      } catch (error) {
        this.#release(vault)
        throw error
      }
    })
  }

  // A vault stays open over a reload: what its tokens stand for must still be known.
  #vault(file: string | undefined): Vault {
    const current = this.#current
    if (current?.vault !== undefined && current.vaultFile === file) return current.vault
    return file === undefined ? new MemoryVault() : openFileVault(file)
  }

  /** From here on, and for every message, these policies hold. */
  enforce(next: PreparedScrub): void {
    const before = this.#current?.vault
    if (this.#current !== undefined) next.inspector.follow(this.#current.inspector)
    this.#current = next
    this.#core.setInspector(next.inspector)
    if (before !== undefined && before !== next.vault) this.#closeLater(before)
  }

  /** Gives back what was prepared and will not come into force. */
  abandon(prepared: PreparedScrub): void {
    this.#release(prepared.vault)
  }

  #release(vault: Vault | undefined): void {
    if (vault !== undefined && vault !== this.#current?.vault) this.#closeLater(vault)
  }

  #closeLater(vault: Vault): void {
    closeVault(vault).catch((error: Error) => this.#core.log('error', `A vault could not be closed: ${error.message}`))
  }

  /** Writes what the vault has not written yet. */
  async close(): Promise<void> {
    if (this.#current?.vault !== undefined) await closeVault(this.#current.vault)
  }
}

async function closeVault(vault: Vault): Promise<void> {
  if ('close' in vault) await (vault as FileVault).close()
}

/** A key ring from a configuration, newest last. @throws ScrubError, HubError WIREHUB_ERR_CONFIG */
export function keyRingOf(keys: NonNullable<ScrubPart['keys']>, files: Pick<ConfigFiles, 'readText'>): KeyRing {
  return createKeyRing(
    keys.map(({ id, secret, secretFile }, index) => {
      if ((secret === undefined) === (secretFile === undefined)) {
        throw new ScrubError('SCRUB_ERR_KEY', `Key "${id}" needs a secret.`, 'Give either secret or secretFile.', {
          path: `keys[${index}]`,
        })
      }
      return { id, secret: secret ?? files.readText(secretFile as string).trim() }
    }),
  )
}

/** Schemas that `validate` names: a name with a dot or slash in it is a file beside the configuration, JSON or YAML. */
export function schemasOf(config: object, files: Pick<ConfigFiles, 'readText'>): Record<string, object> {
  const schemas: Record<string, object> = {}
  const { policies = [] } = config as { policies?: { stages?: { validate?: { schema?: unknown } }[] }[] }
  if (!Array.isArray(policies)) return schemas
  for (const policy of policies) {
    for (const stage of Array.isArray(policy?.stages) ? policy.stages : []) {
      const name = stage?.validate?.schema
      if (typeof name !== 'string' || !/[./]/.test(name) || Object.hasOwn(schemas, name)) continue
      const schema = parseData(files.readText(name), name).value
      if (typeof schema !== 'object' || schema === null) {
        throw new HubError('WIREHUB_ERR_CONFIG', 'The file holds no schema.', {
          place: name,
          cure: 'Write a JSON Schema 2020-12: an object.',
        })
      }
      schemas[name] = schema
    }
  }
  return schemas
}

/** Says of a mistake in policies where it stands in the file. */
export function located<Result>(files: Pick<ConfigFiles, 'locate'>, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof ScrubError)) throw error
    const { place, cure } = error
    const path = place === undefined ? 'scrub' : `scrub.${place.path}`
    const sentence = bare(error)
    const found =
      place?.line === undefined
        ? files.locate?.(stepsOf(path))
        : { file: place.file, line: place.line, column: place.column }
    if (found === undefined) throw new HubError('WIREHUB_ERR_CONFIG', sentence, { place: path, cure, cause: error })
    const { file = '', line = 1, column = 1 } = found
    throw new ConfigError([
      { file, line, column, path, sentence: `${path}: ${sentence} ${cure}`, expected: undefined, nearest: undefined },
    ])
  }
}

/** The sentence alone: the message holds place and cure too. */
function bare({ message, place, cure }: ScrubError): string {
  const start = place === undefined ? 0 : Math.max(0, message.indexOf(`${place.path}: `)) + `${place.path}: `.length
  const text = place === undefined ? message : message.slice(start)
  return (text.endsWith(cure) ? text.slice(0, text.length - cure.length) : text).trim()
}

function stepsOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
