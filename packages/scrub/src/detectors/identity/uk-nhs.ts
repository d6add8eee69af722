import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const ukNhs: Detector = nationalNumber({
  name: 'uk-nhs',
  description: 'UK NHS numbers (check digit)',
  words: ['nhs', 'nhsnumber', 'patient number', 'patient id'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = 11 - (weighted(n, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)
    return (rest === 11 ? 0 : rest) === Number(n[9]) && !isOneDigit(n)
  },
  generic: false,
})
