import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

export const irelandPps: Detector = nationalNumber({
  name: 'ie-pps',
  description: 'Irish personal public service numbers (check letter)',
  words: ['pps', 'ppsn', 'pps number'],
  bare: /(?<![A-Za-z0-9_])\d{7}[A-Wa-w][A-IWa-iw]?(?![A-Za-z0-9_])/,
  isValid: (n) => {
    const extra = n.length === 9 && n[8] !== 'W' ? (n.charCodeAt(8) - 64) * 9 : 0
    return 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(n, [8, 7, 6, 5, 4, 3, 2]) + extra) % 23] === n[7]
  },
})
