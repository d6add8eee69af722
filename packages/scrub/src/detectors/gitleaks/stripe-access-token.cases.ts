import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['stripe ⟦sk_¦live_4eC39HqLyjWDarjtT1zdp7dc⟧, ok', '"⟦rk_¦test_51H8aB3dE5fG7hJ9⟧"'],
  clean: ['sk_live_', 'task_live_4eC39HqLyjWDarjtT1zdp7dc'],
}
