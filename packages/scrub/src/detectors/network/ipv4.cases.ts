import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'from ⟦203.0.113.9⟧:443',
    '"ip":"⟦10.1.2.3⟧"',
    'https://⟦192.0.2.1⟧/x',
    '⟦198.51.100.7⟧ - - [21/Nov/2026]',
    'range ⟦10.0.0.0⟧/8',
  ],
  clean: [
    '127.0.0.1 0.0.0.0 255.255.255.255',
    'Chrome/120.0.0.0 Safari/537.36',
    'v1.2.3.4',
    '"version": "1.2.3.4"',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3',
    { field: 'appVersion', text: '4.18.2.1' },
    '01.02.03.04',
    'Windows NT 10.0; rv:1.9.2.20) Gecko',
    'mask 255.255.254.0',
    'OID 1.3.6.1.4.1 2.5.29.15',
  ],
}
