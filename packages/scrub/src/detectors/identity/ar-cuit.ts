import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Where the check digit would be ten, nine is written. */
function isCuit(n: string): boolean {
  const check = (11 - (weighted(n, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return Math.min(check, 9) === Number(n[10])
}

export const argentinaCuit: Detector = nationalNumber({
  name: 'ar-cuit',
  description: 'Argentine CUIT and CUIL (check digit)',
  written: /(?<![\w.-])(?:2[03457]|3[034])-\d{8}-\d(?![\w-])/,
  triggers: ['(?<![\\w.-])[23]\\d-\\d{8}-\\d'],
  words: ['cuit', 'cuil'],
  bare: /(?<![\w.-])(?:2[03457]|3[034])-?\d{8}-?\d(?![\w-])/,
  isValid: isCuit,
})
