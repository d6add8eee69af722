import type { Detector, MatchContext } from '../../scan/types.ts'
import { digitsOf, isOneDigit } from '../checksums.ts'
import { nameOf } from '../field-name.ts'

/** Country calling codes of ITU-T E.164 by first digit(s): one digit, two digits, the rest have three. */
const CODES =
  /^(?:1[2-9]|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|50\d|59\d|6[789]\d|80[08]|85\d|87[08]|88[0-368]|9[67]\d|99\d)/

function isInternational(digits: string): boolean {
  return digits.length >= 8 && digits.length <= 15 && CODES.test(digits)
}

const DATE_LIKE = /^(?:19|20)\d\d[-./ ](?:0\d|1[0-2])[-./ ][0-3]\d|^[0-3]\d[-./][01]\d[-./](?:19|20)\d\d/

const ABOUT = /(?:_at|At|date|time|verified|count|type|[_-]id|Id|version|country|code|ext|extension|status|enabled)$/

function validate(match: string, context: MatchContext): boolean {
  const digits = digitsOf(match.replace(/^%2B/i, ''))
  if (isOneDigit(digits) || digits.length < 7 || digits.length > 15) return false
  if (/^(?:\+|%2B)/i.test(match)) return isInternational(digits)
  if (!context.hasContext) return /^00/.test(digits) ? isInternational(digits.slice(2)) : true
  if (DATE_LIKE.test(match) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(match)) return false
  // Milliseconds since 1970 in `phone_verified_at` and the like.
  if (/^1\d{12}$/.test(match) || ABOUT.test(nameOf(context))) return false
  return true
}

const NANP =
  '(?:(?:\\+?1[ .-])?(?:\\([2-9]\\d{2}\\)[ -]?|[2-9]\\d{2}-)[2-9]\\d{2}-\\d{4}|(?:\\+?1[.])?[2-9]\\d{2}\\.[2-9]\\d{2}\\.\\d{4})'
const FRANCE = '0[1-9](?:[ .-]\\d{2}){4}'
const BRITAIN =
  '(?:\\(?0\\d{4}\\)? \\d{6}|\\(?0\\d{4}\\)? \\d{3} \\d{3}|\\(?0\\d{3}\\)? \\d{3} \\d{4}|\\(?0\\d{2}\\)? \\d{4} \\d{4})'
const GERMANY = '(?:\\(0\\d{2,4}\\) ?\\d{4,9}|0(?:1[567]\\d{1,2}[ /-]|[2-9]\\d{1,3}\\/ ?)\\d{3,4}[ -]?\\d{2,5})'
const JAPAN = '0\\d{1,3}-\\d{2,4}-\\d{4}'
const BRAZIL = '\\(\\d{2}\\) ?9?\\d{4}-\\d{4}'
const AUSTRALIA = '04\\d{2} \\d{3} \\d{3}'
const NETHERLANDS = '06[ -]\\d{8}'
const INTERNATIONAL =
  '(?:(?:\\+|%2B)[1-9](?:[ \\t().\\/-]{0,3}\\d){7,14}|00[1-9]\\d{0,2}[ /-](?:[ ().\\/-]{0,2}\\d){6,13})'

/** Numbers in international form (E.164), in the written forms of several countries, and after a word that says telephone. */
export const phone: Detector = {
  name: 'phone',
  category: 'contact',
  description: 'Telephone numbers: E.164, common national forms, digits after a word that says telephone',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9+/_])\\+[1-9][0-9 (./-][0-9 ()./-][0-9 ()./-]',
    '%2B[1-9]\\d{4}',
    '(?<![A-Za-z0-9._-])00[1-9]\\d{0,2}[ /-]\\d',
    '(?<!\\w)\\([2-9]\\d\\d\\)[ -]?[2-9]\\d\\d-\\d\\d',
    '(?<![A-Za-z0-9_])[2-9]\\d\\d-[2-9]\\d\\d-\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])[2-9]\\d\\d\\.[2-9]\\d\\d\\.\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])0[1-9][ .-]\\d\\d[ .-]\\d\\d[ .-]\\d\\d[ .-]\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{4}\\)? \\d\\d\\d ?\\d\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{3}\\)? \\d\\d\\d \\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{2}\\)? \\d\\d\\d\\d \\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])01[567]\\d{1,2}[ /-]\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])0[2-9]\\d{1,3}\\/ ?\\d\\d\\d\\d\\d',
    '(?<!\\w)\\(0\\d{2,4}\\) ?\\d{4}',
    '(?<![A-Za-z0-9_])0\\d{1,3}-\\d{2,4}-\\d{4}',
    '(?<![A-Za-z0-9_])\\(\\d\\d\\) ?9?\\d\\d\\d\\d-\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])04\\d\\d \\d\\d\\d \\d\\d\\d',
    '(?<![A-Za-z0-9_])06[ -]\\d\\d\\d\\d\\d\\d\\d\\d',
  ],
  lead: { set: '[+1 .-]', max: 3 },
  pattern: new RegExp(
    `(?<![A-Za-z0-9+/_])(?<!\\d[.-])(?:${[INTERNATIONAL, NANP, FRANCE, BRITAIN, GERMANY, JAPAN, BRAZIL, AUSTRALIA, NETHERLANDS].join('|')})(?![A-Za-z0-9_])(?![.-]\\d)`,
  ),
  group: 0,
  context: {
    words: [
      'phone',
      'tel',
      'telephone',
      'telefon',
      'telefono',
      'teléfono',
      'telefone',
      'téléphone',
      'mobile',
      'mobil',
      'cell',
      'cellular',
      'cellphone',
      'celular',
      'cellulare',
      'móvil',
      'handy',
      'fax',
      'msisdn',
      'whatsapp',
      'rufnummer',
      'telefoonnummer',
      'puhelin',
      'телефон',
      'тел',
      '電話',
      '电话',
      '手机',
      '携帯',
      '전화',
      '휴대폰',
      'call me at',
      'call us at',
      'reach me at',
      'sms to',
    ],
    pattern: /(?<![A-Za-z0-9_.,])(?:\+|%2B)?\(?\d(?:[ \t()./-]{0,3}\d){6,14}(?![A-Za-z0-9_])(?![.-]\d)/,
    reach: 32,
  },
  validate,
}
