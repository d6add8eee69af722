import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
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
}
