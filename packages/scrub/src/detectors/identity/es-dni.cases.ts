import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['DNI ⟦12345678Z⟧', 'NIE: ⟦X1234567L⟧', '⟦12.345.678-Z⟧'],
  clean: ['12345678A', 'X1234567A', '20261121T011000Z'],
}
