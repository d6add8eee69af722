import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['"cvv": "⟦123⟧"', 'cvc=⟦4321⟧&x', 'CVV ⟦123⟧ please', { field: 'securityCode', text: '⟦123⟧' }],
  clean: ['"cvv_result": "M"', 'cvv: null', '"cvv": 12345'],
}
