import type { Detector } from '../../scan/types.ts'
import { mod11x10 } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** §139b AO: of the first ten digits one occurs twice or three times, all others at most once. */
function hasTaxIdDigits(n: string): boolean {
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10; i++) counts[Number(n[i])]++
  const repeated = counts.filter((count) => count > 1)
  return n[0] !== '0' && repeated.length === 1 && repeated[0] <= 3
}

export const germanyTaxId: Detector = nationalNumber({
  name: 'de-tax-id',
  description: 'German tax identification numbers (digit rule and ISO 7064 MOD 11,10)',
  written: /(?<![\w.-])(?<!\d[ .])[1-9]\d \d{3} \d{3} \d{3}(?![\w-])(?![ .]\d)/,
  triggers: ['(?<![\\w.-])[1-9]\\d \\d{3} \\d{3} \\d{3}'],
  words: [
    'steuer',
    'steuerid',
    'steuer id',
    'steueridentifikationsnummer',
    'steuernummer',
    'idnr',
    'identifikationsnummer',
    'steuer idnr',
  ],
  bare: /(?<![\w.-])[1-9]\d[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n, { hasContext }) => (hasContext ? n[0] !== '0' : hasTaxIdDigits(n)) && mod11x10(n),
})
