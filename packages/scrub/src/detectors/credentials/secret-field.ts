import type { Detector, MatchContext } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'
import { ESCAPE, isAbout, isPlaceholder } from '../field-name.ts'

/** Within quotes to the next one; without them to a blank, an escape or what punctuates. */
const VALUE = new RegExp(
  String.raw`(?<=["'${'`'}])(?:[^"'${'`'}\s\\]|\\(?!["'${'`'}])){8,512}(?=\\?["'${'`'}])|(?:[^\s"'${'`'},;&<>(){}[\]\\]|(?!${ESCAPE})\\){8,512}`,
)
const WHOLE = /[\s\S]{1,1024}/

function isSecret(match: string, context: MatchContext): boolean {
  // What costs least comes first: most candidates are words.
  if (match.length < 8 || /^[a-z]+(?:[._ -][a-z]+)*$/i.test(match) || /\s/.test(match)) return false
  const hasDigit = /\d/.test(match)
  if (!hasDigit && match.length < 20) return false
  if (entropy(match) < (hasDigit ? 2.8 : 3.7)) return false
  return !/^(?:https?:)?\/\//.test(match) && !isPlaceholder(match) && !isAbout(context)
}

/** What is assigned to a name that says secret, token or key, and looks like one. */
export const secretField: Detector = {
  name: 'secret-field',
  category: 'secret',
  description: 'Secrets, API keys and tokens, by the name of the field or variable and the randomness of the value',
  default: true,
  context: {
    words: [
      'secret',
      'token',
      'api key',
      'access key',
      'access token',
      'auth token',
      'refresh token',
      'bearer token',
      'id token',
      'session token',
      'security token',
      'private key',
      'secret key',
      'client secret',
      'encryption key',
      'signing key',
      'master key',
      'account key',
      'service key',
      'webhook key',
      'license key',
      'credential',
      'amz signature',
      'goog signature',
      'auth key',
      'user token',
      'bot token',
      'app token',
      'personal token',
    ],
    pattern: VALUE,
    assigned: true,
    fieldPattern: WHOLE,
  },
  validate: isSecret,
  priority: -5,
}
