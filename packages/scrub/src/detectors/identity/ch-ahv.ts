import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Thirteen digits that begin with 756 and end in an EAN-13 check digit. */
export const switzerlandAhv: Detector = nationalNumber({
  name: 'ch-ahv',
  description: 'Swiss social security numbers (EAN-13 check digit)',
  written: /(?<![\w.-])756\.\d{4}\.\d{4}\.\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])756\\.\\d{4}\\.\\d'],
  words: ['ahv', 'avs', 'ahvn13', 'navs', 'sozialversicherung', 'sozialversicherungsnummer'],
  bare: /(?<![\w.-])756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => (10 - (weighted(n, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === Number(n[12]),
})
