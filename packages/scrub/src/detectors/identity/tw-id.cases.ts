import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['身分證 ⟦A123456789⟧'], clean: ['A123456789', '身分證 A123456788'] }
