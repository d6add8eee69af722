import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['身份证号：⟦11010519491231002X⟧', 'id ⟦11010519491231002X⟧'],
  clean: ['110105194912310020'],
}
