import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['adobe_client_id: "⟦d3b07384d113edec49eaa6238ad5ff00⟧"'],
  clean: ['adobe: reader'],
}
