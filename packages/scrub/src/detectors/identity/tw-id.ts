import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const TAIWAN_LETTERS = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'

const TAIWAN_ID = /(?<![A-Za-z0-9_])[A-Za-z][1289]\d{8}(?![A-Za-z0-9_])/

function isTaiwanId(n: string): boolean {
  const code = TAIWAN_LETTERS.indexOf(n[0]) + 10
  return (Math.floor(code / 10) + (code % 10) * 9 + weighted(n.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
}

export const taiwanId: Detector = nationalNumber({
  name: 'tw-id',
  description: 'Taiwanese identity numbers (check digit)',
  words: ['身分證', '身分證字號', '統一編號', 'taiwan id'],
  bare: TAIWAN_ID,
  isValid: isTaiwanId,
})
