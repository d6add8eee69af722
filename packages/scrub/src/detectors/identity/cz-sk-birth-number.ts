import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Divisible by 11; until 1985 a rest of ten was written as zero. */
function hasCheckDigit(n: string): boolean {
  return Number(n) % 11 === 0 || (Number(n.slice(0, 9)) % 11 === 10 && n[9] === '0')
}

/** Birth numbers of Czechia and Slovakia: divisible by 11; women's months have 50 added, and 20 where serials ran out. */
export const czechBirthNumber: Detector = nationalNumber({
  name: 'cz-sk-birth-number',
  description: 'Czech and Slovak birth numbers (date, divisible by 11)',
  written: /(?<![\w.-])\d{6}\/\d{4}(?![\w-])(?!\/)/,
  triggers: ['(?<![\\w.-])\\d\\d[0-9]\\d[0-3]\\d/\\d{4}'],
  words: ['rodné číslo', 'rodne cislo', 'rodné čislo'],
  bare: /(?<![\w.-])\d{6}\/?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay((Number(n.slice(2, 4)) % 50) % 20, Number(n.slice(4, 6))) && hasCheckDigit(n),
})
