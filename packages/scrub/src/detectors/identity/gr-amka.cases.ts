import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['ΑΜΚΑ ⟦01018000016⟧'], clean: ['AMKA 01018000017'] }
