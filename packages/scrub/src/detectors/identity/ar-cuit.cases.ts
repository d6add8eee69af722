import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['CUIT ⟦20-12345678-6⟧', 'CUIT ⟦20-60321216-9⟧'],
  clean: ['20-12345678-7'],
}
