import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['HEROKU_API_KEY=⟦12345678-9abc-4def-8123-456789abcdef⟧'],
  clean: ['"heroku_app": "12345678-9abc-4def-8123-456789abcdef"'],
}
