import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['isikukood ⟦37605030299⟧', 'asmens kodas: ⟦33309240064⟧', { field: 'personalCode', text: '⟦37605030299⟧' }],
  clean: ['isikukood 37605030298'],
}
