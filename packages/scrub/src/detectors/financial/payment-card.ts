import type { Detector, MatchContext } from '../../scan/types.ts'
import { digitsOf, isOneDigit, luhn } from '../checksums.ts'

/** Issuer ranges (first digits, inclusive) and the lengths in use there: ISO/IEC 7812, as published by the schemes. */
const ISSUERS: readonly (readonly [from: number, to: number, lengths: readonly number[]])[] = [
  [4, 4, [13, 16, 19]],
  [51, 55, [16]],
  [2221, 2720, [16]],
  [34, 34, [15]],
  [37, 37, [15]],
  [300, 305, [14, 16, 17, 18, 19]],
  [3095, 3095, [14, 16]],
  [36, 36, [14, 16, 17, 18, 19]],
  [38, 39, [14, 16, 17, 18, 19]],
  [6011, 6011, [16, 17, 18, 19]],
  [644, 649, [16, 17, 18, 19]],
  [65, 65, [16, 17, 18, 19]],
  [3500, 3599, [16, 17, 18, 19]],
  [1800, 1800, [15]],
  [2131, 2131, [15]],
  [62, 62, [16, 17, 18, 19]],
  [81, 82, [16]],
  [50, 50, [12, 13, 14, 15, 16, 17, 18, 19]],
  [56, 58, [12, 13, 14, 15, 16, 17, 18, 19]],
  [60, 60, [16]],
  [63, 63, [12, 13, 14, 15, 16, 17, 18, 19]],
  [67, 67, [12, 13, 14, 15, 16, 17, 18, 19]],
  [2200, 2204, [16, 17, 18, 19]],
  [9792, 9792, [16]],
  [604, 604, [12]],
]

function hasIssuer(digits: string): boolean {
  for (const [from, to, lengths] of ISSUERS) {
    const prefix = Number(digits.replace(/^0/, '').slice(0, String(from).length))
    if (prefix >= from && prefix <= to && lengths.includes(digits.length)) return true
  }
  return false
}

/** An identity card has a number too. */
const OTHER_CARD = /id(?:entity|entification)?[ _.-]?card|sim[ _.-]?card|library[ _.-]?card/i

/**
 * Digits in a row that no word vouches for. Trade item numbers have 14 digits and parcels 15, so that only the schemes of those
 * lengths count; times in nanoseconds and ids have 17 to 19, so that only UnionPay does, whose cards have 19 as a rule.
 */
function isLikelyBare(digits: string): boolean {
  if (digits.length === 14) return /^3[0689]/.test(digits)
  if (digits.length === 15) return /^(?:3[47]|2131|1800)/.test(digits)
  return digits.length === 16 || (digits.length === 19 && digits.startsWith('62'))
}

function validate(match: string, { hasContext, text, start, fieldName }: MatchContext): boolean {
  const digits = digitsOf(match)
  if (digits.length < 14 && OTHER_CARD.test(`${fieldName} ${text.slice(Math.max(0, start - 48), start)}`)) return false
  if (!luhn(digits) || isOneDigit(digits)) return false
  if (!hasContext && digits.length === match.length && !isLikelyBare(digits)) return false
  return hasIssuer(digits)
}

/** Card numbers: issuer range, length, Luhn. */
export const paymentCard: Detector = {
  name: 'payment-card',
  category: 'financial',
  description: 'Payment card numbers (issuer range, length and Luhn digit checked)',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9_])[2-689]\\d{13,15}[^A-Za-z0-9_]',
    '(?<![A-Za-z0-9_])62\\d{17}[^A-Za-z0-9_]',
    '(?<![A-Za-z0-9_])1800\\d{11}[^A-Za-z0-9_]',
    '(?<![A-Za-z0-9_])[2-689]\\d{3}(?:[ .+-]|\\xc2\\xa0)\\d{4}(?:[ .+-]|\\xc2\\xa0)\\d{4}(?:[ .+-]|\\xc2)',
    '(?<![A-Za-z0-9_])[23]\\d{3}(?:[ .+-]|\\xc2\\xa0)\\d{6}(?:[ .+-]|\\xc2\\xa0)\\d{4}',
  ],
  pattern:
    /(?<![A-Za-z0-9_])(?<!\d[.-])(?:\d{14,16}|62\d{17}|\d{4}([ .+-]|\xc2\xa0)\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|(?:3\d|21)\d{2}([ .+-]|\xc2\xa0)\d{6}\2\d{4,5})(?![A-Za-z0-9_])(?![.-]\d)/,
  group: 0,
  context: {
    words: [
      'card',
      'cardnumber',
      'card number',
      'cardno',
      'credit',
      'pan',
      'ccnum',
      'cc',
      'ccn',
      'kreditkarte',
      'kartennummer',
      'carte',
      'tarjeta',
      'cartao',
      'cartão',
      'carta di credito',
      'creditcard',
      'карты',
      'карта',
      'カード',
      '卡号',
      '信用卡',
      '카드',
    ],
    pattern: /(?<![A-Za-z0-9_])(?<!\d[.-])\d(?:[ .-]?\d){11,18}(?![A-Za-z0-9_])(?![.-]\d)/,
  },
  validate,
  priority: 5,
}
