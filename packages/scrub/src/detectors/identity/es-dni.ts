import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

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
