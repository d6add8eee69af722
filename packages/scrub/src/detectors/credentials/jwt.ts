import type { Detector } from '../../scan/types.ts'

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1')
}

const HEADER_MEMBER = /"(?:alg|typ|enc)"/

function hasJoseHeader(token: string): boolean {
  const text = decodeBase64(token.slice(0, token.indexOf('.')))
  // What is no header is mostly seen without an attempt to parse it, which costs much where it fails.
  if (!text.trimEnd().endsWith('}') || !HEADER_MEMBER.test(text)) return false
  try {
    const header = JSON.parse(text) as Record<string, unknown>
    return typeof header === 'object' && header !== null && ('alg' in header || 'typ' in header || 'enc' in header)
  } catch {
    return false
  }
}

/** JSON Web Tokens (RFC 7519), signed, encrypted or unsecured: the header must decode. */
export const jwt: Detector = {
  name: 'jwt',
  category: 'secret',
  description: 'JSON Web Tokens (the header decodes to JSON)',
  default: true,
  triggers: ['(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6}', '(?<![A-Za-z0-9_-])ewog[A-Za-z0-9_-]{6}'],
  pattern:
    /(?<![A-Za-z0-9_-])(?:eyJ|ewog)[A-Za-z0-9_-]{6,4096}\.[A-Za-z0-9_-]{0,16384}\.[A-Za-z0-9_-]{0,16384}(?:\.[A-Za-z0-9_-]{0,16384}\.[A-Za-z0-9_-]{1,4096})?(?![A-Za-z0-9_-])/,
  validate: hasJoseHeader,
  priority: 12,
}
