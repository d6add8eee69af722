import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

const PAN = /(?<![A-Za-z0-9_])[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z](?![A-Za-z0-9_])/

export const indiaPan: Detector = nationalNumber({
  name: 'in-pan',
  description: 'Indian permanent account numbers',
  written: PAN,
  triggers: ['(?<![A-Za-z0-9_])(?-i:[A-Z]{3}[ABCFGHLJPT][A-Z])\\d{4}[A-Z]'],
  words: ['pan', 'pan card', 'permanent account'],
  bare: PAN,
  isValid: () => true,
  generic: false,
})
