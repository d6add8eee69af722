import type { Detector } from '../../scan/types.ts'

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
