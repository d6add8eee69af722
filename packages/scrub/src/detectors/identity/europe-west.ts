import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, isOneDigit, mod11x10, mod97, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const NINO =
  /(?<![A-Za-z0-9_])(?!BG|GB|KN|NK|NT|TN|ZZ)(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])([ -]?)\d{2}\1\d{2}\1\d{2}\1[A-D](?![A-Za-z0-9_])/

export const ukNino: Detector = nationalNumber({
  name: 'uk-nino',
  description: 'UK national insurance numbers',
  written: NINO,
  triggers: [
    '(?<![A-Za-z0-9_])(?-i:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])[ -]?\\d\\d[ -]?\\d\\d[ -]?\\d\\d[ -]?(?-i:[A-D])',
  ],
  words: ['nino', 'national insurance', 'ni number'],
  bare: /(?<![A-Za-z0-9_])(?:QQ|qq|[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z])([ -]?)\d{2}\1\d{2}\1\d{2}\1[A-Da-d](?![A-Za-z0-9_])/,
  isValid: (n) => !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(n),
})

export const ukNhs: Detector = nationalNumber({
  name: 'uk-nhs',
  description: 'UK NHS numbers (check digit)',
  words: ['nhs', 'nhsnumber', 'patient number', 'patient id'],
  bare: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = 11 - (weighted(n, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)
    return (rest === 11 ? 0 : rest) === Number(n[9]) && !isOneDigit(n)
  },
  generic: false,
})

/** §139b AO: of the first ten digits one occurs twice or three times, all others at most once. */
function hasTaxIdDigits(n: string): boolean {
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10; i++) counts[Number(n[i])]++
  const repeated = counts.filter((count) => count > 1)
  return n[0] !== '0' && repeated.length === 1 && repeated[0] <= 3
}

export const germanyTaxId: Detector = nationalNumber({
  name: 'de-tax-id',
  description: 'German tax identification numbers (digit rule and ISO 7064 MOD 11,10)',
  written: /(?<![\w.-])(?<!\d[ .])[1-9]\d \d{3} \d{3} \d{3}(?![\w-])(?![ .]\d)/,
  triggers: ['(?<![\\w.-])[1-9]\\d \\d{3} \\d{3} \\d{3}'],
  words: [
    'steuer',
    'steuerid',
    'steuer id',
    'steueridentifikationsnummer',
    'steuernummer',
    'idnr',
    'identifikationsnummer',
    'steuer idnr',
  ],
  bare: /(?<![\w.-])[1-9]\d[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => hasTaxIdDigits(n) && mod11x10(n),
})

const NIR =
  /(?<![\w.-])[1278]([ .]?)\d{2}\1(?:0[1-9]|1[0-2]|[2-9]\d)\1(?:\d{2}|2[ABab])\1\d{3}\1\d{3}[ .]?\d{2}(?![\w-])(?!\.\d)/

/** Key: 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18. */
function isNir(n: string): boolean {
  const number = n.slice(0, 13).replace('2A', '19').replace('2B', '18')
  return 97 - Number(BigInt(number) % 97n) === Number(n.slice(13))
}

export const franceNir: Detector = nationalNumber({
  name: 'fr-nir',
  description: 'French social security numbers (key modulo 97)',
  written: NIR,
  triggers: [
    '(?<![\\w.-])[1278]\\d{4}\\d[\\dAB]\\d{6}[ .]?\\d\\d[^A-Za-z0-9_]',
    '(?<![\\w.-])[1278][ .]\\d\\d[ .]\\d\\d[ .]\\d[\\dAB][ .]\\d\\d\\d',
  ],
  words: ['nir', 'sécurité sociale', 'securite sociale', 'numéro de sécu', 'insee'],
  bare: NIR,
  isValid: isNir,
})

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE'
const DNI =
  /(?<![A-Za-z0-9_.-])(?:\d{8}-?[A-HJ-NP-TV-Za-hj-np-tv-z]|\d{2}\.\d{3}\.\d{3}-?[A-HJ-NP-TV-Z]|[XYZxyz]-?\d{7}-?[A-HJ-NP-TV-Za-hj-np-tv-z])(?![A-Za-z0-9_])/

export const spainDni: Detector = nationalNumber({
  name: 'es-dni',
  description: 'Spanish DNI and NIE (check letter)',
  written: DNI,
  triggers: [
    '(?<![A-Za-z0-9_.-])\\d{8}-?[A-Z][^A-Za-z0-9_]',
    '(?<![A-Za-z0-9_.-])\\d{2}\\.\\d{3}\\.\\d{3}-?[A-Z]',
    '(?<![A-Za-z0-9_.-])[XYZ]-?\\d{7}-?[A-Z]',
  ],
  words: ['dni', 'nie', 'nif'],
  bare: DNI,
  isValid: (n) => {
    const number = n.replace(/^X/, '0').replace(/^Y/, '1').replace(/^Z/, '2')
    return DNI_LETTERS[Number(number.slice(0, -1)) % 23] === n[n.length - 1]
  },
})

const ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
const FISCALE =
  /(?<![A-Za-z0-9_])[A-Za-z]{6}[\dLMNP-Vlmnp-v]{2}[ABCDEHLMPRSTabcdehlmprst][\dLMNP-Vlmnp-v]{2}[A-Za-z][\dLMNP-Vlmnp-v]{3}[A-Za-z](?![A-Za-z0-9_])/

/** DM 23/12/1976: odd and even characters have their own values, the sum modulo 26 is the last letter. */
function isFiscale(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 15; i++) {
    const code = n.charCodeAt(i)
    const value = code >= 65 ? code - 65 : code - 48
    sum += i % 2 === 0 ? ODD_VALUES[value] : value
  }
  return sum % 26 === n.charCodeAt(15) - 65
}

