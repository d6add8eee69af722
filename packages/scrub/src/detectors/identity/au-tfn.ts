import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const australiaTfn: Detector = nationalNumber({
  name: 'au-tfn',
  description: 'Australian tax file numbers (weighted check)',
  words: ['tfn', 'tax file'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && !isOneDigit(n),
})
