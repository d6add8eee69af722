import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['bot⟦123456789:¦AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX⟧'],
  clean: ['12:AAB'],
}
