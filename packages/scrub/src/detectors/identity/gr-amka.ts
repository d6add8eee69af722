import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, luhn } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const greeceAmka: Detector = nationalNumber({
  name: 'gr-amka',
  description: 'Greek AMKA (date and Luhn)',
  words: ['amka', 'αμκα'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))) && luhn(n),
  generic: false,
})
