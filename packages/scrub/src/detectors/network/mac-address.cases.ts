import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    '⟦00:1A:2b:3c:4d:5e⟧',
    '⟦00-1A-2B-3C-4D-5E⟧',
    '⟦001a.2b3c.4d5e⟧',
    'mac ⟦001a2b3c4d5e⟧',
    { field: 'macAddress', text: '⟦001A2B3C4D5E⟧' },
  ],
  clean: [
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '12:30:45',
    '00:1A:2b:3c:4d',
    '11-22-33-44-55',
    '2026.1121.0110',
    '00:1A:2b:3c:4d:5e:6f',
    'drawn 04-11-23-35-42-07',
    'build 001a2b3c4d5e',
    'mac 001122334455',
  ],
}
