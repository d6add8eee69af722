import { open, seal } from '../edge/crypto.ts'
import { ScrubError } from '../errors.ts'
import type { KeyRing } from './keyring.ts'

/**
 * Where tokens remember what they stand for. Synchronous, because scrubbing is; what is put is already encrypted.
 * @throws (put) ScrubError SCRUB_ERR_VAULT when there is no room: the message is then refused, never sent in the clear.
 */
export interface Vault {
  has(token: string): boolean
  get(token: string): Uint8Array | undefined
  put(token: string, sealed: Uint8Array): void
}

export interface MemoryVaultOptions {
  /** Tokens at most; default 1,000,000. */
  readonly maxTokens?: number
}

/** A vault that ends with the process. */
export class MemoryVault implements Vault {
  readonly #values = new Map<string, Uint8Array>()
  readonly #maxTokens: number

  constructor(options: MemoryVaultOptions = {}) {
    this.#maxTokens = options.maxTokens ?? 1_000_000
  }

  get size(): number {
    return this.#values.size
  }

  has(token: string): boolean {
    return this.#values.has(token)
  }

  get(token: string): Uint8Array | undefined {
    return this.#values.get(token)
  }

  put(token: string, sealed: Uint8Array): void {
    if (this.#values.size >= this.#maxTokens && !this.#values.has(token)) throw vaultFull(this.#maxTokens)
    this.#values.set(token, sealed)
  }
}

function vaultFull(maxTokens: number): ScrubError {
  return new ScrubError(
    'SCRUB_ERR_VAULT',
    `The vault holds ${maxTokens} tokens and takes no more.`,
    'Raise maxTokens, or move old tokens to another vault.',
  )
}

/** Puts a value into the vault under its token, encrypted with the newest key. */
export function keep(vault: Vault, keys: KeyRing, token: string, value: string, nonce: Uint8Array): void {
  if (vault.has(token)) return
  const key = keys.newest
  const sealed = seal(key.encrypt, nonce, Buffer.from(value), `token ${token}`)
  vault.put(token, Buffer.concat([Buffer.from([key.id.length]), Buffer.from(key.id), sealed]))
}

/** Who asks for what. */
export interface DetokeniseRequest {
  readonly token: string
  /** Whatever the caller knows of who is asking: a user, a role, a ticket. */
  readonly requester: unknown
}

export interface DetokeniserOptions {
  readonly vault: Vault
  readonly keys: KeyRing
  /** Only `true` permits. */
  readonly permit: (request: DetokeniseRequest) => boolean
}

export interface Detokeniser {
  /**
   * The value behind a token.
   * @throws ScrubError SCRUB_ERR_DENIED (not permitted), SCRUB_ERR_TOKEN (no such token), SCRUB_ERR_KEY (its key is gone).
   */
  detokenise(token: string, requester: unknown): string
  readonly granted: number
  readonly denied: number
}

/** The way back from tokens, behind a permission. */
export function createDetokeniser(options: DetokeniserOptions): Detokeniser {
  let granted = 0
  let denied = 0
  return {
    get granted() {
      return granted
    },
    get denied() {
      return denied
    },
    detokenise(token, requester) {
      if (options.permit({ token, requester }) !== true) {
        denied++
        throw new ScrubError(
          'SCRUB_ERR_DENIED',
          'This requester may not see what the token stands for.',
          'Ask who grants it.',
        )
      }
      const value = openEntry(options.vault, options.keys, token)
      granted++
      return value
    },
  }
}

function openEntry(vault: Vault, keys: KeyRing, token: string): string {
  const record = vault.get(token)
  if (record === undefined) {
    throw new ScrubError(
      'SCRUB_ERR_TOKEN',
      'No vault entry has this token.',
      'Give the whole token, and the vault it was put into.',
    )
  }
  const idLength = record[0]
  const id = Buffer.from(record.subarray(1, 1 + idLength)).toString('latin1')
  const key = keys.get(id)
  const plain = key === undefined ? undefined : open(key.encrypt, record.subarray(1 + idLength), `token ${token}`)
  if (plain === undefined) {
    throw new ScrubError(
      'SCRUB_ERR_KEY',
      `The entry was made with key "${id}", which does not open it.`,
      'Keep old keys on the ring as long as tokens made with them are in use.',
    )
  }
  return plain.toString()
}
