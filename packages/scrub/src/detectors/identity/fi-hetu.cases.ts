import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['⟦131052-308T⟧'], clean: ['131052-308U'] }
