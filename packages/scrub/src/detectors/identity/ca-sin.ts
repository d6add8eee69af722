import type { Detector } from '../../scan/types.ts'
import { isOneDigit, luhn } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const canadaSin: Detector = nationalNumber({
  name: 'ca-sin',
  description: 'Canadian social insurance numbers (Luhn)',
  words: ['sin', 'social insurance', "numéro d'assurance sociale", 'nas'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => luhn(n) && !isOneDigit(n),
})
