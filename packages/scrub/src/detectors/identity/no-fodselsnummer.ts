import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Fødselsnummer: two check digits modulo 11; D-numbers add 40 to the day, H-numbers 40 to the month. */
export const norwayFnr: Detector = nationalNumber({
  name: 'no-fodselsnummer',
  description: 'Norwegian national identity numbers (date and two check digits)',
  written: /(?<![\w.-])(?<!\d[ .])[0-7]\d[0145]\d{3} \d{5}(?![\w-])(?![ .]\d)/,
  triggers: ['(?<![\\w.-])[0-7]\\d[0145]\\d{3} \\d{5}'],
  words: ['fødselsnummer', 'fodselsnummer', 'fnr', 'personnummer', 'fødselsnr'],
  bare: /(?<![\w.-])[0-7]\d[0145]\d{3} ?\d{5}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 40, Number(n.slice(0, 2)) % 40) &&
    weighted(n, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weighted(n, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
})
