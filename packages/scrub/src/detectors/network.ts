import type { Detector, MatchContext } from '../scan/types.ts'

/** `Chrome/120.0.0.0`, `v1.2.3.4`, `"version": "1.2.3.4"`: four numbers that are no address. */
const VERSION_BEFORE =
  /(?:[a-z_]\/|\bv(?:er(?:sion)?)?\.? ?|(?:version|build|release|firmware|revision)[\\"']{0,2} ?[:=]? ?[\\"']{0,2}|(?:section|clause|chapter|appendix|figure|table|step|article|abschnitt|kapitel|oid|§) ?)$/i

function isAddress4(_match: string, { text, start, fieldName, hasContext }: MatchContext): boolean {
  if (hasContext) return true
  if (/version|build|release|firmware/i.test(fieldName)) return false
  const before = text.slice(Math.max(0, start - 20), start)
  return before.endsWith('://') || before.endsWith('\\/\\/') || !VERSION_BEFORE.test(before)
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'

/** Dotted-quad addresses; the unspecified, the broadcast and the loopback address tell nothing about anybody. */
export const ipv4: Detector = {
  name: 'ipv4',
  category: 'network',
  description: 'IPv4 addresses, without loopback, unspecified and broadcast',
  default: true,
  triggers: ['\\d\\.\\d{1,3}\\.\\d{1,3}\\.\\d'],
  lead: { set: '[0-9]', max: 2 },
  pattern: new RegExp(
    `(?<![A-Za-z0-9_.])(?<![0-9]-)(?!127\\.|0\\.0\\.0\\.0|255\\.255\\.255\\.255)${OCTET}(?:\\.${OCTET}){3}(?![A-Za-z0-9_])(?!\\.\\d)`,
  ),
  validate: isAddress4,
}

function isAddress6(match: string): boolean {
  const [plain] = match.split('%')
  const halves = plain.split('::')
  if (halves.length > 2) return false
  const groups = plain.split(':').filter((group) => group !== '')
  const hasIpv4 = plain.includes('.')
  const count = groups.length + (hasIpv4 ? 1 : 0)
  if (halves.length === 1 ? count !== 8 : count > 7) return false
  if (halves.length === 1) return true
  // `std::abc`, `a::b` and `::1` in code: short forms need a digit and two groups, or a full first group.
  return groups.length >= 2 && /\d/.test(plain) && groups.some((group) => group.length >= 3)
}

/** IPv6 addresses (RFC 4291 clause 2.2), compressed, with embedded IPv4, with a zone. */
export const ipv6: Detector = {
  name: 'ipv6',
  category: 'network',
  description: 'IPv6 addresses',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9_:.])[0-9a-f]{3,4}:[0-9a-f]{1,4}:[0-9a-f:]',
    '(?<![A-Za-z0-9_:.])[0-9a-f]{1,4}::[0-9a-f]',
    '(?<![A-Za-z0-9_:.])::ffff:\\d',
    '(?<![A-Za-z0-9_:.])[0-9a-f]{1,2}:[0-9a-f]{1,4}:[0-9a-f]{3,4}:[0-9a-f]',
  ],
  pattern:
    /(?<![A-Za-z0-9_:.])(?:::)?(?:[0-9A-Fa-f]{1,4}::?){1,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4}|(?<=::))(?:%\w{1,16})?(?![A-Za-z0-9_:])/,
  validate: isAddress6,
}

/** Hardware addresses (IEEE 802 EUI-48), with colons, hyphens, or in Cisco's groups of four. */
export const mac: Detector = {
  name: 'mac-address',
  category: 'network',
  description: 'MAC addresses',
  default: true,
  triggers: [
    '(?<![A-Za-z0-9_:-])[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]',
    '(?<![A-Za-z0-9_:-])[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]',
    '(?<![A-Za-z0-9_:.-])[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4}',
  ],
  pattern:
    /(?<![A-Za-z0-9_:.-])(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![A-Za-z0-9_:-])/,
  validate: (match) => !/^(?:00[:.-]?){6}$|^(?:ff[:.-]?){6}$/i.test(match) && !/^\d{4}\.\d{4}\.\d{4}$/.test(match),
}
