import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

function isNric(n: string): boolean {
  const offset = n[0] === 'T' || n[0] === 'G' ? 4 : n[0] === 'M' ? 3 : 0
  const sum = weighted(n.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset
  const letters = n[0] === 'S' || n[0] === 'T' ? 'JZIHGFEDCBA' : n[0] === 'M' ? 'KLJNPQRTUWX' : 'XWUTRQPNMLK'
  const index = n[0] === 'M' ? 10 - (sum % 11) : sum % 11
  return letters[index] === n[8]
}

const NRIC = /(?<![A-Za-z0-9_])[STFGMstfgm]\d{7}[A-Za-z](?![A-Za-z0-9_])/

export const singaporeNric: Detector = nationalNumber({
  name: 'sg-nric',
  description: 'Singapore NRIC and FIN (check letter)',
  written: NRIC,
  triggers: ['(?<![A-Za-z0-9_])[STFGM]\\d{7}[A-Z]'],
  words: ['nric', 'fin'],
  bare: NRIC,
  isValid: isNric,
})
