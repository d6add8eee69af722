import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Estonia, Lithuania: century and sex, date, serial, check digit of two passes. */
function isBaltic(n: string): boolean {
  const first = weighted(n, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  const second = weighted(n, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11
  const check = first < 10 ? first : second < 10 ? second : 0
  return isMonthAndDay(Number(n.slice(3, 5)), Number(n.slice(5, 7))) && check === Number(n[10])
}

export const balticId: Detector = nationalNumber({
  name: 'ee-lt-personal-code',
  description: 'Estonian and Lithuanian personal codes (date and check digit)',
  words: ['isikukood', 'asmens kodas', 'personal code'],
  bare: /(?<![\w.-])[1-8]\d{10}(?![\w-])(?!\.\d)/,
  isValid: isBaltic,
})