export const italyFiscale: Detector = nationalNumber({
  name: 'it-codice-fiscale',
  description: 'Italian codice fiscale (check letter)',
  written: FISCALE,
  triggers: ['(?<![A-Za-z0-9_])[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}'],
  words: ['codice fiscale', 'codicefiscale'],
  bare: FISCALE,
  isValid: isFiscale,
  generic: false,
})

export const netherlandsBsn: Detector = nationalNumber({
  name: 'nl-bsn',
  description: 'Dutch citizen service numbers (eleven test)',
  words: ['bsn', 'burgerservicenummer', 'sofinummer', 'sofi', 'burger service'],
  bare: /(?<![\w.-])\d{4}[. ]?\d{2}[. ]?\d{3}(?![\w-])(?!\.\d)|(?<![\w.-])\d{3}[. ]\d{3}[. ]\d{3}(?![\w-])/,
  isValid: (n) => weighted(n, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !isOneDigit(n),
})

const BELGIUM = /(?<![\w.-])\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?![\w-])/

/** Modulo 97; for those born since 2000 a 2 stands before the number. */
function isBelgian(n: string): boolean {
  const check = Number(n.slice(9))
  return 97 - mod97(n.slice(0, 9)) === check || 97 - mod97(`2${n.slice(0, 9)}`) === check
}

export const belgiumNational: Detector = nationalNumber({
  name: 'be-national-number',
  description: 'Belgian national register numbers (modulo 97)',
  written: BELGIUM,
  triggers: ['(?<![\\w.-])\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.'],
  words: ['rijksregister', 'rijksregisternummer', 'registre national', 'niss', 'insz', 'numéro national'],
  bare: /(?<![\w.-])\d{2}\.?\d{2}\.?\d{2}[- ]?\d{3}[. ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => isBelgian(n) && !isOneDigit(n),
})

export const portugalNif: Detector = nationalNumber({
  name: 'pt-nif',
  description: 'Portuguese tax numbers (check digit)',
  words: ['nif', 'contribuinte', 'número de contribuinte'],
  bare: /(?<![\w.-])[1-35689]\d{2} ?\d{3} ?\d{3}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = weighted(n, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
    return (rest < 2 ? 0 : 11 - rest) === Number(n[8])
  },
})

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

/** Thirteen digits that begin with 756 and end in an EAN-13 check digit. */
export const switzerlandAhv: Detector = nationalNumber({
  name: 'ch-ahv',
  description: 'Swiss social security numbers (EAN-13 check digit)',
  written: /(?<![\w.-])756\.\d{4}\.\d{4}\.\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])756\\.\\d{4}\\.\\d'],
  words: ['ahv', 'avs', 'ahvn13', 'navs', 'sozialversicherung', 'sozialversicherungsnummer'],
  bare: /(?<![\w.-])756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => (10 - (weighted(n, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === Number(n[12]),
})

export const austriaSvnr: Detector = nationalNumber({
  name: 'at-svnr',
  description: 'Austrian social insurance numbers (check digit and date)',
  words: ['svnr', 'sozialversicherungsnummer', 'sv nummer', 'sozialversicherung'],
  bare: /(?<![\w.-])[1-9]\d{3}[- ]?\d{6}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    weighted(n, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(n[3]) &&
    isMonthAndDay(((Number(n.slice(6, 8)) - 1) % 12) + 1, Number(n.slice(4, 6))),
})
