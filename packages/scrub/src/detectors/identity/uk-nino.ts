import type { Detector } from '../../scan/types.ts'
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
