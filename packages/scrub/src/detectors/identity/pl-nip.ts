import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const polandNip: Detector = nationalNumber({
  name: 'pl-nip',
  description: 'Polish tax numbers (check digit)',
  words: ['nip'],
  bare: /(?<![\w.-])\d{3}-?\d{3}-?\d{2}-?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(n[9]) && !isOneDigit(n),
})
