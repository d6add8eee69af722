import type { Detector } from '../../scan/types.ts'
import { isOneDigit, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const CNPJ = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]

function isCnpj(n: string): boolean {
  if (isOneDigit(n)) return false
  const digit = (sum: number): number => (sum % 11 < 2 ? 0 : 11 - (sum % 11))
  return digit(weighted(n, CNPJ.slice(1))) === Number(n[12]) && digit(weighted(n, CNPJ)) === Number(n[13])
}

export const brazilCnpj: Detector = nationalNumber({
  name: 'br-cnpj',
  description: 'Brazilian CNPJ numbers (two check digits)',
  written: /(?<![\w.-])\d{2}\.\d{3}\.\d{3}\/\d{4}-\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{2}\\.\\d{3}\\.\\d{3}/'],
  words: ['cnpj'],
  bare: /(?<![\w.-])\d{14}(?![\w-])(?!\.\d)/,
  isValid: isCnpj,
})
