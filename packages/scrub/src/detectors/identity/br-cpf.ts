import type { Detector } from '../../scan/types.ts'
import { isOneDigit } from '../checksums.ts'
import { nationalNumber } from './define.ts'

function cpfDigit(n: string, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += Number(n[i]) * (length + 1 - i)
  return ((sum * 10) % 11) % 10
}

export const brazilCpf: Detector = nationalNumber({
  name: 'br-cpf',
  description: 'Brazilian CPF numbers (two check digits)',
  written: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{3}\\.\\d{3}\\.\\d{3}-'],
  words: ['cpf', 'cadastro de pessoa'],
  bare: /(?<![\w.-])\d{3}\.?\d{3}\.?\d{3}[- ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => !isOneDigit(n) && cpfDigit(n, 9) === Number(n[9]) && cpfDigit(n, 10) === Number(n[10]),
})
