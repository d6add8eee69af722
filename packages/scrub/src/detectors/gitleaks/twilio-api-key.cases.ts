import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦SK¦1234567890abcdef1234567890abcdef⟧'],
  clean: ['SKU-4411-XL', 'TASK1234567890abcdef1234567890abcdef'],
}
