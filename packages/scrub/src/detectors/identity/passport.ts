import type { Detector } from '../../scan/types.ts'

/** Passport numbers have no check digit of their own: only a word betrays them. */
export const passport: Detector = {
  name: 'passport-number',
  category: 'identity',
  description: 'Passport numbers, after a word that says passport',
  default: true,
  context: {
    words: [
      'passport',
      'reisepass',
      'personalausweis',
      'ausweisnummer',
      'passeport',
      'pasaporte',
      'passaporto',
      'passaporte',
      'paspoort',
      'паспорт',
      '护照',
      '旅券',
    ],
    pattern:
      /(?<![A-Za-z0-9_.-])(?:[A-Z]{1,2}\d{6,8}|\d{8,9}|[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8}|\d{2}[A-Z]{2}\d{5})(?![A-Za-z0-9_-])(?!\.\d)/,
    reach: 32,
  },
  validate: (match, { fieldName }) =>
    /(?:\d.*){4}/.test(match) && !/(?:_at|At|date|expir|issued|country|type)/.test(fieldName),
}

/** The two machine-readable lines of a passport (ICAO 9303-4), with the check digit of the number. */
export const passportMrz: Detector = {
  name: 'passport-mrz',
  category: 'identity',
  description: 'Machine-readable zone of passports (check digit)',
  default: true,
  triggers: ['(?<![A-Z0-9<])(?-i:P[A-Z<][A-Z]{3}[A-Z<]{5})'],
  pattern:
    /(?<![A-Z0-9<])P[A-Z<][A-Z]{3}[A-Z<]{39}(?:\s{1,2}|\\n|\\r\\n)?[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{14}[\d<]\d/,
  group: 0,
  validate: (match) => {
    const line = match.slice(-44)
    let sum = 0
    for (let i = 0; i < 9; i++) {
      const code = line.charCodeAt(i)
      sum += (code === 60 ? 0 : code >= 65 ? code - 55 : code - 48) * [7, 3, 1][i % 3]
    }
    return sum % 10 === Number(line[9])
  },
}
