import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const austriaSvnr: Detector = nationalNumber({
  name: 'at-svnr',
  description: 'Austrian social insurance numbers (check digit and date)',
  words: ['svnr', 'sozialversicherungsnummer', 'sv nummer', 'sozialversicherung'],
  bare: /(?<![\w.-])[1-9]\d{3}[- ]?\d{6}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    weighted(n, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(n[3]) &&
    isMonthAndDay(((Number(n.slice(6, 8)) - 1) % 12) + 1, Number(n.slice(4, 6))),
})
