import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const netherlandsBsn: Detector = nationalNumber({
  name: 'nl-bsn',
  description: 'Dutch citizen service numbers (eleven test)',
  words: ['bsn', 'burgerservicenummer', 'sofinummer', 'sofi', 'burger service'],
  bare: /(?<![\w.-])\d{4}[. ]?\d{2}[. ]?\d{3}(?![\w-])(?!\.\d)|(?<![\w.-])\d{3}[. ]\d{3}[. ]\d{3}(?![\w-])/,
  isValid: (n) => weighted(n, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !isOneDigit(n),
})
