import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['BSN ⟦111222333⟧', 'burgerservicenummer: ⟦123456782⟧'],
  clean: ['111222333', 'bsn 111222334'],
}
