import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['STRIPE=⟦whsec_¦sbRGzzYjIUETKIQfrUSCEiwvjBBHDI0W⟧'],
  clean: ['whsec_', 'whsec_test'],
}
