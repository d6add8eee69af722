import type { Detector, MatchContext } from '../../scan/types.ts'
import { digitsOf, isOneDigit } from '../checksums.ts'
import { nameOf } from '../field-name.ts'

/** Country calling codes of ITU-T E.164 by first digit(s): one digit, two digits, the rest have three. */
const CODES =
  /^(?:1[2-9]|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|50\d|59\d|6[789]\d|80[08]|85\d|87[08]|88[0-368]|9[67]\d|99\d)/

function isInternational(digits: string): boolean {
  return digits.length >= 8 && digits.length <= 15 && CODES.test(digits)
}

/** `Safari/604.1.38`: what follows the name of a program is its version. */
const PRODUCT_BEFORE = /[A-Za-z]\/$/
/** `cell count`, `mobile version`: the word means something else here. */
const OTHER_SENSE =
  /\b(?:cell|mobile|phone)s?[ _-](?:counts?|rows?|columns?|size|bytes|index|version|devices?|users?|visits|views|sessions|app|build|models?)\b/i
const EXTENSION = /(?:[ ,;]{0,2}(?:ext|extension|x|#|poste|durchwahl|anexo|ramal)[. :]{0,2})\d{1,6}$/i

const DATE_LIKE = /^(?:19|20)\d\d[-./ ](?:0\d|1[0-2])[-./ ][0-3]\d|^[0-3]\d[-./][01]\d[-./](?:19|20)\d\d/

const ABOUT = /(?:_at|At|date|time|verified|count|type|[_-]id|Id|version|country|code|ext|extension|status|enabled)$/

/** `0044 20 ...`: what stands between `00` and the first separator is a calling code, all of it. */
function hasCodeAlone(number: string, digits: string): boolean {
  const code = /^00(\d{1,3})[^\d]/.exec(number)
  // Three groups of four are a number of something else.
  if (/^\d{4}([ -])\d{4}\1\d{4}$/.test(number)) return false
  if (code === null || digits.length < 12 || !isInternational(digits.slice(2))) return false
  return code[1] === '1' || (code[1][0] !== '1' && CODES.exec(code[1])?.[0] === code[1])
}

/** In a few countries six digits are a number; that is believed where a field holds nothing else. */
function isWholeField(match: string, { fieldName, text }: MatchContext): boolean {
  return fieldName !== '' && match.length === text.length
}

function isOtherSense(match: string, { fieldName, text, start }: MatchContext): boolean {
  const before = text.slice(Math.max(0, start - 32), start)
  if (PRODUCT_BEFORE.test(before)) return true
  return fieldName === '' && /^\d+$/.test(match) && OTHER_SENSE.test(before)
}

function validate(match: string, context: MatchContext): boolean {
  const number = match.replace(EXTENSION, '')
  const digits = digitsOf(number.replace(/^%2B/i, ''))
  if (isOneDigit(digits) || digits.length < (isWholeField(match, context) ? 6 : 7) || digits.length > 15) return false
  if (/^\(?(?:\+|%2B)/i.test(match)) return isInternational(digits)
  if (!context.hasContext) return !digits.startsWith('00') || hasCodeAlone(number, digits)
  if (isOtherSense(match, context)) return false
  if (DATE_LIKE.test(match) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(match)) return false
  // Milliseconds since 1970 in `phone_verified_at` and the like.
  if (/^1\d{12}$/.test(match) || ABOUT.test(nameOf(context))) return false
  return true
}

const NANP =
  '(?:(?:\\+?1[ .-])?(?:\\([2-9]\\d{2}\\)[ -]?|[2-9]\\d{2}-)\\d{3}-\\d{4}|1 8(?:00|33|44|55|66|77|88) \\d{3} \\d{4}|(?:\\+?1[.])?[2-9]\\d{2}\\.[2-9]\\d{2}\\.\\d{4})'
// Pairs of digits in a longer row of pairs are a draw or a table.
const FRANCE = '(?<!\\d )0[1-9](?:[ .-]\\d{2}){4}(?! \\d)'
const BRITAIN =
  '(?:\\(?0\\d{4}\\)? \\d{6}|\\(?0\\d{4}\\)? \\d{3} \\d{3}|\\(?0\\d{3}\\)? \\d{3} \\d{4}|\\(?0\\d{2}\\)? \\d{4} \\d{4})'
const GERMANY =
  '(?:\\(0\\d{2,4}\\) ?\\d{4,9}|0(?:1(?:5\\d\\d|6[023]|7\\d)[ /-]|[2-9]\\d{1,3}\\/ ?)\\d{3,4}[ -]?\\d{2,5})'
const JAPAN = '0\\d{1,3}-\\d{2,4}-\\d{4}'
const BRAZIL = '\\(\\d{2}\\) ?9?\\d{4}-\\d{4}'
const AUSTRALIA = '04\\d{2} \\d{3} \\d{3}'
const NETHERLANDS = '06[ -]\\d{8}'
const INTERNATIONAL =
  '(?:(?:\\+\\(?|%2B|\\(\\+)[1-9](?:[ \\t().\\/-]{0,3}\\d){7,14}|00[1-9]\\d{0,2}[ /-](?:[ ().\\/-]{0,2}\\d){6,13})'

const EXTENDED = '(?:(?:[ ,;]{1,2}(?:[Ee]xt(?:ension)?|x|poste|#)[. :]{0,2}|x|#)\\d{1,6})?'

/** Numbers in international form (E.164), in the written forms of several countries, and after a word that says telephone. */
export const phone: Detector = {
  name: 'phone',
  category: 'contact',
  description: 'Telephone numbers: E.164, common national forms, digits after a word that says telephone',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9+/_])\\+[1-9][0-9 (./-][0-9 ()./-][0-9 ()./-]',
    '(?<![A-Za-z0-9+/_])\\+\\([1-9]\\d',
    '(?<![A-Za-z0-9+/_])\\(\\+[1-9]\\d',
    '%2B[1-9]\\d{4}',
    '(?<![A-Za-z0-9._-])00[1-9]\\d{0,2}[ /-]\\d',
    '(?<!\\w)\\([2-9]\\d\\d\\)[ -]?\\d\\d\\d-\\d\\d',
    '(?<![A-Za-z0-9_])[2-9]\\d\\d-\\d\\d\\d-\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_.-])1 8\\d\\d \\d\\d\\d \\d\\d',
    '(?<![A-Za-z0-9_])[2-9]\\d\\d\\.[2-9]\\d\\d\\.\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])0[1-9][ .-]\\d\\d[ .-]\\d\\d[ .-]\\d\\d[ .-]\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{4}\\)? \\d\\d\\d ?\\d\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{3}\\)? \\d\\d\\d \\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])\\(?0\\d{2}\\)? \\d\\d\\d\\d \\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])01[567]\\d{1,2}[ /-]\\d\\d\\d',
    '(?<![A-Za-z0-9_])0[2-9]\\d{1,3}\\/ ?\\d\\d\\d\\d\\d',
    '(?<!\\w)\\(0\\d{2,4}\\) ?\\d{4}',
    '(?<![A-Za-z0-9_])0\\d{1,3}-\\d{2,4}-\\d{4}',
    '(?<![A-Za-z0-9_])\\(\\d\\d\\) ?9?\\d\\d\\d\\d-\\d\\d\\d\\d',
    '(?<![A-Za-z0-9_])04\\d\\d \\d\\d\\d \\d\\d\\d',
    '(?<![A-Za-z0-9_])06[ -]\\d\\d\\d\\d\\d\\d\\d\\d',
  ],
  lead: { set: '[+1 .-]', max: 3 },
  pattern: new RegExp(
    `(?<![A-Za-z0-9+/_])(?<!\\d[.-])(?:${[INTERNATIONAL, NANP, FRANCE, BRITAIN, GERMANY, JAPAN, BRAZIL, AUSTRALIA, NETHERLANDS].join('|')})${EXTENDED}(?![A-Za-z0-9_])(?![.-]\\d)`,
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
      'contact number',
      'contact no',
      'callback number',
      'caller',
      'my number',
      'call this number',
      'landline',
      'hotline',
      'dial',
      'call me on',
      'call us on',
      'reach me on',
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
    pattern:
      /(?<![A-Za-z0-9_.,])(?:\+\(?|%2B|\(\+)?\(?\d(?:[ \t()./-]{0,3}\d){5,14}(?:(?:[ ,;]{1,2}(?:[Ee]xt(?:ension)?|x|poste|#)[. :]{0,2}|x|#)\d{1,6})?(?![A-Za-z0-9_])(?![.-]\d)/,
    reach: 32,
  },
  validate,
}
