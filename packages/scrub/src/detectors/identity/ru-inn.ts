import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const INN_10 = [2, 4, 10, 3, 5, 9, 4, 6, 8]

const INN_12 = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]

export const russiaInn: Detector = nationalNumber({
  name: 'ru-inn',
  description: 'Russian tax numbers (check digits)',
  words: ['inn', 'инн'],
  bare: /(?<![\w.-])(?:\d{12}|\d{10})(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    n.length === 10
      ? (weighted(n, INN_10) % 11) % 10 === Number(n[9])
      : (weighted(n, INN_12) % 11) % 10 === Number(n[10]) && (weighted(n, [3, ...INN_12]) % 11) % 10 === Number(n[11]),
  generic: false,
})
