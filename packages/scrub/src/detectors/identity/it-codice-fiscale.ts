import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

const ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
const FISCALE =
  /(?<![A-Za-z0-9_])[A-Za-z]{6}[\dLMNP-Vlmnp-v]{2}[ABCDEHLMPRSTabcdehlmprst][\dLMNP-Vlmnp-v]{2}[A-Za-z][\dLMNP-Vlmnp-v]{3}[A-Za-z](?![A-Za-z0-9_])/

/** DM 23/12/1976: odd and even characters have their own values, the sum modulo 26 is the last letter. */
function isFiscale(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 15; i++) {
    const code = n.charCodeAt(i)
    const value = code >= 65 ? code - 65 : code - 48
    sum += i % 2 === 0 ? ODD_VALUES[value] : value
  }
  return sum % 26 === n.charCodeAt(15) - 65
}

export const italyFiscale: Detector = nationalNumber({
  name: 'it-codice-fiscale',
  description: 'Italian codice fiscale (check letter)',
  written: FISCALE,
  triggers: ['(?<![A-Za-z0-9_])[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}'],
  words: ['codice fiscale', 'codicefiscale'],
  bare: FISCALE,
  isValid: isFiscale,
  generic: false,
})
