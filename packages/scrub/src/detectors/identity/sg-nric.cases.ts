import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['NRIC ⟦S1234567D⟧', '⟦T1234567J⟧', '⟦F1234567N⟧'], clean: ['S1234567A'] }
