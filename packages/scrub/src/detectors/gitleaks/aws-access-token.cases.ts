import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['key AKIA ⟦AKIA¦IOSFODNN7EXAMPLE⟧, x', '"⟦ASIA¦Y34FZKBOKMUTVV7A⟧"', 'id=⟦AKIA¦1234567890ABCDEF⟧&y'],
  clean: ['AKIAIOSFODNN7', 'XAKIAIOSFODNN7EXAMPLE', 'asian12345678901234567'],
}
