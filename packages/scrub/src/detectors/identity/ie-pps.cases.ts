import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['PPS number ⟦1234567T⟧', 'PPSN: ⟦1234567FA⟧'], clean: ['PPS 1234567A'] }
