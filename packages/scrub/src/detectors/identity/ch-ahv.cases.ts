import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦756.9217.0769.85⟧', 'AHV ⟦7569217076985⟧'],
  clean: ['756.9217.0769.84'],
}
