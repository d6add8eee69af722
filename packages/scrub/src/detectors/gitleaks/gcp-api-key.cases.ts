import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['key=⟦AIza¦SyB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z⟧&x'],
  clean: ['AIzaShort'],
}
