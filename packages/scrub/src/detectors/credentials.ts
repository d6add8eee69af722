import type { Detector, MatchContext } from '../scan/types.ts'
import { entropy } from './checksums.ts'
import { isPlaceholder, nameOf } from './field-name.ts'

/** Words in a name that say that it holds something about a secret, not the secret. */
const ABOUT = new Set(
  'reset forgot url uri link endpoint host expires expiry expiration expired valid validity changed updated created issued at date time policy length hint strength score id ids name type count counts total usage used limit max min size required enabled disabled status state version algorithm alg format prefix suffix label title description error message public attempts field fields file path arn ref alias index page cursor next continuation prev schema foreign primary partition sort routing idempotency cache object storage press board code stone word cancel csrf xsrf sync delta checkpoint symbol address bucket fingerprint manager provider store rotation age days'.split(
    ' ',
  ),
)

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}

function isAbout(context: MatchContext): boolean {
  const words = wordsOf(nameOf(context).replace(/id[_-]?token/i, 'token'))
  return words.some((word) => ABOUT.has(word))
}

const VALUE =
  /(?<=["'`])(?![ =:])(?:[^"'`\r\n\\]|\\(?!["'`])){1,256}(?=\\?["'`])|[^\s"'`,;&<>(){}[\]\\:=][^\s"'`,;&<>(){}[\]\\]{2,255}/
const WHOLE = /[\s\S]{1,1024}/

function isQuoted({ text, start }: MatchContext): boolean {
  return /["'`]/.test(text[start - 1] ?? '')
}

function isPassword(match: string, context: MatchContext): boolean {
  if (isPlaceholder(match)) return false
  if (isAbout(context)) return false
  if (context.fieldName !== '' && context.start === 0) return true
  if (isQuoted(context) || /[=>]\s*$/.test(context.text.slice(Math.max(0, context.start - 2), context.start)))
    return true
  // After a colon in prose ("password: must be long") only what looks like one.
  return /\d|[^A-Za-z0-9.,]|[a-z][A-Z]/.test(match)
}

/** What is assigned to a name that says password. */
export const password: Detector = {
  name: 'password',
  category: 'secret',
  description: 'Passwords, by the name of the field or variable',
  default: true,
  context: {
    words: [
      'password',
      'passwd',
      'passphrase',
      'passcode',
      'pass',
      'pwd',
      'userpass',
      'dbpass',
      'passwort',
      'kennwort',
      'mot de passe',
      'motdepasse',
      'contraseña',
      'contrasena',
      'clave',
      'senha',
      'wachtwoord',
      'hasło',
      'haslo',
      'lösenord',
      'пароль',
      'パスワード',
      '密码',
      '密碼',
      '비밀번호',
    ],
    pattern: VALUE,
    assigned: true,
    fieldPattern: WHOLE,
  },
  validate: isPassword,
}

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
      'auth key',
      'user token',
      'bot token',
      'app token',
      'personal token',
    ],
    pattern: /(?<=["'`])(?:[^"'`\s\\]|\\(?!["'`])){8,512}(?=\\?["'`])|[^\s"'`,;&<>(){}[\]\\]{8,512}/,
    assigned: true,
    fieldPattern: WHOLE,
  },
  validate: isSecret,
  priority: -5,
}

/** Card verification values, PINs and one-time codes: digits that only their name betrays. */
export const verificationCode: Detector = {
  name: 'card-verification-code',
  category: 'financial',
  description: 'Card verification values (CVV, CVC, CID), by the name of the field',
  default: true,
  context: {
    words: ['cvv', 'cvc', 'cvv2', 'cvc2', 'security code', 'card code', 'verification value', 'card verification'],
    pattern: /(?<![\w.-])\d{3,4}(?![\w-])(?!\.\d)/,
    reach: 12,
    fieldPattern: /\d{3,4}\s*$/,
  },
}

/** A secret that is an argument of its own: `--password hunter2`. */
export const commandLineSecret: Detector = {
  name: 'command-line-secret',
  category: 'secret',
  description: 'Passwords and tokens given as arguments of a command',
  default: true,
  triggers: ['--(?:password|passwd|token|secret|api-?key)[ ]'],
  pattern:
    /(?<![\w-])--(?:[Pp]assword|[Pp]asswd|[Tt]oken|[Ss]ecret|[Aa]pi-?[Kk]ey) {1,4}["']?([^\s"'`<>$*[{(-][^\s"'`<>]{2,255})/,
  validate: (match) => !isPlaceholder(match),
}

/** `scheme://user:password@host`. */
export const urlCredentials: Detector = {
  name: 'url-credentials',
  category: 'secret',
  description: 'User name and password in a URL',
  default: true,
  triggers: ['[^\\x00-\\x20"\'<>@/]@[a-z0-9[$_{\\x80-\\xff]'],
  lead: { set: '[^\\x00-\\x20"\'<>@/\\\\]', max: 384 },
  pattern: /(?<=:\/\/|:\\\/\\\/)([^\s:@/"'<>\\]{0,128}:[^\s@/"'<>\\]{1,256})@[A-Za-z0-9[$_{\x80-\xff]/,
  validate: (match) => !isPlaceholder(match.slice(match.indexOf(':') + 1)),
  priority: 8,
}

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

function hasJoseHeader(token: string): boolean {
  try {
    const header = JSON.parse(decodeBase64(token.slice(0, token.indexOf('.')))) as Record<string, unknown>
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

/** Private keys in PEM (RFC 7468) and OpenPGP armour; one that is cut off is found to its end. */
export const privateKey: Detector = {
  name: 'private-key',
  category: 'secret',
  description: 'Private keys in PEM or OpenPGP armour, whole or cut off',
  default: true,
  triggers: ['-----BEGIN [A-Z ]'],
  pattern:
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/,
  validate: (match) => /[A-Za-z0-9+/]{16}/.test(match.slice(match.indexOf('KEY') + 3)),
  priority: 12,
}

/** Azure storage and service bus keys in connection strings, and signatures of shared access. */
export const azureKey: Detector = {
  name: 'azure-key',
  category: 'secret',
  description: 'Azure storage, Service Bus and Cosmos DB keys, SAS signatures',
  default: true,
  triggers: ['AccountKey=[A-Za-z0-9+/]', 'SharedAccessKey=[A-Za-z0-9+/]', '[?&]sig=[A-Za-z0-9%+/]{4}'],
  pattern:
    /(?:[Aa]ccount[Kk]ey|[Ss]hared[Aa]ccess[Kk]ey)=([A-Za-z0-9+/]{40,100}={0,2})|[?&]sig=([A-Za-z0-9%+/]{40,120}(?:%3[Dd]|=){0,2})/,
  validate: (match) => entropy(match) >= 3.5,
  priority: 10,
}

/** The secret half of an AWS key pair: forty characters that only their name betrays. */
export const awsSecretKey: Detector = {
  name: 'aws-secret-access-key',
  category: 'secret',
  description: 'AWS secret access keys, by the name beside them',
  default: true,
  context: {
    words: [
      'aws secret',
      'secret access key',
      'aws secret access key',
      'secretaccesskey',
      'aws secret key',
      'aws_secret',
    ],
    pattern: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/,
  },
  validate: (match) => entropy(match) >= 3.5 && !/^[a-f0-9]+$/.test(match),
  priority: 10,
}
