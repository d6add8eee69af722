import { sha256 } from '../../edge/sha256.ts'
import type { Detector } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Base58Check: 21 bytes and the first four of their double SHA-256. */
function isBase58Check(text: string): boolean {
  const bytes = new Uint8Array(25)
  for (const char of text) {
    let carry = BASE58.indexOf(char)
    for (let i = 24; i >= 0; i--) {
      carry += bytes[i] * 58
      bytes[i] = carry & 255
      carry >>= 8
    }
    if (carry !== 0) return false
  }
  const check = sha256(sha256(bytes.subarray(0, 21)))
  return check.subarray(0, 4).equals(bytes.subarray(21))
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'

const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function polymod(values: readonly number[]): number {
  let check = 1
  for (const value of values) {
    const top = check >>> 25
    check = ((check & 0x1ffffff) << 5) ^ value
    for (let i = 0; i < 5; i++) if ((top >>> i) & 1) check ^= GENERATORS[i]
  }
  return check >>> 0
}

/** BIP 173 and BIP 350. */
function isBech32(text: string): boolean {
  const lower = text.toLowerCase()
  const split = lower.lastIndexOf('1')
  const prefix = [...lower.slice(0, split)]
  const values = [...prefix.map((c) => c.charCodeAt(0) >> 5), 0, ...prefix.map((c) => c.charCodeAt(0) & 31)]
  for (const char of lower.slice(split + 1)) values.push(BECH32.indexOf(char))
  const check = polymod(values)
  return check === 1 || check === 0x2bc830a3
}

/** Addresses of Bitcoin (both forms, with their checksums), Litecoin, Ethereum and those like it. */
export const walletAddress: Detector = {
  name: 'crypto-wallet',
  category: 'financial',
  description: 'Bitcoin and Litecoin (checksum verified) and Ethereum addresses',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9_])bc1[ac-hj-np-z02-9]{6}',
    '(?<![A-Za-z0-9_])ltc1[ac-hj-np-z02-9]{6}',
    '(?<![A-Za-z0-9_])[13LM][1-9A-HJ-NP-Za-km-z]{25}',
    '(?<![A-Za-z0-9_])0x[0-9a-f]{12}',
  ],
  pattern:
    /(?<![A-Za-z0-9_])(?:(?:bc|BC|ltc|LTC)1[ac-hj-np-zAC-HJ-NP-Z02-9]{11,87}|[13LM][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40})(?![A-Za-z0-9_])/,
  validate: (match) => {
    if (match.startsWith('0x')) return entropy(match.slice(2)) >= 2.5
    return /^(?:bc|ltc)1/i.test(match) ? isBech32(match) : isBase58Check(match)
  },
}
