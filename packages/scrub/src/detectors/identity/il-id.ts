import type { Detector } from '../../scan/types.ts'
import { isOneDigit, luhn } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const israelId: Detector = nationalNumber({
  name: 'il-id',
  description: 'Israeli identity numbers (Luhn)',
  words: ['teudat zehut', 'תעודת זהות', 'israeli id'],
  bare: /(?<![\w.-])\d{9}(?![\w-])(?!\.\d)/,
  isValid: (n) => luhn(n) && !isOneDigit(n),
  generic: false,
})
