import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['SVNR ⟦1237 010180⟧'], clean: ['SVNR 1234 010180'] }
