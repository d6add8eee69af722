import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const portugalNif: Detector = nationalNumber({
  name: 'pt-nif',
  description: 'Portuguese tax numbers (check digit)',
  words: ['nif', 'contribuinte', 'número de contribuinte'],
  bare: /(?<![\w.-])[1-9]\d{2} ?\d{3} ?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = weighted(n, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
    return (rest < 2 ? 0 : 11 - rest) === Number(n[8])
  },
})
