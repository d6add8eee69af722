import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'send to ⟦1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa⟧',
    '⟦3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy⟧',
    '⟦bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4⟧',
    '⟦0x52908400098527886E0F7030069857D2E4169EE7⟧',
  ],
  clean: [
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
    '0x52908400098527886E0F7030069857D2E4169EE752908400098527886E0F7030',
    '0x0000000000000000000000000000000000000000',
    '17636802000001763680200000',
  ],
}
