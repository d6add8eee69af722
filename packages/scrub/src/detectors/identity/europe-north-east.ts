import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay, isOneDigit, luhn, weighted } from '../checksums.ts'
import { nationalNumber } from './define.ts'

/** Months carry the century: 1800s +80, 2000s +20, 2100s +40, 2200s +60. */
export const polandPesel: Detector = nationalNumber({
  name: 'pl-pesel',
  description: 'Polish PESEL numbers (date and check digit)',
  words: ['pesel'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 20, Number(n.slice(4, 6))) &&
    (10 - (weighted(n, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(n[10]),
})

export const polandNip: Detector = nationalNumber({
  name: 'pl-nip',
  description: 'Polish tax numbers (check digit)',
  words: ['nip'],
  bare: /(?<![\w.-])\d{3}-?\d{3}-?\d{2}-?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => weighted(n, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(n[9]) && !isOneDigit(n),
})

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

/** Fødselsnummer: two check digits modulo 11; D-numbers add 40 to the day, H-numbers 40 to the month. */
export const norwayFnr: Detector = nationalNumber({
  name: 'no-fodselsnummer',
  description: 'Norwegian national identity numbers (date and two check digits)',
  written: /(?<![\w.-])(?<!\d[ .])[0-7]\d[0145]\d{3} \d{5}(?![\w-])(?![ .]\d)/,
  triggers: ['(?<![\\w.-])[0-7]\\d[0145]\\d{3} \\d{5}'],
  words: ['fødselsnummer', 'fodselsnummer', 'fnr', 'personnummer', 'fødselsnr'],
  bare: /(?<![\w.-])[0-7]\d[0145]\d{3} ?\d{5}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 40, Number(n.slice(0, 2)) % 40) &&
    weighted(n, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weighted(n, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
})

/** No check digit since 2007: date and word only. */
export const denmarkCpr: Detector = nationalNumber({
  name: 'dk-cpr',
  description: 'Danish CPR numbers (date), after a word that says so',
  words: ['cpr', 'cpr nummer', 'cpr nr', 'personnummer'],
  bare: /(?<![\w.-])\d{6}[- ]?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))),
  generic: false,
})

const HETU = /(?<![A-Za-z0-9_])[0-3]\d[01]\d{3}[-+A-FU-Ya-fu-y]\d{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y](?![A-Za-z0-9_])/

export const finlandHetu: Detector = nationalNumber({
  name: 'fi-hetu',
  description: 'Finnish personal identity codes (date and check character)',
  written: HETU,
  triggers: ['(?<![A-Za-z0-9_])[0-3]\\d[01]\\d{3}[-+A-FU-Y]\\d{3}[0-9A-Y]'],
  words: ['hetu', 'henkilötunnus'],
  bare: HETU,
  isValid: (n) => {
    const serial = n.length === 10 ? n.slice(6, 9) : n.slice(7, 10)
    const number = Number(n.slice(0, 6) + serial)
    return (
      isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))) &&
      '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === n[n.length - 1]
    )
  },
})

/** Birth numbers of Czechia and Slovakia: divisible by 11; women's months have 50 added, and 20 where serials ran out. */
export const czechBirthNumber: Detector = nationalNumber({
  name: 'cz-sk-birth-number',
  description: 'Czech and Slovak birth numbers (date, divisible by 11)',
  written: /(?<![\w.-])\d{6}\/\d{4}(?![\w-])(?!\/)/,
  triggers: ['(?<![\\w.-])\\d\\d[0-9]\\d[0-3]\\d/\\d{4}'],
  words: ['rodné číslo', 'rodne cislo', 'rodné čislo'],
  bare: /(?<![\w.-])\d{6}\/?\d{4}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay((Number(n.slice(2, 4)) % 50) % 20, Number(n.slice(4, 6))) && Number(n) % 11 === 0,
})

export const romaniaCnp: Detector = nationalNumber({
  name: 'ro-cnp',
  description: 'Romanian personal numeric codes (date and check digit)',
  words: ['cnp', 'cod numeric personal'],
  bare: /(?<![\w.-])[1-9]\d{12}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const rest = weighted(n, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
    return isMonthAndDay(Number(n.slice(3, 5)), Number(n.slice(5, 7))) && (rest === 10 ? 1 : rest) === Number(n[12])
  },
})

export const bulgariaEgn: Detector = nationalNumber({
  name: 'bg-egn',
  description: 'Bulgarian EGN (date and check digit)',
  words: ['egn', 'егн'],
  bare: /(?<![\w.-])\d{10}(?![\w-])(?!\.\d)/,
  isValid: (n) =>
    isMonthAndDay(Number(n.slice(2, 4)) % 20, Number(n.slice(4, 6))) &&
    (weighted(n, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === Number(n[9]),
})

/** Estonia, Lithuania: century and sex, date, serial, check digit of two passes. */
function isBaltic(n: string): boolean {
  const first = weighted(n, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  const second = weighted(n, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11
  const check = first < 10 ? first : second < 10 ? second : 0
  return isMonthAndDay(Number(n.slice(3, 5)), Number(n.slice(5, 7))) && check === Number(n[10])
}

export const balticId: Detector = nationalNumber({
  name: 'ee-lt-personal-code',
  description: 'Estonian and Lithuanian personal codes (date and check digit)',
  words: ['isikukood', 'asmens kodas'],
  bare: /(?<![\w.-])[1-6]\d{10}(?![\w-])(?!\.\d)/,
  isValid: isBaltic,
})

/** ISO 7064 MOD 11,10, without separators. */
export const croatiaOib: Detector = nationalNumber({
  name: 'hr-oib',
  description: 'Croatian OIB (ISO 7064 MOD 11,10)',
  words: ['oib'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    let product = 10
    for (let i = 0; i < 10; i++) product = (((Number(n[i]) + product) % 10 || 10) * 2) % 11
    return (11 - product) % 10 === Number(n[10])
  },
  generic: false,
})

export const greeceAmka: Detector = nationalNumber({
  name: 'gr-amka',
  description: 'Greek AMKA (date and Luhn)',
  words: ['amka', 'αμκα'],
  bare: /(?<![\w.-])\d{11}(?![\w-])(?!\.\d)/,
  isValid: (n) => isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))) && luhn(n),
  generic: false,
})

export const russiaSnils: Detector = nationalNumber({
  name: 'ru-snils',
  description: 'Russian SNILS (check sum)',
  written: /(?<![\w.-])\d{3}-\d{3}-\d{3}[ -]\d{2}(?![\w-])/,
  triggers: ['(?<![\\w.-])\\d{3}-\\d{3}-\\d{3}[ -]\\d{2}'],
  words: ['snils', 'снилс'],
  bare: /(?<![\w.-])\d{3}-?\d{3}-?\d{3}[ -]?\d{2}(?![\w-])(?!\.\d)/,
  isValid: (n) => {
    const sum = weighted(n, [9, 8, 7, 6, 5, 4, 3, 2, 1])
    return (sum % 101) % 100 === Number(n.slice(9))
  },
  generic: false,
})

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
