import type { Detector, MatchContext } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'
import { isPlaceholder } from '../field-name.ts'

function isSession(match: string, { fieldName, text, start }: MatchContext): boolean {
  // A field `sessionId` in an event is a number to count by; a cookie is what somebody can come in with.
  if (fieldName !== '' && start === 0) return false
  return text[start - 1] === '=' && /\d/.test(match) && entropy(match) >= 3 && !isPlaceholder(match)
}

/** Session cookies of the usual frameworks, wherever `name=value` is written: who has one is logged in. */
export const sessionCookie: Detector = {
  name: 'session-cookie',
  category: 'secret',
  description: 'Session cookies of the usual frameworks, by their names',
  default: true,
  context: {
    words: [
      'jsessionid',
      'phpsessid',
      'asp.net_sessionid',
      'aspsessionid',
      'connect.sid',
      'laravel_session',
      'sessionid',
    ],
    pattern: /[A-Za-z0-9%._~+/-]{16,512}/,
    assigned: true,
  },
  validate: isSession,
}
