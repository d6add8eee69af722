import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['CPR: ⟦070761-4285⟧'], clean: ['070761-4285', 'CPR 999999-1234'] }
