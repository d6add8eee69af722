import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['CF: ⟦RSSMRA85T10A562S⟧'],
  clean: ['RSSMRA85T10A562T', 'ABCDEF12G34H567I'],
}
