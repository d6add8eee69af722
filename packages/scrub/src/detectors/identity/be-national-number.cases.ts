import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦85.07.30-033.28⟧', 'rijksregisternummer ⟦85073003328⟧'],
  clean: ['85.07.30-033.29'],
}
