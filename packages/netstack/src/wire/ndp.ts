import { Format } from './format.ts'
import type { OptionSpace, UnknownOption } from './options.ts'

/** A Neighbor Discovery option (RFC 4861 section 4.6, RFC 8106). Lengths are in units of 8 bytes and computed where left out. */
export type NdpOption =
  | {
      name: 'source-link-layer-address' | 'target-link-layer-address'
      kind?: number
      length?: number
      address: Uint8Array
    }
  | {
      name: 'prefix-information'
      kind?: number
      length?: number
      prefixLength: number
      onLink: number
      autonomous: number
      reserved1?: number
      validLifetime: number
      preferredLifetime: number
      reserved2?: number
      prefix: Uint8Array
    }
  | {
      name: 'redirected-header'
      kind?: number
      length?: number
      reserved?: number
      reserved2?: number
      packet: Uint8Array
    }
  | { name: 'mtu'; kind?: number; length?: number; reserved?: number; mtu: number }
  | {
      name: 'recursive-dns-server'
      kind?: number
      length?: number
      reserved?: number
      lifetime: number
      servers: { address: Uint8Array }[]
    }
  | { name: 'nonce'; kind?: number; length?: number; nonce: Uint8Array }
  | UnknownOption

const kind = (initial?: number): { name: 'kind'; label: string; bits: number; initial?: number } => ({
  name: 'kind',
  label: 'Type',
  bits: 8,
  initial,
})
const LENGTH = { name: 'length', label: 'Length', bits: 8, unit: { size: 8, of: 'bytes' } } as const

interface LinkLayerAddress {
  kind: number
  length: number
  address: Uint8Array
}

const linkLayerAddress = (number: number, name: string, label: string): Format<LinkLayerAddress> =>
  new Format<LinkLayerAddress>({
    name,
    label,
    source: 'RFC 4861 section 4.6.1',
    fields: [
      kind(number),
      LENGTH,
      { name: 'address', label: 'Link-Layer Address', bits: 48, kind: 'mac', filter: 'icmpv6.opt.linkaddr' },
    ],
  })

interface PrefixInformation {
  kind: number
  length: number
  prefixLength: number
  onLink: number
  autonomous: number
  reserved1: number
  validLifetime: number
  preferredLifetime: number
  reserved2: number
  prefix: Uint8Array
}

const PREFIX_INFORMATION = new Format<PrefixInformation>({
  name: 'prefix-information',
  label: 'Prefix Information',
  source: 'RFC 4861 section 4.6.2',
  fields: [
    kind(3),
    LENGTH,
    { name: 'prefixLength', label: 'Prefix Length', bits: 8, filter: 'icmpv6.opt.prefix.length' },
    { name: 'onLink', label: 'On-link flag (L)', bits: 1, kind: 'flag', filter: 'icmpv6.opt.prefix.flag.l' },
    {
      name: 'autonomous',
      label: 'Autonomous address-configuration flag (A)',
      bits: 1,
      kind: 'flag',
      filter: 'icmpv6.opt.prefix.flag.a',
    },
    { name: 'reserved1', label: 'Reserved', bits: 6, initial: 0 },
    {
      name: 'validLifetime',
      label: 'Valid Lifetime',
      bits: 32,
      unit: { size: 1, of: 'seconds' },
      filter: 'icmpv6.opt.prefix.valid_lifetime',
    },
    {
      name: 'preferredLifetime',
      label: 'Preferred Lifetime',
      bits: 32,
      unit: { size: 1, of: 'seconds' },
      filter: 'icmpv6.opt.prefix.preferred_lifetime',
    },
    { name: 'reserved2', label: 'Reserved', bits: 32, initial: 0 },
    { name: 'prefix', label: 'Prefix', bits: 128, kind: 'ipv6', filter: 'icmpv6.opt.prefix' },
  ],
})

const REDIRECTED_HEADER = new Format<{
  kind: number
  length: number
  reserved: number
  reserved2: number
  packet: Uint8Array
}>({
  name: 'redirected-header',
  label: 'Redirected Header',
  source: 'RFC 4861 section 4.6.3',
  fields: [
    kind(4),
    LENGTH,
    { name: 'reserved', label: 'Reserved', bits: 16, initial: 0 },
    { name: 'reserved2', label: 'Reserved', bits: 32, initial: 0 },
  ],
  tail: { shape: 'bytes', name: 'packet', label: 'IP header and data' },
})

const MTU = new Format<{ kind: number; length: number; reserved: number; mtu: number }>({
  name: 'mtu',
  label: 'MTU',
  source: 'RFC 4861 section 4.6.4',
  fields: [
    kind(5),
    LENGTH,
    { name: 'reserved', label: 'Reserved', bits: 16, initial: 0 },
    { name: 'mtu', label: 'MTU', bits: 32, filter: 'icmpv6.opt.mtu' },
  ],
})

const NONCE = new Format<{ kind: number; length: number; nonce: Uint8Array }>({
  name: 'nonce',
  label: 'Nonce',
  source: 'RFC 3971 section 5.3.2',
  fields: [kind(14), LENGTH],
  tail: { shape: 'bytes', name: 'nonce', label: 'Nonce' },
})

const SERVER = new Format<{ address: Uint8Array }>({
  name: 'server',
  label: 'Server',
  source: 'RFC 8106 section 5.1',
  fields: [{ name: 'address', label: 'Address', bits: 128, kind: 'ipv6', filter: 'icmpv6.opt.rdnss' }],
})

const RECURSIVE_DNS_SERVER = new Format<{
  kind: number
  length: number
  reserved: number
  lifetime: number
  servers: { address: Uint8Array }[]
}>({
  name: 'recursive-dns-server',
  label: 'Recursive DNS Server',
  source: 'RFC 8106 section 5.1',
  fields: [
    kind(25),
    LENGTH,
    { name: 'reserved', label: 'Reserved', bits: 16, initial: 0 },
    {
      name: 'lifetime',
      label: 'Lifetime',
      bits: 32,
      unit: { size: 1, of: 'seconds' },
      filter: 'icmpv6.opt.rdnss.lifetime',
    },
  ],
  tail: { shape: 'list', name: 'servers', label: 'Servers', item: SERVER },
})

/** RFC 4861 section 4.6. A length of 0 breaks the list off: the whole message must then be thrown away. */
export const NDP_OPTIONS: OptionSpace = {
  name: 'ndp',
  bare: [],
  lengthUnit: 8,
  lengthExtra: 0,
  alignment: 1,
  formats: [
    linkLayerAddress(1, 'source-link-layer-address', 'Source Link-Layer Address'),
    linkLayerAddress(2, 'target-link-layer-address', 'Target Link-Layer Address'),
    PREFIX_INFORMATION,
    REDIRECTED_HEADER,
    MTU,
    NONCE,
    RECURSIVE_DNS_SERVER,
  ],
  unknown: new Format<UnknownOption>({
    name: 'unknown',
    label: 'Unknown option',
    source: 'RFC 4861 section 4.6',
    fields: [kind(), LENGTH],
    tail: { shape: 'bytes', name: 'data', label: 'Data' },
  }),
}
