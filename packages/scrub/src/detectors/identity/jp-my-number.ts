import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

function isMyNumber(n: string): boolean {
  const rest = weighted(n, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
  return (rest <= 1 ? 0 : 11 - rest) === Number(n[11]) && !isOneDigit(n)
}

export const japanMyNumber: Detector = nationalNumber({
  name: 'jp-my-number',
  description: 'Japanese individual numbers (check digit)',
  words: ['マイナンバー', '個人番号', 'my number', 'mynumber'],
  bare: /(?<![\w.-])\d{4}[- ]?\d{4}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: isMyNumber,
})
