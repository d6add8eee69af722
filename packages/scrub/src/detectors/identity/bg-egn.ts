import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const bulgariaEgn: Detector = nationalNumber({
  name: 'bg-egn',
  description: 'Bulgarian EGN (date and check digit)',
  words: ['egn', 'егн'],
  bare: /(?<![\w.-])\d{10}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 20, Number(n.slice(4, 6))) &&
    (weighted(n, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === Number(n[9]),
})
