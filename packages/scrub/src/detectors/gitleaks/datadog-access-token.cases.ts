import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'DATADOG_API_KEY=⟦a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0⟧',
    { field: 'datadogApiKey', text: '⟦a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0⟧' },
  ],
  clean: ['datadog: enabled', 'datadog = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
}
