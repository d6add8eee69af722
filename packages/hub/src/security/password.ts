/** Stored secrets in their three forms: plain text, bcrypt hash, SCRAM-SHA-256 verifier. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { compare } from 'bcryptjs'
import { checkScramVerifier, isScramVerifier, parseScramVerifier } from './scram.ts'

const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/
const BCRYPT_PREFIX = /^\$2[aby]\$/
/** bcrypt looks at no more bytes than this. */
const BCRYPT_BYTES = 72

/** A stored secret that a given one can be compared with. */
export interface Secret {
  /** How dear a comparison is; only secrets of equal cost take equal time. */
  readonly cost: number
  /** Compares; at once where that is cheap. Never rejects. */
  matches(given: string): boolean | Promise<boolean>
}

/** Compares a password with a bcrypt hash; must not reject. */
export type CompareBcrypt = (given: string, hash: string) => Promise<boolean>

/**
 * Reads a stored secret; undefined when it looks like a hash, but is malformed.
 * @param compareBcrypt the environment's way, off the event loop
 */
export function parseSecret(stored: string, compareBcrypt: CompareBcrypt = compareHere): Secret | undefined {
  if (BCRYPT_PREFIX.test(stored)) {
    const match = BCRYPT.exec(stored)
    if (match === null || Number(match[1]) < 4 || Number(match[1]) > 31) return undefined
    return { cost: 1000 * 2 ** Number(match[1]), matches: (given) => matchesBcrypt(given, stored, compareBcrypt) }
  }
  if (isScramVerifier(stored)) {
    const verifier = parseScramVerifier(stored)
    if (verifier === undefined) return undefined
    return { cost: verifier.iterations, matches: (given) => checkScramVerifier(given, verifier).catch(() => false) }
  }
  const digest = sha256(stored)
  return { cost: 0, matches: (given) => timingSafeEqual(sha256(given), digest) }
}

/** A secret that nothing matches, as dear to compare with as another: for users that do not exist. */
export function decoyOf(secret: Secret): Secret {
  return {
    cost: secret.cost,
    matches: (given) => {
      const answer = secret.matches(given)
      return typeof answer === 'boolean' ? false : answer.then(() => false)
    },
  }
}

function matchesBcrypt(given: string, hash: string, compareBcrypt: CompareBcrypt): boolean | Promise<boolean> {
  return Buffer.byteLength(given) <= BCRYPT_BYTES && compareBcrypt(given, hash)
}

function compareHere(given: string, hash: string): Promise<boolean> {
  return compare(given, hash).catch(() => false)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
