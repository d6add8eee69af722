/** SCRAM-SHA-256 verifiers: what is stored in place of a password. Source: RFC 5802 section 3, RFC 7677; written as RFC 5803 and PostgreSQL do. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const PREFIX = 'SCRAM-SHA-256$'
const FORM = /^SCRAM-SHA-256\$(\d{1,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/
const KEY_BYTES = 32
/** RFC 7677 section 4 asks for at least 4096; more make guessing dearer. */
const DEFAULT_ITERATIONS = 16_384
const MAX_ITERATIONS = 10_000_000
const derive = promisify(pbkdf2)

/** A verifier, taken apart. */
export interface ScramVerifier {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
}

/** Whether a stored secret is a verifier (perhaps a malformed one). */
export function isScramVerifier(stored: string): boolean {
  return stored.startsWith(PREFIX)
}

/**
 * Makes the verifier of a password: `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
 * @param salt fresh random bytes, 16 or more
 */
export async function makeScramVerifier(
  password: string,
  salt: Uint8Array,
  iterations: number = DEFAULT_ITERATIONS,
): Promise<string> {
  const salted = await derive(normalized(password), salt, iterations, KEY_BYTES, 'sha256')
  const stored = storedKeyOf(salted)
  const server = createHmac('sha256', salted).update('Server Key').digest()
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return `${PREFIX}${iterations}:${text(salt)}$${text(stored)}:${text(server)}`
}

/** Takes a verifier apart; undefined when it is malformed. */
export function parseScramVerifier(text: string): ScramVerifier | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const iterations = Number(match[1])
  if (iterations < 1 || iterations > MAX_ITERATIONS) return undefined
  return { iterations, salt: Buffer.from(match[2], 'base64'), storedKey: Buffer.from(match[3], 'base64') }
}

/** Whether a password fits a verifier. The work is done off the event loop. */
export async function checkScramVerifier(password: string, verifier: ScramVerifier): Promise<boolean> {
  const salted = await derive(normalized(password), verifier.salt, verifier.iterations, KEY_BYTES, 'sha256')
  return timingSafeEqual(storedKeyOf(salted), verifier.storedKey)
}

function storedKeyOf(salted: Buffer): Buffer {
  return createHash('sha256').update(createHmac('sha256', salted).update('Client Key').digest()).digest()
}

// SASLprep (RFC 4013) comes down to this for what people type.
function normalized(password: string): string {
  return password.normalize('NFKC')
}
