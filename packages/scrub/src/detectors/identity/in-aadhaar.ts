import type { Detector } from '../../scan/types.ts'
import { isOneDigit, verhoeff } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const indiaAadhaar: Detector = nationalNumber({
  name: 'in-aadhaar',
  description: 'Indian Aadhaar numbers (Verhoeff)',
  written: /(?<![\w-])(?<!\d[ .])[2-9]\d{3}([ -])\d{4}\1\d{4}(?![\w-])(?![ .]\d)/,
  triggers: ['(?<![\\w-])[2-9]\\d{3}[ -]\\d{4}[ -]\\d{4}'],
  words: ['aadhaar', 'aadhar', 'adhaar', 'uidai', 'आधार'],
  bare: /(?<![\w.-])[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => verhoeff(n) && !isOneDigit(n),
})
