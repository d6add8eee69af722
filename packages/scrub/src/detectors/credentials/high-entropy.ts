import type { Detector } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'

const ID_LIKE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-7][0-9A-HJKMNP-TV-Z]{25}$|^\d+$/i

/**
 * Long random strings of any kind. Not on by default: hashes, ids and signatures are random too. Lower-case hexadecimal of the
 * usual hash lengths, UUIDs and ULIDs are spared.
 */
export const highEntropy: Detector = {
  name: 'high-entropy',
  category: 'secret',
  description: 'Long random strings (not hashes, UUIDs or ULIDs)',
  default: false,
  everywhere: true,
  pattern: /[A-Za-z0-9+/_-]{20,256}={0,2}/,
  validate: (match) => {
    if (ID_LIKE.test(match) || /^[0-9a-f]{32,128}$/.test(match)) return false
    const isMixed = /[a-z]/.test(match) && /[A-Z]/.test(match) && /\d/.test(match)
    return isMixed && entropy(match) >= 4.2
  },
  priority: -10,
}
