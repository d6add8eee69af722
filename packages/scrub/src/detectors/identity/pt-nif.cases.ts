import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['NIF: ⟦123456789⟧', 'NIF ⟦442599730⟧'],
  clean: ['123456789', 'nif 123456788'],
}
