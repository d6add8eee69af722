import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'IBAN ⟦DE89 3704 0044 0532 0130 00⟧ and more',
    '⟦GB82WEST12345698765432⟧.',
    '⟦FR1420041010050500013M02606⟧',
    '⟦NL91ABNA0417164300⟧',
    'iban=⟦es9121000418450200051332⟧&x=1',
    '⟦BE68-5390-0754-7034⟧',
    '⟦CH93 0076 2011 6238 5295 7⟧',
    '⟦NO9386011117947⟧',
  ],
  clean: ['DE89 3704 0044 0532 0130 01', 'GB82 TEST', 'SE20261121011000000000', 'XX82WEST12345698765432', 'DE12345'],
}
