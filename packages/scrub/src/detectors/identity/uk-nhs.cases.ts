import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['NHS number: ⟦943 476 5919⟧', { field: 'nhsNumber', text: '⟦9434765919⟧' }],
  clean: ['9434765919', 'NHS 943 476 5918'],
}
