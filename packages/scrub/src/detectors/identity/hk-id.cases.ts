import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['⟦A123456(3)⟧'], clean: ['A123456(4)'] }
