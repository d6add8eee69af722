/** The one place where node:crypto is used. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'

export function hmacSha256(key: Uint8Array, text: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** HKDF-SHA-256 (RFC 5869) without salt: 32 bytes for one purpose. */
export function deriveKey(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), purpose, 32))
}

/** AES-256-GCM (NIST SP 800-38D): nonce (12 bytes), ciphertext, tag (16 bytes). */
export function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, associated: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(associated))
  const body = cipher.update(plain)
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** The plain bytes, or undefined when the key is another one or a bit was changed. */
export function open(key: Uint8Array, sealed: Uint8Array, associated: string): Buffer | undefined {
  if (sealed.length < 28) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAAD(Buffer.from(associated))
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  const plain = decipher.update(sealed.subarray(12, sealed.length - 16))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Secure random bytes from the system, in batches: one system call for many nonces. */
export function systemRandom(length: number): Uint8Array {
  if (length > pool.length / 4) return randomBytes(length)
  if (poolAt + length > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  const bytes = Buffer.from(pool.subarray(poolAt, poolAt + length))
  pool.fill(0, poolAt, poolAt + length)
  poolAt += length
  return bytes
}

const pool = Buffer.alloc(4096)
let poolAt = pool.length
