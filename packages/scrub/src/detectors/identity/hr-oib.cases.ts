import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['OIB: ⟦69435151530⟧'], clean: ['OIB: 69435151531'] }
