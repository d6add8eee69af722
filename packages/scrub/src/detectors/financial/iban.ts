import type { Detector } from '../../scan/types.ts'
import { mod97 } from '../checksums.ts'

/** Length per country, from the SWIFT registry of ISO 13616. */
const LENGTHS: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FO FI GL NL SD FK',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU XK MN',
  21: 'HR LV LI CH',
  22: 'BH BG CR DE GE IE ME RS GB VA',
  23: 'GI IQ IL SO TL AE OM',
  24: 'AD CZ MD PK RO SA SK ES SE TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HU LB PL SV NI',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
}

const countries: string[] = Object.values(LENGTHS).flatMap((codes) => codes.split(' '))

function anyCase(code: string): string {
  return `[${code[0]}${code[0].toLowerCase()}][${code[1]}${code[1].toLowerCase()}]`
}

const bodies: string[] = Object.entries(LENGTHS).map(([length, codes]) => {
  const prefix = codes.split(' ').map(anyCase).join('|')
  const rest = Number(length) - 4
  const tail = rest % 4 === 0 ? '' : `[ -][A-Za-z0-9]{${rest % 4}}`
  return `(?:${prefix})\\d{2}(?:[A-Za-z0-9]{${rest}}|(?:[ -][A-Za-z0-9]{4}){${Math.floor(rest / 4)}}${tail})`
})

/** Account numbers by ISO 13616: country, length, MOD 97-10. */
export const iban: Detector = {
  name: 'iban',
  category: 'financial',
  description: 'International bank account numbers (country, length and check digits checked)',
  default: true,
  triggers: countries.map((code) => `(?<![A-Za-z0-9])${code}\\d\\d[ -]?[A-Z0-9]{4}`),
  pattern: new RegExp(`(?<![A-Za-z0-9])(?:${bodies.join('|')})(?![A-Za-z0-9])`),
  validate: (match) => {
    const compact = match.replace(/[ -]/g, '')
    if (/[a-z]/.test(compact) && /[A-Z]/.test(compact)) return false
    return mod97(compact.slice(4) + compact.slice(0, 4)) === 1
  },
  priority: 5,
}
