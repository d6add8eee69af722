import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['SSN ⟦219-09-9999⟧', { field: 'ssn', text: '⟦078051120⟧' }, 'social security number is ⟦123 45 6789⟧'],
  clean: [
    '000-12-3456',
    '666-12-3456',
    '123-00-4567',
    '123-45-0000',
    '123456789',
    '2123-45-67890',
    'ssn: 123456789012',
  ],
}
