import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Months carry the century: 1800s +80, 2000s +20, 2100s +40, 2200s +60. */
export const polandPesel: Detector = nationalNumber({
  name: 'pl-pesel',
  description: 'Polish PESEL numbers (date and check digit)',
  words: ['pesel'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 20, Number(n.slice(4, 6))) &&
    (10 - (weighted(n, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(n[10]),
})
