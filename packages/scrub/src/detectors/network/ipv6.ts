import type { Detector } from '../../scan/types.ts'

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
