import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['passport no. ⟦C01X00T47⟧', { field: 'passportNumber', text: '⟦123456789⟧' }, 'Reisepass: ⟦C01X00T47⟧'],
  clean: ['passport expired', 'passport.js version', '"passport_expiry": "2026-11-21"'],
}
