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
  bare: /(?<![A-Za-z0-9_])[A-Za-z]{2}([ -]?)\d{2}\1\d{2}\1\d{2}\1[A-Da-dFMPTfmpt](?![A-Za-z0-9_])/,
  // Temporary numbers have letters that the real ones never do.
  isValid: (n, { hasContext }) => hasContext || !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(n),
})
