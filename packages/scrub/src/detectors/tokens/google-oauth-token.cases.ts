import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦GOCSPX-¦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v⟧', '⟦ya29.¦a0AfH6SMBx3dE5fG7hJ9kL1mN3pQ5⟧'],
  clean: ['ya29.x'],
}
