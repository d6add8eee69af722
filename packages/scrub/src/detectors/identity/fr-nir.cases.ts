import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦2 55 08 14 168 025 38⟧', 'NIR ⟦255081416802538⟧'],
  clean: ['255081416802539', '1763680200000'],
}
