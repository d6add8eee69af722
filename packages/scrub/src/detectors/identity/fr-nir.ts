import type { Detector } from '../../scan/types.ts'
import { nationalNumber } from './define.ts'

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
