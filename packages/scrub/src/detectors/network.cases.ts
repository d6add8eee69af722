import type { CaseTable } from './cases.ts'

export const networkCases: CaseTable = {
  ipv4: {
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
    ],
  },
  ipv6: {
    found: [
      '⟦2001:db8::1⟧',
      '[⟦2001:0db8:85a3:0000:0000:8a2e:0370:7334⟧]:443',
      '⟦fe80::1%eth0⟧',
      '⟦::ffff:192.0.2.128⟧',
      '"⟦2a02:8071:aa::42⟧"',
    ],
    clean: [
      'std::vector',
      'a::b',
      '12:30:45',
      '2026:11',
      'Foo::Bar::baz',
      '1:2:3',
      'aa:bb:cc:dd:ee:ff',
      'dead::beef::cafe',
    ],
  },
  'mac-address': {
    found: ['⟦00:1A:2b:3c:4d:5e⟧', '⟦00-1A-2B-3C-4D-5E⟧', '⟦001a.2b3c.4d5e⟧'],
    clean: [
      '00:00:00:00:00:00',
      'ff:ff:ff:ff:ff:ff',
      '12:30:45',
      '00:1A:2b:3c:4d',
      '11-22-33-44-55',
      '2026.1121.0110',
      '00:1A:2b:3c:4d:5e:6f',
    ],
  },
}
