import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦xoxb-¦123456789012-123456789012-aB3dE5fG7hJ9kL1mN3pQ5rS7⟧'],
  clean: ['xoxb-test'],
}
