import type { Detector } from '../../scan/types.ts'
import { mod97 } from '../checksums.ts'

/** Length per country: the registry of ISO 13616, and the countries beside it whose banks use the same form. */
const LENGTHS: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FO FI GL NL SD FK',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU XK MN',
  // GB has 22; several makers of test data write 21, and the check digits are right.
  21: 'HR LV LI CH GB',
  22: 'BH BG CR DE GE IE ME RS GB VA',
  23: 'GI IQ IL SO TL AE OM',
  24: 'AD CZ MD PK RO SA SK ES SE TN VG',
  25: 'LY PT ST AO CV GW MZ',
  26: 'IS TR IR DZ',
  27: 'BI DJ FR GR IT MC MR SM CM CF CG GA GQ KM MG TD',
  28: 'AL AZ BY CY DO GT HU LB PL SV NI BF BJ CI HN MA ML NE SN TG',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
}

const countries: ReadonlySet<string> = new Set(Object.values(LENGTHS).flatMap((codes) => codes.split(' ')))

function anyCase(code: string): string {
  return `[${code[0]}${code[0].toLowerCase()}][${code[1]}${code[1].toLowerCase()}]`
}

const bodies: string[] = Object.entries(LENGTHS).map(([length, codes]) => {
  const prefix = codes.split(' ').map(anyCase).join('|')
  return `(?:${prefix})\\d{2}(?:(?:[ -]|\\xc2\\xa0)?[A-Za-z0-9]){${Number(length) - 4}}`
})

/** Account numbers by ISO 13616: country, length, MOD 97-10. */
export const iban: Detector = {
  name: 'iban',
  category: 'financial',
  description: 'International bank account numbers (country, length and check digits checked)',
  default: true,
  triggers: [...countries].map((code) => `(?<![A-Za-z0-9])${code}\\d\\d(?:[ -]|\\xc2\\xa0)?[A-Z0-9]{4}`),
  pattern: new RegExp(`(?<![A-Za-z0-9])(?<!\\w-)(?:${bodies.join('|')})(?![A-Za-z0-9])`),
  // A country that has none, or a length that is another: with its name before it and right check digits it is one all the same.
  context: {
    words: ['iban'],
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){10,30}(?![A-Za-z0-9])/,
  },
  validate: (match) => {
    const compact = match.replace(/[^A-Za-z0-9]/g, '')
    if (/[a-z]/.test(compact) && /[A-Z]/.test(compact)) return false
    // Groups of another size than four are accepted where digits prevail: capitals in a row may be a sentence.
    if (/[ -][A-Za-z0-9]{1,3}[ -]/.test(match) && compact.replace(/\D/g, '').length * 2 < compact.length) return false
    return mod97(compact.slice(4) + compact.slice(0, 4)) === 1
  },
  priority: 5,
}
