import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const australiaMedicare: Detector = nationalNumber({
  name: 'au-medicare',
  description: 'Australian Medicare numbers (weighted check)',
  words: ['medicare'],
  bare: /(?<![\w.-])[2-6]\d{3}[- ]?\d{5}[- ]?\d(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(n[8]),
  generic: false,
})
