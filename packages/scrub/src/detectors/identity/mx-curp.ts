import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const CURP_ALPHABET = '0123456789ABCDEFGHIJKLMN*OPQRSTUVWXYZ'

function isCurp(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 17; i++) sum += CURP_ALPHABET.indexOf(n[i]) * (18 - i)
  return isMonthAndDay(Number(n.slice(6, 8)), Number(n.slice(8, 10))) && (10 - (sum % 10)) % 10 === Number(n[17])
}

const CURP = /(?<![A-Za-z0-9_])[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[0-9A-Za-z]\d(?![A-Za-z0-9_])/

export const mexicoCurp: Detector = nationalNumber({
  name: 'mx-curp',
  description: 'Mexican CURP (date and check digit)',
  written: CURP,
  triggers: ['(?<![A-Za-z0-9_])[A-Z]{4}\\d{6}[HMX][A-Z]'],
  words: ['curp'],
  bare: CURP,
  isValid: isCurp,
})
