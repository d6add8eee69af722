import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

export const hongKongId: Detector = nationalNumber({
  name: 'hk-id',
  description: 'Hong Kong identity card numbers (check digit)',
  written: /(?<![A-Za-z0-9_])[A-Z]{1,2}\d{6}\([0-9A]\)/,
  triggers: ['(?<![A-Za-z0-9_])[A-Z]{1,2}\\d{6}\\([0-9A]\\)'],
  words: ['hkid', '香港身份證'],
  bare: /(?<![A-Za-z0-9_])[A-Z]{1,2}\d{6}\(?[0-9A]\)?/,
  isValid: (n) => {
    const padded = n.padStart(9, ' ')
    let sum = 0
    for (let i = 0; i < 8; i++) {
      const code = padded.charCodeAt(i)
      sum += (code === 32 ? 36 : code >= 65 ? code - 55 : code - 48) * (9 - i)
    }
    return '0A987654321'[sum % 11] === padded[8]
  },
})
