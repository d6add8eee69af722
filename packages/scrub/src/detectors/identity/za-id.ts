import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, luhn } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const southAfricaId: Detector = nationalNumber({
  name: 'za-id',
  description: 'South African identity numbers (date and Luhn)',
  words: ['rsa id', 'south african id', 'sa id', 'id no'],
  bare: /(?<![\w.-])\d{6} ?\d{4} ?[01]\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(4, 6))) && luhn(n),
})
