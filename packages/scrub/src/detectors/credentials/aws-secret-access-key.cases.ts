import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'aws_secret_access_key = ⟦wJalrXUtnFEMI/K7MDENG¦/bPxRfiCYEXAMPLEKEY⟧',
    { field: 'SecretAccessKey', text: '⟦wJalrXUtnFEMI/K7MDENG¦/bPxRfiCYEXAMPLEKEY⟧' },
  ],
  clean: ['aws secret: da39a3ee5e6b4b0d3255bfef95601890afd80709'],
}
