import { createHash } from 'node:crypto'
import type { Detector, MatchContext } from '../src/scan/types.ts'
import { assignmentFor, stringFor } from './from-pattern.ts'
import type { Random } from './random.ts'

/** Fakes: made at random, valid by their checksums. */

const NAMES = [
  'anna',
  'john.smith',
  'marie-claire',
  'jose_garcia',
  'taro',
  'l.muller',
  'kowalski',
  'o.brien',
  'x',
  'billing+eu',
]
const DOMAINS = [
  'example.com',
  'mail.example.org',
  'firma.example.de',
  'exemple.fr',
  'ejemplo.es',
  'acme.co.uk',
  'kaisha.co.jp',
  'a-b.io',
]

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

function base58check(random: Random): string {
  const payload = Buffer.from([0, ...Array.from({ length: 20 }, () => random.int(0, 255))])
  const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const bytes = Buffer.concat([payload, sha(sha(payload)).subarray(0, 4)])
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let out = ''
  for (; value > 0n; value /= 58n)
    out = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[Number(value % 58n)] + out
  return `1${out}`
}

const CARDS: readonly [prefix: string, length: number][] = [
  ['4', 16],
  ['51', 16],
  ['55', 16],
  ['2221', 16],
  ['2720', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['65', 16],
  ['3530', 16],
  ['36', 14],
  ['62', 16],
  ['62', 19],
  ['3500', 16],
  ['50', 16],
  ['2131', 15],
]

function card(random: Random): string {
  const [prefix, length] = random.pick(CARDS)
  const body = prefix + random.digits(length - 1 - prefix.length)
  let sum = 0
  for (let i = 0; i < body.length; i++) {
    let value = Number(body[body.length - 1 - i])
    if (i % 2 === 0 && (value *= 2) > 9) value -= 9
    sum += value
  }
  const digits = body + ((10 - (sum % 10)) % 10)
  const separator = random.pick(['', '', ' ', '-', '.'])
  if (length === 19) return digits
  if (length === 16) return digits.replace(/(.{4})(?=.)/g, `$1${separator}`)
  return `${digits.slice(0, 4)}${separator}${digits.slice(4, 10)}${separator}${digits.slice(10)}`
}

const IBANS = [
  'DE####################',
  'FR############X############',
  'GB##AAAA##############',
  'NL##AAAA##########',
  'ES######################',
  'IT##A######################',
  'BE##############',
  'CH###################',
  'AT##################',
  'PL##########################',
  'SE######################',
  'NO#############',
  'PT#######################',
  'DK################',
  'FI################',
  'IE##AAAA##############',
  'AE#####################',
  'TR########################',
  'MA##########################',
  'GE##AA################',
]

function iban(random: Random): string {
  const shape = random.pick(IBANS)
  const body = shape
    .slice(4)
    .replace(/[#AX]/g, (kind) => (kind === '#' ? random.digits(1) : random.chars('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1)))
  const numeric = `${body}${shape.slice(0, 2)}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  const check = String(98n - (BigInt(numeric) % 97n)).padStart(2, '0')
  const compact = shape.slice(0, 2) + check + body
  const form = random.int(0, 9)
  if (form < 4) return compact.replace(/(.{4})(?=.)/g, '$1 ')
  return form === 4 ? compact.toLowerCase() : compact
}

const PHONES = [
  '+49 30 #######',
  '+49 171 #######',
  '+4917########',
  '+1 (415) 555-####',
  '+1415555####',
  '(212) 555-####',
  '646-555-####',
  '646.555.####',
  '+44 20 7946 ####',
  '020 7946 ####',
  '07700 900###',
  '+33 6 ## ## ## ##',
  '06 ## ## ## ##',
  '01.##.##.##.##',
  '0171 1######',
  '+34 612 ### ###',
  '+81-3-####-####',
  '03-####-####',
  '090-####-####',
  '(11) 9####-####',
  '+55 11 9####-####',
  '+86 138 #### ####',
  '+91 98### #####',
  '+61 4## ### ###',
  '0412 ### ###',
  '06-########',
  '+48 5## ### ###',
  '+46 70 ### ## ##',
  '0044 20 7946 ####',
  '001-415-555-####',
  '+1-415-555-####x###',
  '(415) 555-#### ext. ##',
  '(555) 123-####',
  '+(370) 612 #####',
  '+49 (0)171 #######',
  '1 800 555 ####',
]

const WORDS_OF_PASSWORDS = ['hunter', 'Sommer', 'letmein', 'Tr0ub4dor', 'qwerty', 'geheim', 'corazon', 'dragon']

type Maker = (random: Random) => string

const MAKERS: Readonly<Record<string, Maker>> = {
  email: (random) => `${random.pick(NAMES)}${random.pick(['', '', String(random.int(1, 99))])}@${random.pick(DOMAINS)}`,
  phone: (random) => random.pick(PHONES).replace(/#/g, () => String(random.int(1, 9))),
  'payment-card': card,
  iban,
  'card-verification-code': (random) => random.digits(3),
  'crypto-wallet': (random) => (random.next() < 0.6 ? base58check(random) : `0x${random.hex(40)}`),
  ipv4: (random) =>
    `${random.pick([10, 172, 192, 203, 81, 93])}.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)}`,
  ipv6: (random) =>
    random.pick([
      `2001:db8:${random.hex(4)}::${random.hex(3)}`,
      `2a02:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}`,
      `fe80::${random.hex(4)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}`,
    ]),
  'mac-address': (random) =>
    Array.from({ length: 6 }, () => random.hex(2))
      .join(random.pick([':', '-']))
      .replace(/^../, '3c'),
  password: (random) =>
    `${random.pick(WORDS_OF_PASSWORDS)}${random.pick(['!', '-', '_', '$', '', '&', '#x', ')9', '%'])}${random.int(10, 9999)}`,
  'secret-field': (random) => random.pick([random.alnum(32), random.hex(40), random.alnum(24)]),
  'url-credentials': (random) => `${random.pick(['admin', 'svc_app', 'user', ''])}:${random.alnum(12)}`,
  'session-cookie': (random) => `${random.alnum(20)}${random.digits(4)}`,
  'http-authorization': (random) => random.alnum(40),
  jwt: (random) =>
    [
      base64url(JSON.stringify({ alg: random.pick(['HS256', 'RS256', 'ES256']), typ: 'JWT', kid: random.hex(8) })),
      base64url(JSON.stringify({ sub: random.digits(10), name: 'Zoë', iat: 1_763_680_200 })),
      random.chars('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 43),
    ].join('.'),
  'private-key': (random) => {
    const kind = random.pick(['RSA ', '', 'EC ', 'OPENSSH ', 'ENCRYPTED '])
    const lines = Array.from({ length: random.int(2, 8) }, () => random.alnum(64)).join('\n')
    return `-----BEGIN ${kind}${'PRIVATE'} KEY-----\n${lines}\n-----END ${kind}${'PRIVATE'} KEY-----`
  },
  'azure-key': (random) => `${random.alnum(86)}==`,
  'aws-secret-access-key': (random) => random.alnum(40),
  'passport-number': (random) => `${random.pick(['C', 'X', 'L', 'K'])}${random.digits(8)}`,
}

const CONTEXT: MatchContext = { text: '', start: 0, end: 0, fieldName: '', hasContext: true }

/** A value that the detector ought to find, given a word where it needs one. */
export function valueFor(detector: Detector, random: Random): string {
  const make = MAKERS[detector.name]
  if (make !== undefined) return make(random)
  const source = detector.pattern instanceof RegExp ? detector.pattern : detector.context?.pattern
  if (source === undefined) throw new Error(`no values for ${detector.name}`)
  for (let attempt = 0; attempt < 4000; attempt++) {
    const value = assignmentFor(source, random) ?? stringFor(source, random)
    if (isValid(detector, value)) return value
  }
  throw new Error(`no valid value for ${detector.name} found`)
}

function isValid(detector: Detector, value: string): boolean {
  const source = (detector.pattern instanceof RegExp ? detector.pattern : detector.context?.pattern) as RegExp
  const match = new RegExp(source.source, source.flags.replace(/[gy]/g, '')).exec(value)
  if (match === null || match.index !== 0) return false
  const finding = (detector.group === 0 ? undefined : match.slice(1).find((group) => group !== undefined)) ?? match[0]
  const start = value.indexOf(finding)
  if (detector.group === 0 && match[0].length !== value.length) return false
  return (
    detector.validate?.(finding, {
      ...CONTEXT,
      hasContext: !(detector.pattern instanceof RegExp),
      text: value,
      start,
      end: start + finding.length,
    }) ?? true
  )
}
