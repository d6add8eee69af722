import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

/** ISO 7064 MOD 11,10, without separators. */
export const croatiaOib: Detector = nationalNumber({
  name: 'hr-oib',
  description: 'Croatian OIB (ISO 7064 MOD 11,10)',
  words: ['oib'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    let product = 10
    for (let i = 0; i < 10; i++) product = (((Number(n[i]) + product) % 10 || 10) * 2) % 11
    return (11 - product) % 10 === Number(n[10])
  },
  generic: false,
})
