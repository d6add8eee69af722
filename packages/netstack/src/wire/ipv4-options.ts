import { Format } from './format.ts'
import type { OptionSpace, UnknownOption } from './options.ts'

/** An IPv4 option; `length` is computed where it is left out. Lists of addresses are 32-bit numbers in `{ address }`. */
export type Ipv4Option =
  | { name: 'end'; kind?: number; padding?: Uint8Array }
  | { name: 'no-operation'; kind?: number }
  | {
      name: 'record-route' | 'loose-source-route' | 'strict-source-route'
      kind?: number
      length?: number
      pointer: number
      route: { address: number }[]
    }
  | {
      name: 'timestamp'
      kind?: number
      length?: number
      pointer: number
      overflow: number
      flag: number
      entries: { value: number }[]
    }
  | { name: 'router-alert'; kind?: number; length?: number; value: number }
  | UnknownOption

const ADDRESS = new Format<{ address: number }>({
  name: 'address',
  label: 'Address',
  source: 'RFC 791 section 3.1',
  fields: [{ name: 'address', label: 'Address', bits: 32, kind: 'ipv4' }],
})

const TIMESTAMP_ENTRY = new Format<{ value: number }>({
  name: 'entry',
  label: 'Timestamp or address',
  source: 'RFC 791 section 3.1',
  fields: [{ name: 'value', label: 'Value', bits: 32 }],
})

interface Routed {
  kind: number
  length: number
  pointer: number
  route: { address: number }[]
}

const routeOption = (kind: number, name: string, label: string): Format<Routed> =>
  new Format<Routed>({
    name,
    label,
    source: 'RFC 791 section 3.1',
    fields: [
      { name: 'kind', label: 'Type', bits: 8, initial: kind },
      { name: 'length', label: 'Length', bits: 8 },
      { name: 'pointer', label: 'Pointer', bits: 8 },
    ],
    tail: { shape: 'list', name: 'route', label: 'Route', item: ADDRESS },
  })

const END = new Format<{ kind: number; padding: Uint8Array }>({
  name: 'end',
  label: 'End of Option List',
  source: 'RFC 791 section 3.1',
  fields: [{ name: 'kind', label: 'Type', bits: 8, initial: 0 }],
  tail: { shape: 'bytes', name: 'padding', label: 'Padding' },
})

const NO_OPERATION = new Format<{ kind: number }>({
  name: 'no-operation',
  label: 'No Operation',
  source: 'RFC 791 section 3.1',
  fields: [{ name: 'kind', label: 'Type', bits: 8, initial: 1 }],
})

const TIMESTAMP = new Format<{
  kind: number
  length: number
  pointer: number
  overflow: number
  flag: number
  entries: { value: number }[]
}>({
  name: 'timestamp',
  label: 'Internet Timestamp',
  source: 'RFC 791 section 3.1',
  fields: [
    { name: 'kind', label: 'Type', bits: 8, initial: 68 },
    { name: 'length', label: 'Length', bits: 8 },
    { name: 'pointer', label: 'Pointer', bits: 8 },
    { name: 'overflow', label: 'Overflow', bits: 4 },
    { name: 'flag', label: 'Flag', bits: 4 },
  ],
  tail: { shape: 'list', name: 'entries', label: 'Entries', item: TIMESTAMP_ENTRY },
})

const ROUTER_ALERT = new Format<{ kind: number; length: number; value: number }>({
  name: 'router-alert',
  label: 'Router Alert',
  source: 'RFC 2113 section 2.1',
  fields: [
    { name: 'kind', label: 'Type', bits: 8, initial: 148 },
    { name: 'length', label: 'Length', bits: 8 },
    { name: 'value', label: 'Value', bits: 16 },
  ],
})

const UNKNOWN = new Format<UnknownOption>({
  name: 'unknown',
  label: 'Unknown option',
  source: 'RFC 791 section 3.1',
  fields: [
    { name: 'kind', label: 'Type', bits: 8 },
    { name: 'length', label: 'Length', bits: 8 },
  ],
  tail: { shape: 'bytes', name: 'data', label: 'Data' },
})

/** RFC 791 section 3.1 and RFC 2113. */
export const IPV4_OPTIONS: OptionSpace = {
  name: 'ipv4',
  bare: [1],
  last: 0,
  lengthUnit: 1,
  lengthExtra: 0,
  alignment: 4,
  formats: [
    END,
    NO_OPERATION,
    routeOption(7, 'record-route', 'Record Route'),
    routeOption(131, 'loose-source-route', 'Loose Source Route'),
    routeOption(137, 'strict-source-route', 'Strict Source Route'),
    TIMESTAMP,
    ROUTER_ALERT,
  ],
  unknown: UNKNOWN,
}
