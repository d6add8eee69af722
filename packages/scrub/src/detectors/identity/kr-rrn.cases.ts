import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦900101-1234567⟧', 'RRN: ⟦931206-0893255⟧'],
  clean: ['901301-1234567', '900101-9234567', '931206-0893255'],
}
