import type { Detector, MatchContext } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'
import { isAbout, isPlaceholder } from '../field-name.ts'

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1')
}

const SCHEMES =
  '(?:Digest|Negotiate|NTLM|Hawk|OAuth|MAC|Signature|SharedKey(?:Lite)?|AWS4-HMAC-SHA(?:256|512)|SSWS|HMAC(?:-SHA\\d{1,3})?|GoogleLogin|Splunk|PVEAPIToken)'
const OTHER_SCHEME: RegExp = new RegExp(`${SCHEMES}[ =][^\\r\\n<>]{8,2048}`)
/** The whole value of a field `authorization`; of the schemes that the pattern knows only the credentials go. */
const WHOLE_VALUE = /(?!(?:bearer|basic|token|apikey)[ :])[^\r\n]{8,8192}/i
const BEGINS_WITH_SCHEME: RegExp = new RegExp(`^${SCHEMES}[ =]`)

/** A scheme with parameters, or one random word without any scheme. */
function isOtherCredential(match: string, context: MatchContext): boolean {
  if (isAbout(context) || isPlaceholder(match)) return false
  if (BEGINS_WITH_SCHEME.test(match)) return true
  return !/\s/.test(match) && /\d/.test(match) && match.length >= 12 && entropy(match) >= 2.8
}

/** HTTP credentials (RFC 7617, RFC 6750). */
export const authorization: Detector = {
  name: 'http-authorization',
  category: 'secret',
  description: 'HTTP Basic and Bearer credentials',
  default: true,
  triggers: ['(?<!\\w)bearer[ :]', '(?<!\\w)basic[ +]', '(?<!\\w)token [a-z0-9=]', '(?<!\\w)apikey '],
  pattern:
    /\b(?:[Bb]earer|BEARER|[Tt]oken|[Aa]pi[Kk]ey)[ :]{1,3}((?:token=["']?)?[A-Za-z0-9._~+/-]{16,8192}={0,2})(?![A-Za-z0-9])|\b(?:[Bb]asic|BASIC)[ +]{1,3}([A-Za-z0-9+/]{8,1024}={0,2})(?![A-Za-z0-9+/=])/,
  validate: (match, context) => {
    const { text, start } = context
    if (context.hasContext) return isOtherCredential(match, context)
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
  context: {
    words: ['authorization', 'proxy authorization'],
    assigned: true,
    pattern: OTHER_SCHEME,
    fieldPattern: WHOLE_VALUE,
  },
  priority: 2,
}
