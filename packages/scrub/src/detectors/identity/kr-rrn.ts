import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const koreaRrn: Detector = nationalNumber({
  name: 'kr-rrn',
  description: 'Korean resident registration numbers (date and form)',
  written: /(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])/,
  triggers: ['(?<![\\w-])\\d{6}-[1-8]\\d{6}'],
  words: ['주민등록번호', '주민번호', 'rrn', 'resident registration'],
  bare: /(?<![\w.-])\d{6}-?\d{7}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(4, 6))),
  generic: false,
})
