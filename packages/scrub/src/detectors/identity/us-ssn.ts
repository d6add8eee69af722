import type { Detector } from '../../scan/types.ts'
import { isOneDigit } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** US social security number: the areas, groups and serials that were never issued are refused (SSA, since 2011). */
export const usSsn: Detector = nationalNumber({
  name: 'us-ssn',
  description: 'US social security numbers',
  written: /(?<![\w-])(?<!\d[.])\d{3}-\d{2}-\d{4}(?![\w-])(?!\.\d)/,
  triggers: ['(?<![\\w-])\\d{3}-\\d{2}-\\d{4}'],
  words: ['ssn', 'social security', 'socialsecurity', 'soc sec', 'social sec', 'itin'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{2}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const area = Number(n.slice(0, 3))
    const isItin = area >= 900 && Number(n[3]) >= 5
    return (
      area !== 0 &&
      area !== 666 &&
      (area < 900 || isItin) &&
      n.slice(3, 5) !== '00' &&
      n.slice(5) !== '0000' &&
      !isOneDigit(n)
    )
  },
})
