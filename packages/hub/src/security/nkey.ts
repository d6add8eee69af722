/** User nkeys: ed25519 public keys written in base32, `U...`. Source: NATS nkeys; RFC 8032, RFC 4648 section 6. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { fromPublic } from '@nats-io/nkeys'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** SubjectPublicKeyInfo of an ed25519 key, before its 32 bytes. RFC 8410 section 4. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_BYTES = 32

/** The public key of a user nkey; undefined when it is none (checksum included). */
export function parseUserNkey(nkey: string): KeyObject | undefined {
  if (!/^U[A-Z2-7]{55}$/.test(nkey)) return undefined
  try {
    fromPublic(nkey)
  } catch {
    return undefined
  }
  const raw = base32(nkey).subarray(1, 1 + KEY_BYTES)
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
}

/** Whether a signature (base64, either alphabet) of the nonce was made with the key. */
export function checkSignature(key: KeyObject, nonce: Uint8Array, signature: string): boolean {
  try {
    return verify(null, nonce, key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function base32(text: string): Buffer {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const letter of text) {
    held = (held << 5) | BASE32.indexOf(letter)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (held >> bits) & 255
    held &= (1 << bits) - 1
  }
  return bytes
}
