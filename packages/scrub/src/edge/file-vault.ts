/** A vault in a file: the edge where the file is. */
import { closeSync, fdatasync, fdatasyncSync, openSync, readFileSync, truncateSync, write, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Vault } from '../actions/vault.ts'
import { ScrubError } from '../errors.ts'

export interface FileVaultOptions {
  /** Tokens at most; default 1,000,000. They are held in memory too. */
  readonly maxTokens?: number
  /** `each`: every new token is on the disk before its message goes on; `flush`: in the background, awaited by `flush()`. Default `flush`. */
  readonly sync?: 'each' | 'flush'
  /** Bytes that may wait to be written; default 16 MiB. Beyond, new tokens are refused. */
  readonly maxPendingBytes?: number
}

/** A vault that survives the process: records appended to one file (mode 0600), what they hold is encrypted. */
export interface FileVault extends Vault {
  readonly size: number
  /** Resolves when everything put so far is on the disk. */
  flush(): Promise<void>
  /** Flushes and closes; nothing can be put afterwards. */
  close(): Promise<void>
}

const headerBytes = 10

/**
 * Opens or makes a vault file. A record torn by a crash at the end is cut off.
 * @throws ScrubError SCRUB_ERR_VAULT when the file is damaged before its end or holds more than `maxTokens`
 */
export function openFileVault(path: string, options: FileVaultOptions = {}): FileVault {
  return new AppendingVault(path, options)
}

class AppendingVault implements FileVault {
  readonly #values = new Map<string, Uint8Array>()
  readonly #path: string
  readonly #maxTokens: number
  readonly #maxPendingBytes: number
  readonly #syncsEach: boolean
  #descriptor: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #writing: Promise<void> | undefined
  #failure: Error | undefined
  #closed = false

  constructor(path: string, options: FileVaultOptions) {
    this.#path = path
    this.#maxTokens = options.maxTokens ?? 1_000_000
    this.#maxPendingBytes = options.maxPendingBytes ?? 16 * 1024 * 1024
    this.#syncsEach = options.sync === 'each'
    this.#descriptor = openSync(path, 'a', 0o600)
    this.#load()
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
    if (this.#closed) throw this.#error('is closed', 'Open it again.')
    if (this.#failure !== undefined)
      throw this.#error(`cannot be written: ${this.#failure.message}`, 'Free space or mend the disk, then restart.')
    if (this.#values.size >= this.#maxTokens)
      throw this.#error(`holds ${this.#maxTokens} tokens and takes no more`, 'Raise maxTokens.')
    const record = encode(token, sealed)
    if (this.#pendingBytes + record.length > this.#maxPendingBytes) {
      throw this.#error(
        `has ${this.#pendingBytes} bytes waiting to be written`,
        'The disk is too slow: raise maxPendingBytes.',
      )
    }
    if (this.#syncsEach) {
      writeSync(this.#descriptor, record)
      fdatasyncSync(this.#descriptor)
    } else {
      this.#pending.push(record)
      this.#pendingBytes += record.length
      this.#writing ??= this.#writeAll()
    }
    this.#values.set(token, sealed)
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    if (this.#failure !== undefined)
      throw this.#error(`cannot be written: ${this.#failure.message}`, 'Free space or mend the disk.')
    if (!this.#closed) await callback((done) => fdatasync(this.#descriptor, done))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.flush()
    this.#closed = true
    closeSync(this.#descriptor)
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve()
    try {
      while (this.#pending.length > 0) {
        const batch = Buffer.concat(this.#pending)
        this.#pending = []
        for (let written = 0; written < batch.length; ) {
          written += await callback<number>((done) =>
            write(this.#descriptor, batch, written, batch.length - written, null, done),
          )
        }
        this.#pendingBytes -= batch.length
      }
    } catch (error) {
      this.#failure = error as Error
    }
    this.#writing = undefined
  }

  #load(): void {
    const bytes = readFileSync(this.#path)
    let position = 0
    while (position < bytes.length) {
      const record = decode(bytes, position)
      if (record === undefined) break
      this.#values.set(record.token, record.sealed)
      position = record.end
    }
    if (this.#values.size > this.#maxTokens)
      throw this.#error(`holds more than ${this.#maxTokens} tokens`, 'Raise maxTokens.')
    if (position === bytes.length) return
    // Only the last record can be torn; a sound one behind the damage means that something else happened.
    for (let later = position + 1; later < bytes.length; later++) {
      if (bytes[later] === magic && decode(bytes, later) !== undefined) {
        throw this.#error(`is damaged at byte ${position}`, 'Restore it from a copy; nothing was changed.')
      }
    }
    truncateSync(this.#path, position)
  }

  #error(what: string, cure: string): ScrubError {
    return new ScrubError('SCRUB_ERR_VAULT', `The vault ${this.#path} ${what}.`, cure)
  }
}

const magic = 0xa7

/** One record: magic, token length, value length (4), CRC-32 (4), token, value. */
function encode(token: string, sealed: Uint8Array): Buffer {
  const name = Buffer.from(token)
  if (name.length > 255)
    throw new ScrubError('SCRUB_ERR_VAULT', 'A token of more than 255 bytes.', 'Use tokens of this library.')
  const record = Buffer.alloc(headerBytes + name.length + sealed.length)
  record[0] = magic
  record[1] = name.length
  record.writeUInt32BE(sealed.length, 2)
  record.set(name, headerBytes)
  record.set(sealed, headerBytes + name.length)
  record.writeUInt32BE(crc32(record.subarray(headerBytes), record.readUInt32BE(2)), 6)
  return record
}

function decode(bytes: Buffer, start: number): { token: string; sealed: Uint8Array; end: number } | undefined {
  if (bytes.length - start < headerBytes || bytes[start] !== magic) return undefined
  const nameEnd = start + headerBytes + bytes[start + 1]
  const sealedLength = bytes.readUInt32BE(start + 2)
  const end = nameEnd + sealedLength
  if (end > bytes.length) return undefined
  if (crc32(bytes.subarray(start + headerBytes, end), sealedLength) !== bytes.readUInt32BE(start + 6)) return undefined
  return {
    token: bytes.toString('utf8', start + headerBytes, nameEnd),
    sealed: Buffer.from(bytes.subarray(nameEnd, end)),
    end,
  }
}

function callback<Value = void>(start: (done: (error: Error | null, value?: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null || error === undefined ? resolve(value as Value) : reject(error)))
  })
}
