import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['SIN: ⟦046 454 286⟧', { field: 'sin', text: '⟦130692544⟧' }],
  clean: ['SIN: 123 456 789', '046454286', 'business 046454286'],
}
