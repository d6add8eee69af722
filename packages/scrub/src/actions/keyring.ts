import { deriveKey, hmacSha256, open, sameBytes, seal } from '../edge/crypto.ts'
import { ScrubError } from '../errors.ts'

/** A secret as it is configured. */
export interface KeyConfig {
  /** Letters, digits and dashes, 32 at most; stands in what the key made. */
  readonly id: string
  /** 16 bytes or more of real randomness; a string counts as UTF-8. */
  readonly secret: Uint8Array | string
}

/** What one secret is good for; each use has a key of its own, derived by HKDF. */
export interface Key {
  readonly id: string
  readonly hash: Uint8Array
  readonly token: Uint8Array
  readonly check: Uint8Array
  readonly encrypt: Uint8Array
}

/** Keys by id; the newest one makes, all of them read. */
export interface KeyRing {
  readonly newest: Key
  get(id: string): Key | undefined
}

/**
 * A key ring from its secrets, oldest first: the last one is the newest. Rotation is appending a key.
 * @throws ScrubError SCRUB_ERR_KEY for no key, a short secret, an id that is not usable or used twice.
 */
export function createKeyRing(keys: readonly KeyConfig[]): KeyRing {
  const byId = new Map<string, Key>()
  let newest: Key | undefined
  for (const { id, secret } of keys) {
    const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
    if (!/^[A-Za-z0-9-]{1,32}$/.test(id)) {
      throw new ScrubError(
        'SCRUB_ERR_KEY',
        `The key id "${id}" is not usable.`,
        'Use 1 to 32 letters, digits and dashes.',
      )
    }
    if (byId.has(id))
      throw new ScrubError('SCRUB_ERR_KEY', `The key id "${id}" is there twice.`, 'Give each key its own id.')
    if (bytes.length < 16) {
      throw new ScrubError(
        'SCRUB_ERR_KEY',
        `The secret of key "${id}" has ${bytes.length} bytes, 16 are the least.`,
        'Make one with: openssl rand -base64 32',
      )
    }
    newest = {
      id,
      hash: deriveKey(bytes, 'wirehub scrub hash'),
      token: deriveKey(bytes, 'wirehub scrub token'),
      check: deriveKey(bytes, 'wirehub scrub check'),
      encrypt: deriveKey(bytes, 'wirehub scrub encrypt'),
    }
    byId.set(id, newest)
  }
  if (newest === undefined) throw new ScrubError('SCRUB_ERR_KEY', 'The key ring is empty.', 'Give it at least one key.')
  return { newest, get: (id) => byId.get(id) }
}

/** What hash, tokenise and encrypt write: `scrub~<h|t|e>~<key id>~<base64url>~`; only who has the key can make
 * one. All of its characters are unreserved in URLs (RFC 3986 section 2.3), so that it reads the same wherever it stands. */
export type MarkKind = 'h' | 't' | 'e'

const markPattern = /scrub~([hte])~([A-Za-z0-9-]{1,32})~([A-Za-z0-9_-]+)~/g
const wholeMarkPattern = new RegExp(`^${markPattern.source}$`)
const checkBytes = 6
const digestBytes = 18

/** The keyed hash of a text: 18 bytes of HMAC-SHA-256 and a check by which it is known again. */
export function hashMark(key: Key, text: string): string {
  return digestMark('h', key, hmacSha256(key.hash, text))
}

/** The token of a text: the same text has the same token under the same key. */
export function tokenMark(key: Key, text: string): string {
  return digestMark('t', key, hmacSha256(key.token, text))
}

function digestMark(kind: MarkKind, key: Key, digest: Buffer): string {
  const body = digest.subarray(0, digestBytes)
  return `scrub~${kind}~${key.id}~${Buffer.concat([body, checkOf(kind, key, body)]).toString('base64url')}~`
}

function checkOf(kind: MarkKind, key: Key, body: Uint8Array): Buffer {
  return hmacSha256(key.check, Buffer.concat([Buffer.from(kind), body])).subarray(0, checkBytes)
}

