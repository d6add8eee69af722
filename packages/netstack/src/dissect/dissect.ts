import { formatMac } from '../wire/address.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_IPV4, LINKTYPE_IPV6, LINKTYPE_NULL, LINKTYPE_RAW } from '../wire/link-types.ts'
import { dissectData } from './application.ts'
import { dissectEthernet } from './ethernet.ts'
import { dissectIp } from './internet.ts'
import type { DissectedLayer, Dissection } from './tree.ts'
import type { Walk } from './walk.ts'

/** What a packet's first byte is, and whether an FCS stands at its end. */
export interface DissectOptions {
  /** A number of wire/link-types.ts; default Ethernet. */
  linkType?: number
  /** 4 when each frame ends in its FCS; default 0. */
  fcsBytes?: number
}

/** Takes bytes[start..end) apart, whatever they are: what makes no sense is shown with an error, never thrown. */
export function dissect(
  bytes: Uint8Array,
  options: DissectOptions = {},
  start = 0,
  end: number = bytes.length,
): Dissection {
  const walk: Walk = { bytes, layers: [], quoted: false }
  const linkType = options.linkType ?? LINKTYPE_ETHERNET
  if (linkType === LINKTYPE_ETHERNET) dissectEthernet(walk, start, end, options.fcsBytes ?? 0)
  else if (linkType === LINKTYPE_RAW || linkType === LINKTYPE_IPV4 || linkType === LINKTYPE_IPV6)
    dissectIp(walk, start, end)
  else if (linkType === LINKTYPE_NULL) dissectIp(walk, Math.min(start + 4, end), end)
  else dissectData(walk, start, end, `link type ${linkType} is not known`)
  return summarise(walk.layers)
}

function summarise(layers: DissectedLayer[]): Dissection {
  const own = layers.filter((layer) => layer.quoted !== true)
  const network = own.findLast((layer) => layer.layer === 3 && layer.fields.some((field) => field.name === 'source'))
  const link = own.find((layer) => layer.protocol === 'ethernet')
  const named = own.findLast((layer) => layer.protocol !== 'data') ?? own.at(-1)
  const text = (layer: DissectedLayer | undefined, name: string): string | undefined =>
    layer?.fields.find((field) => field.name === name)?.text
  const mac = (name: string): string => {
    const value = link?.fields.find((field) => field.name === name)?.value
    return value instanceof Uint8Array ? formatMac(value) : '?'
  }
  return {
    layers,
    source: text(network, 'source') ?? mac('source'),
    destination: text(network, 'destination') ?? mac('destination'),
    protocol: named?.protocol ?? 'data',
    summary: named?.summary ?? 'no bytes',
  }
}
