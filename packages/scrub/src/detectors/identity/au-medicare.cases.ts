import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['Medicare: ⟦2123 45670 1⟧'], clean: ['Medicare 2123 45671 1'] }
