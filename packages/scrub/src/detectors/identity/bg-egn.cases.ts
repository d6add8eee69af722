import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['ЕГН ⟦7523169263⟧'], clean: ['EGN 7523169264'] }
