import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['fødselsnummer ⟦13097248022⟧', '⟦130972 48022⟧'],
  clean: ['13097248022', 'fnr 13097248023'],
}
