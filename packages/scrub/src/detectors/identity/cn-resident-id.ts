import type { Detector } from '../../scan/types.ts'
import { weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const CHINA_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHINA_ID =
  /(?<![A-Za-z0-9_])(?<!\d[.-])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![A-Za-z0-9_])/

/** GB 11643-1999: area, birth date, ISO 7064 MOD 11-2. */
export const chinaId: Detector = nationalNumber({
  name: 'cn-resident-id',
  description: 'Chinese resident identity numbers (date and check character)',
  written: CHINA_ID,
  triggers: [
    '(?<![A-Za-z0-9_])[1-9]\\d{5}19\\d\\d[01]\\d[0-3]\\d{4}',
    '(?<![A-Za-z0-9_])[1-9]\\d{5}20\\d\\d[01]\\d[0-3]\\d{4}',
  ],
  words: ['身份证', '居民身份证', '身份證'],
  bare: CHINA_ID,
  isValid: (n) => '10X98765432'[weighted(n, CHINA_WEIGHTS) % 11] === n[17],
})
