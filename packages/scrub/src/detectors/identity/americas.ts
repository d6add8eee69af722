import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, isOneDigit, luhn, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** US social security number: the areas, groups and serials that were never issued are refused (SSA, since 2011). */
export const usSsn: Detector = nationalNumber({
  name: 'us-ssn',
  description: 'US social security numbers',
  written: /(?<![\w-])(?<!\d[.])\d{3}-\d{2}-\d{4}(?![\w-])(?!\.\d)/,
  triggers: ['(?<![\\w-])\\d{3}-\\d{2}-\\d{4}'],
  words: ['ssn', 'social security', 'socialsecurity', 'soc sec', 'social sec', 'itin'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{2}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const area = Number(n.slice(0, 3))
    const isItin = area >= 900 && Number(n[3]) >= 5
    return (
      area !== 0 &&
      area !== 666 &&
      (area < 900 || isItin) &&
      n.slice(3, 5) !== '00' &&
      n.slice(5) !== '0000' &&
      !isOneDigit(n)
    )
  },
})

export const canadaSin: Detector = nationalNumber({
  name: 'ca-sin',
  description: 'Canadian social insurance numbers (Luhn)',
  words: ['sin', 'social insurance', "numéro d'assurance sociale", 'nas'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => /^[0-79]/.test(n) && luhn(n) && !isOneDigit(n),
})

function cpfDigit(n: string, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += Number(n[i]) * (length + 1 - i)
  return ((sum * 10) % 11) % 10
}

export const brazilCpf: Detector = nationalNumber({
  name: 'br-cpf',
  description: 'Brazilian CPF numbers (two check digits)',
  written: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{3}\\.\\d{3}\\.\\d{3}-'],
  words: ['cpf', 'cadastro de pessoa'],
  bare: /(?<![\w.-])\d{3}\.?\d{3}\.?\d{3}[- ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => !isOneDigit(n) && cpfDigit(n, 9) === Number(n[9]) && cpfDigit(n, 10) === Number(n[10]),
})

const CNPJ = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]

function isCnpj(n: string): boolean {
  if (isOneDigit(n)) return false
  const digit = (sum: number): number => (sum % 11 < 2 ? 0 : 11 - (sum % 11))
  return digit(weighted(n, CNPJ.slice(1))) === Number(n[12]) && digit(weighted(n, CNPJ)) === Number(n[13])
}

export const brazilCnpj: Detector = nationalNumber({
  name: 'br-cnpj',
  description: 'Brazilian CNPJ numbers (two check digits)',
  written: /(?<![\w.-])\d{2}\.\d{3}\.\d{3}\/\d{4}-\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{2}\\.\\d{3}\\.\\d{3}/'],
  words: ['cnpj'],
  bare: /(?<![\w.-])\d{14}(?![\w-])(?!\.\d)/,
  isValid: isCnpj,
})

const CURP_ALPHABET = '0123456789ABCDEFGHIJKLMN*OPQRSTUVWXYZ'

function isCurp(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 17; i++) sum += CURP_ALPHABET.indexOf(n[i]) * (18 - i)
  return isMonthAndDay(Number(n.slice(6, 8)), Number(n.slice(8, 10))) && (10 - (sum % 10)) % 10 === Number(n[17])
}

const CURP = /(?<![A-Za-z0-9_])[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[0-9A-Za-z]\d(?![A-Za-z0-9_])/

export const mexicoCurp: Detector = nationalNumber({
  name: 'mx-curp',
  description: 'Mexican CURP (date and check digit)',
  written: CURP,
  triggers: ['(?<![A-Za-z0-9_])[A-Z]{4}\\d{6}[HMX][A-Z]'],
  words: ['curp'],
  bare: CURP,
  isValid: isCurp,
})

function isRut(n: string): boolean {
  let sum = 0
  for (let i = n.length - 2, weight = 2; i >= 0; i--, weight = weight === 7 ? 2 : weight + 1)
    sum += Number(n[i]) * weight
  return '0K987654321'[sum % 11] === n[n.length - 1] && !isOneDigit(n.slice(0, -1))
}

export const chileRut: Detector = nationalNumber({
  name: 'cl-rut',
  description: 'Chilean RUT (check character)',
  written: /(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dkK](?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{1,2}\\.\\d{3}\\.\\d{3}-[0-9k]'],
  words: ['rut', 'rol unico tributario'],
  bare: /(?<![\w.-])\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK](?![\w-])/,
  isValid: isRut,
  generic: false,
})

export const argentinaCuit: Detector = nationalNumber({
  name: 'ar-cuit',
  description: 'Argentine CUIT and CUIL (check digit)',
  written: /(?<![\w.-])(?:2[03457]|3[034])-\d{8}-\d(?![\w-])/,
  triggers: ['(?<![\\w.-])[23]\\d-\\d{8}-\\d'],
  words: ['cuit', 'cuil'],
  bare: /(?<![\w.-])(?:2[03457]|3[034])-?\d{8}-?\d(?![\w-])/,
  isValid: (n) => (11 - (weighted(n, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(n[10]),
})
