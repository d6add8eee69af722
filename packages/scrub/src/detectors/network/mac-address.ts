import type { Detector } from '../../scan/types.ts'

function isMac(match: string): boolean {
  if (/^(?:00[:.-]?){6}$|^(?:ff[:.-]?){6}$/i.test(match)) return false
  // Twelve digits and no letter: a draw of numbers, a date, an id. With colons a clock has no sixth part.
  return match.includes(':') || /[a-f]/i.test(match)
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
  group: 0,
  context: {
    words: ['mac', 'mac address', 'hwaddr', 'hardware address', 'ether', 'bssid'],
    pattern: /(?<![A-Za-z0-9_])[0-9A-Fa-f]{12}(?![A-Za-z0-9_])/,
    reach: 16,
  },
  validate: isMac,
}
