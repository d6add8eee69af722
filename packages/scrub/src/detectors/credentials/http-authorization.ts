import type { Detector } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1')
}

/** HTTP credentials (RFC 7617, RFC 6750). */
export const authorization: Detector = {
  name: 'http-authorization',
  category: 'secret',
  description: 'HTTP Basic and Bearer credentials',
  default: true,
  triggers: ['(?<!\\w)bearer[ :]', '(?<!\\w)basic ', '(?<!\\w)token [a-z0-9=]', '(?<!\\w)apikey '],
  pattern:
    /\b(?:[Bb]earer|BEARER|[Tt]oken|[Aa]pi[Kk]ey)[ :]{1,3}((?:token=["']?)?[A-Za-z0-9._~+/-]{16,8192}={0,2})(?![A-Za-z0-9])|\b(?:[Bb]asic|BASIC) {1,3}([A-Za-z0-9+/]{8,1024}={0,2})(?![A-Za-z0-9+/=])/,
  validate: (match, { text, start }) => {
    if (
      /^basic/i.test(
        text
          .slice(Math.max(0, start - 8), start)
          .trimStart()
          .slice(-6),
      )
    ) {
      return /^[^\x00-\x1f:]*:[^\x00-\x1f]*$/.test(decodeBase64(match))
    }
    return /\d/.test(match) && entropy(match) >= 3
  },
  priority: 2,
}
