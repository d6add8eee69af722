import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['PESEL ⟦44051401359⟧', 'national id: ⟦44051401359⟧'],
  clean: ['44051401359', 'PESEL 44051401358'],
}
