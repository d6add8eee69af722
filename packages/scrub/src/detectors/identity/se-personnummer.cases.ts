import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦811228-9874⟧', 'personnummer ⟦198112289874⟧'],
  clean: ['811228-9873', '20261121-0110'],
}
