import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, isOneDigit, luhn, verhoeff, weighted } from '../checksums.ts'
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

export const koreaRrn: Detector = nationalNumber({
  name: 'kr-rrn',
  description: 'Korean resident registration numbers (date and form)',
  written: /(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])/,
  triggers: ['(?<![\\w-])\\d{6}-[1-8]\\d{6}'],
  words: ['주민등록번호', '주민번호', 'rrn', 'resident registration'],
  bare: /(?<![\w.-])\d{6}-?[1-8]\d{6}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(4, 6))),
  generic: false,
})

function isMyNumber(n: string): boolean {
  const rest = weighted(n, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
  return (rest <= 1 ? 0 : 11 - rest) === Number(n[11]) && !isOneDigit(n)
}

export const japanMyNumber: Detector = nationalNumber({
  name: 'jp-my-number',
  description: 'Japanese individual numbers (check digit)',
  words: ['マイナンバー', '個人番号', 'my number', 'mynumber'],
  bare: /(?<![\w.-])\d{4}[- ]?\d{4}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: isMyNumber,
})

function isNric(n: string): boolean {
  const offset = n[0] === 'T' || n[0] === 'G' ? 4 : n[0] === 'M' ? 3 : 0
  const sum = weighted(n.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset
  const letters = n[0] === 'S' || n[0] === 'T' ? 'JZIHGFEDCBA' : n[0] === 'M' ? 'KLJNPQRTUWX' : 'XWUTRQPNMLK'
  const index = n[0] === 'M' ? 10 - (sum % 11) : sum % 11
  return letters[index] === n[8]
}

const NRIC = /(?<![A-Za-z0-9_])[STFGMstfgm]\d{7}[A-Za-z](?![A-Za-z0-9_])/

export const singaporeNric: Detector = nationalNumber({
  name: 'sg-nric',
  description: 'Singapore NRIC and FIN (check letter)',
  written: NRIC,
  triggers: ['(?<![A-Za-z0-9_])[STFGM]\\d{7}[A-Z]'],
  words: ['nric', 'fin'],
  bare: NRIC,
  isValid: isNric,
})

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

export const australiaTfn: Detector = nationalNumber({
  name: 'au-tfn',
  description: 'Australian tax file numbers (weighted check)',
  words: ['tfn', 'tax file'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && !isOneDigit(n),
})

export const australiaMedicare: Detector = nationalNumber({
  name: 'au-medicare',
  description: 'Australian Medicare numbers (weighted check)',
  words: ['medicare'],
  bare: /(?<![\w.-])[2-6]\d{3}[- ]?\d{5}[- ]?\d(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(n[8]),
  generic: false,
})

export const southAfricaId: Detector = nationalNumber({
  name: 'za-id',
  description: 'South African identity numbers (date and Luhn)',
  words: ['rsa id', 'south african id', 'sa id', 'id no'],
  bare: /(?<![\w.-])\d{6} ?\d{4} ?[01]\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(4, 6))) && luhn(n),
})

export const israelId: Detector = nationalNumber({
  name: 'il-id',
  description: 'Israeli identity numbers (Luhn)',
  words: ['teudat zehut', 'תעודת זהות', 'israeli id'],
  bare: /(?<![\w.-])\d{9}(?![\w-])(?!\.\d)/,
  isValid: (n) => luhn(n) && !isOneDigit(n),
  generic: false,
})

export const turkeyId: Detector = nationalNumber({
  name: 'tr-tckn',
  description: 'Turkish identity numbers (two check digits)',
  words: ['tckn', 'tc kimlik', 'kimlik', 'kimlik no'],
  bare: /(?<![\w.-])[1-9]\d{10}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const odd = weighted(n, [1, 0, 1, 0, 1, 0, 1, 0, 1])
    const even = weighted(n, [0, 1, 0, 1, 0, 1, 0, 1])
    return (((odd * 7 - even) % 10) + 10) % 10 === Number(n[9]) && (odd + even + Number(n[9])) % 10 === Number(n[10])
  },
})
