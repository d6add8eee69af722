import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['תעודת זהות ⟦123456782⟧'], clean: ['123456782'] }
