import type { Detector } from '../../scan/types.ts'

/** Card verification values, PINs and one-time codes: digits that only their name betrays. */
export const verificationCode: Detector = {
  name: 'card-verification-code',
  category: 'financial',
  description: 'Card verification values (CVV, CVC, CID), by the name of the field',
  default: true,
  context: {
    words: ['cvv', 'cvc', 'cvv2', 'cvc2', 'security code', 'card code', 'verification value', 'card verification'],
    pattern: /(?<![\w.-])\d{3,4}(?![\w-])(?!\.\d)/,
    reach: 12,
    fieldPattern: /\d{3,4}\s*$/,
  },
}
