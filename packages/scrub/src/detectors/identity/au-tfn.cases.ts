import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['TFN ⟦123 456 782⟧'], clean: ['123 456 782', 'TFN 123 456 789'] }
