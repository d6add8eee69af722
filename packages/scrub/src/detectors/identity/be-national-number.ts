import type { Detector } from '../../scan/types.ts'
import { isOneDigit, mod97 } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const BELGIUM = /(?<![\w.-])\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?![\w-])/

/** Modulo 97; for those born since 2000 a 2 stands before the number. */
function isBelgian(n: string): boolean {
  const check = Number(n.slice(9))
  return 97 - mod97(n.slice(0, 9)) === check || 97 - mod97(`2${n.slice(0, 9)}`) === check
}

export const belgiumNational: Detector = nationalNumber({
  name: 'be-national-number',
  description: 'Belgian national register numbers (modulo 97)',
  written: BELGIUM,
  triggers: ['(?<![\\w.-])\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.'],
  words: ['rijksregister', 'rijksregisternummer', 'registre national', 'niss', 'insz', 'numéro national'],
  bare: /(?<![\w.-])\d{2}\.?\d{2}\.?\d{2}[- ]?\d{3}[. ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => isBelgian(n) && !isOneDigit(n),
})
