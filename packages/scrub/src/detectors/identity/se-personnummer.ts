import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, luhn } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Coordination numbers add 60 to the day. */
export const swedenPersonnummer: Detector = nationalNumber({
  name: 'se-personnummer',
  description: 'Swedish personal identity numbers (date and Luhn)',
  written: /(?<![\w.-])\d{6}[-+]\d{4}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d\\d[01]\\d[0-9]\\d[-+]\\d{4}'],
  words: ['personnummer', 'personnr', 'samordningsnummer', 'swedish id'],
  bare: /(?<![\w.-])(?:18|19|20)?\d{6}[-+]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const short = n.slice(-10)
    return isMonthAndDay(Number(short.slice(2, 4)), Number(short.slice(4, 6)) % 60) && luhn(short)
  },
})
