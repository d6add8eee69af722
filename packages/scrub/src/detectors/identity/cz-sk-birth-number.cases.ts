import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['rodné číslo ⟦736028/5163⟧', '⟦736028/5163⟧', 'rodné číslo ⟦770207/0410⟧'],
  clean: ['736028/5164'],
}
