import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** No check digit since 2007: date and word only. */
export const denmarkCpr: Detector = nationalNumber({
  name: 'dk-cpr',
  description: 'Danish CPR numbers (date), after a word that says so',
  words: ['cpr', 'cpr nummer', 'cpr nr', 'personnummer'],
  bare: /(?<![\w.-])\d{6}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))),
  generic: false,
})
