import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['SA ID ⟦8001015009087⟧'],
  clean: ['8001015009087', 'SA ID 8001015009088'],
}
