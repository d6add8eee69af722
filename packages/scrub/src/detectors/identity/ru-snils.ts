import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const russiaSnils: Detector = nationalNumber({
  name: 'ru-snils',
  description: 'Russian SNILS (check sum)',
  written: /(?<![\w.-])\d{3}-\d{3}-\d{3}[ -]\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{3}-\\d{3}-\\d{3}[ -]\\d{2}'],
  words: ['snils', 'снилс'],
  bare: /(?<![\w.-])\d{3}-?\d{3}-?\d{3}[ -]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const sum = weighted(n, [9, 8, 7, 6, 5, 4, 3, 2, 1])
    return (sum % 101) % 100 === Number(n.slice(9))
  },
  generic: false,
})
