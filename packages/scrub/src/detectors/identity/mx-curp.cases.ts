import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦HEGG560427MVZRRL04⟧'],
  clean: ['HEGG560427MVZRRL05', 'ABCD123456HABCDEF0'],
}
