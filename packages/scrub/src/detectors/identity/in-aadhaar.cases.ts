import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['Aadhaar ⟦2341 2341 2346⟧', '⟦2341 2341 2346⟧'],
  clean: ['2341 2341 2347', '234123412346'],
}
