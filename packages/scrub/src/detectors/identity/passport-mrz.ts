import type { Detector } from '../../scan/types.ts'

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
