import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['CPF ⟦111.444.777-35⟧', 'cpf=⟦52998224725⟧'],
  clean: ['111.444.777-36', '52998224725', 'cpf 11111111111'],
}
