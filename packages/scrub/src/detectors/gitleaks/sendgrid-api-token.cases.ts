import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦SG.¦aB3dE5fG7hJ9kL1mN3pQ5r.S7tU9vW1xY3zA5aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW⟧'],
  clean: ['SG.short'],
}
