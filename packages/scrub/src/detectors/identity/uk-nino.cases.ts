import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦QQ123456C⟧', '⟦AB123456C⟧', 'NI number ⟦JG 12 34 56 A⟧', 'NI number: ⟦ZZ 18 57 20 T⟧'],
  clean: ['GB123456A', 'AB123456E', 'XAB123456C', 'ZZ 18 57 20 T'],
}
