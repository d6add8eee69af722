import type { Detector } from '../../scan/types.ts'

/** Private keys in PEM (RFC 7468), OpenPGP armour and PuTTY's form; one that is cut off is found to its end. */
export const privateKey: Detector = {
  name: 'private-key',
  category: 'secret',
  description: 'Private keys in PEM or OpenPGP armour, whole or cut off',
  default: true,
  triggers: ['-----BEGIN [A-Z ]', 'Private-Lines: \\d'],
  pattern:
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?|Private-Lines: \d{1,4}(?:\r?\n[A-Za-z0-9+/=]{1,80}(?![\w-])){1,512}/,
  validate: (match) => /[A-Za-z0-9+/]{16}/.test(match.slice(match.indexOf('KEY') + 3)),
  priority: 12,
}
