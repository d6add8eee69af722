import type { Detector, MatchContext } from '../../scan/types.ts'

/** `Chrome/120.0.0.0`, `v1.2.3.4`, `"version": "1.2.3.4"`: four numbers that are no address. */
const VERSION_BEFORE =
  /(?:[a-z_]\/|\brv:|\bv(?:er(?:sion)?)?\.? ?|(?:version|build|release|firmware|revision)[\\"']{0,2} ?[:=]? ?[\\"']{0,2}|(?:section|clause|chapter|appendix|figure|table|step|article|abschnitt|kapitel|oid|§) ?)$/i

function isAddress4(_match: string, { text, start, fieldName, hasContext }: MatchContext): boolean {
  if (hasContext) return true
  if (/version|build|release|firmware/i.test(fieldName)) return false
  const before = text.slice(Math.max(0, start - 64), start)
  if (/\boid\b[^\n]*$/i.test(before)) return false
  return before.endsWith('://') || before.endsWith('\\/\\/') || !VERSION_BEFORE.test(before)
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'

/** Dotted-quad addresses; the unspecified and the loopback address, the broadcast address and network masks tell nothing about anybody. */
export const ipv4: Detector = {
  name: 'ipv4',
  category: 'network',
  description: 'IPv4 addresses, without loopback, unspecified, broadcast and masks',
  default: true,
  triggers: ['\\d\\.\\d{1,3}\\.\\d{1,3}\\.\\d'],
  lead: { set: '[0-9]', max: 2 },
  pattern: new RegExp(
    `(?<![A-Za-z0-9_.])(?<![0-9]-)(?!127\\.|0\\.0\\.0\\.0|255\\.)${OCTET}(?:\\.${OCTET}){3}(?![A-Za-z0-9_])(?!\\.\\d)`,
  ),
  validate: isAddress4,
}
