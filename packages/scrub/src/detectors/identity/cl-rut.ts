import type { Detector } from '../../scan/types.ts'
import { isOneDigit } from '../checksums.ts'
import { nationalNumber } from './define.ts'

function isRut(n: string): boolean {
  let sum = 0
  for (let i = n.length - 2, weight = 2; i >= 0; i--, weight = weight === 7 ? 2 : weight + 1)
    sum += Number(n[i]) * weight
  return '0K987654321'[sum % 11] === n[n.length - 1] && !isOneDigit(n.slice(0, -1))
}

export const chileRut: Detector = nationalNumber({
  name: 'cl-rut',
  description: 'Chilean RUT (check character)',
  written: /(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dkK](?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{1,2}\\.\\d{3}\\.\\d{3}-[0-9k]'],
  words: ['rut', 'rol unico tributario'],
  bare: /(?<![\w.-])\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK](?![\w-])/,
  isValid: isRut,
  generic: false,
})
