import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['NIP ⟦526-104-08-28⟧'], clean: ['NIP 526-104-08-29'] }
