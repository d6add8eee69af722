import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const turkeyId: Detector = nationalNumber({
  name: 'tr-tckn',
  description: 'Turkish identity numbers (two check digits)',
  words: ['tckn', 'tc kimlik', 'kimlik', 'kimlik no'],
  bare: /(?<![\w.-])[1-9]\d{10}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const odd = weighted(n, [1, 0, 1, 0, 1, 0, 1, 0, 1])
    const even = weighted(n, [0, 1, 0, 1, 0, 1, 0, 1])
    return (((odd * 7 - even) % 10) + 10) % 10 === Number(n[9]) && (odd + even + Number(n[9])) % 10 === Number(n[10])
  },
})
