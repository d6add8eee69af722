import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦12.345.678-5⟧', 'RUT ⟦12345678-5⟧'],
  clean: ['12.345.678-6', '12345678-5'],
}
