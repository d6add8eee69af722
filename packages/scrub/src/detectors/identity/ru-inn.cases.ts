import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['ИНН ⟦7707083893⟧', 'INN: ⟦500100732259⟧'],
  clean: ['inner 7707083893', 'INN 7707083894'],
}
