import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦sbp_¦d807d4b6ab0553854edd3aae7ed5e15ff034d160⟧', '⟦sb_¦secret_C6kPet4WZdNMR0MTjhWwwyPXWzP0q162⟧'],
  clean: ['sbp_12', 'sb_publishable_DnfZWJJ1PfYCGKZGwtS5'],
}