/** The encrypted form of a text, or of a piece of JSON (`form` j) that is one again when decrypted. */
export function encryptMark(key: Key, plain: string, form: 's' | 'j', nonce: Uint8Array): string {
  const sealed = seal(key.encrypt, nonce, Buffer.from(form + plain), `value ${key.id}`)
  return `scrub~e~${key.id}~${sealed.toString('base64url')}~`
}

export interface Decrypted {
  /** The text, or the JSON text of what was no string. */
  readonly text: string
  readonly isJson: boolean
}

/**
 * What an encrypted value says.
 * @throws ScrubError SCRUB_ERR_CIPHERTEXT when it is none, was changed, or its key is not on the ring.
 */
export function decrypt(value: string, keys: KeyRing): Decrypted {
  const match = wholeMark(value)
  const opened = match === undefined || match.kind !== 'e' ? undefined : openSealed(match, keys)
  if (opened === undefined) {
    throw new ScrubError(
      'SCRUB_ERR_CIPHERTEXT',
      match?.kind === 'e'
        ? `The value encrypted with key "${match.keyId}" cannot be opened.`
        : 'This is no encrypted value.',
      'Give the whole "scrub~e~...~" text and a key ring that holds its key.',
    )
  }
  return opened
}

/** All encrypted values within a text opened; those that cannot be stay as they are. */
export function decryptText(text: string, keys: KeyRing): string {
  return text.replace(markPattern, (whole, kind: MarkKind, keyId: string, body: string) =>
    kind === 'e' ? (openSealed({ kind, keyId, body }, keys)?.text ?? whole) : whole,
  )
}

interface Mark {
  readonly kind: MarkKind
  readonly keyId: string
  readonly body: string
}

function wholeMark(text: string): Mark | undefined {
  const match = wholeMarkPattern.exec(text)
  return match === null ? undefined : { kind: match[1] as MarkKind, keyId: match[2], body: match[3] }
}

/** What a text says that is one encrypted value, all of it; undefined when it is none or no key opens it. */
export function openMark(text: string, keys: KeyRing): Decrypted | undefined {
  const mark = wholeMark(text)
  return mark?.kind === 'e' ? openSealed(mark, keys) : undefined
}

function openSealed(mark: Mark, keys: KeyRing): Decrypted | undefined {
  const key = keys.get(mark.keyId)
  if (key === undefined) return undefined
  const plain = open(key.encrypt, Buffer.from(mark.body, 'base64url'), `value ${mark.keyId}`)
  if (plain === undefined || plain.length === 0) return undefined
  return { text: plain.toString('utf8', 1), isJson: plain[0] === 0x6a }
}

function isGenuine(mark: Mark, keys: KeyRing): boolean {
  if (mark.kind === 'e') return openSealed(mark, keys) !== undefined
  const key = keys.get(mark.keyId)
  const bytes = Buffer.from(mark.body, 'base64url')
  if (key === undefined || bytes.length !== digestBytes + checkBytes || bytes.toString('base64url') !== mark.body)
    return false
  return sameBytes(bytes.subarray(digestBytes), checkOf(mark.kind, key, bytes.subarray(0, digestBytes)))
}

/** Whether a text is one of our own marks, made with a key that we have: then it is left alone. */
export function isOwnMark(text: string, keys: KeyRing | undefined): boolean {
  if (keys === undefined || !text.startsWith('scrub~')) return false
  const mark = wholeMark(text)
  return mark !== undefined && isGenuine(mark, keys)
}

/** Pairs (start, end) of our own marks within a text. */
export function ownMarks(text: string, keys: KeyRing): readonly number[] {
  const found: number[] = []
  for (const match of text.matchAll(markPattern)) {
    const mark: Mark = { kind: match[1] as MarkKind, keyId: match[2], body: match[3] }
    if (isGenuine(mark, keys)) found.push(match.index, match.index + match[0].length)
  }
  return found
}
