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
