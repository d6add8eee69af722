import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦11.222.333/0001-81⟧', 'CNPJ: ⟦11222333000181⟧'],
  clean: ['11.222.333/0001-82'],
}
