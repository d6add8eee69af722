import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['NIF: ⟦123456789⟧'], clean: ['123456789', 'nif 123456788'] }
