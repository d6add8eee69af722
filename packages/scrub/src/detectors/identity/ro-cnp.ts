import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const romaniaCnp: Detector = nationalNumber({
  name: 'ro-cnp',
  description: 'Romanian personal numeric codes (date and check digit)',
  words: ['cnp', 'cod numeric personal'],
  bare: /(?<![\w.-])[1-9]\d{12}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = weighted(n, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
    return isMonthAndDay(Number(n.slice(3, 5)), Number(n.slice(5, 7))) && (rest === 10 ? 1 : rest) === Number(n[12])
  },
})
