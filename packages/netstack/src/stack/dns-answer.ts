import { IpAddress } from '../internet/address.ts'
import {
  DNS_CLASS_IN,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_CNAME,
  DNS_TYPE_SOA,
  type DnsMessage,
  type DnsRecord,
} from '../wire/dns.ts'

/** Longest that anything is remembered, and that something is not there (RFC 2308 5). */
const MAX_SECONDS = 86_400
const MAX_NEGATIVE_SECONDS = 10_800

export interface DnsAnswer {
  readonly addresses: IpAddress[]
  /** What the name is another name of, where its addresses are not in the answer; else null. */
  readonly alias: string | null
  /** Aliases that were followed. */
  readonly aliases: number
  /** For how long that may be remembered. */
  readonly seconds: number
}

/**
 * The addresses of a name, by way of its aliases. Only records that lead from the name to its addresses count: whatever else
 * the answer has, and the other sections, may be anybody's invention (RFC 5452 6).
 */
export function readAnswer(message: DnsMessage, name: string, family: 4 | 6, maxAliases: number): DnsAnswer {
  const type = family === 4 ? DNS_TYPE_A : DNS_TYPE_AAAA
  let wanted = name
  let seconds = MAX_SECONDS
  for (let aliases = 0; ; aliases++) {
    const own = message.answers.filter(
      (record) => record.class === DNS_CLASS_IN && record.name.toLowerCase() === wanted,
    )
    const found = own.filter((record) => record.type === type)
    const addresses = found.map(addressOf).filter((address) => address !== null)
    if (addresses.length > 0)
      return { addresses, alias: null, aliases, seconds: Math.min(seconds, ...found.map(lifetime)) }
    const alias = own.find((record) => record.type === DNS_TYPE_CNAME && 'target' in record.data)
    if (alias === undefined) return { addresses: [], alias: aliases === 0 ? null : wanted, aliases, seconds }
    if (aliases >= maxAliases) return { addresses: [], alias: wanted, aliases: aliases + 1, seconds }
    wanted = (alias.data as { target: string }).target.toLowerCase()
    seconds = Math.min(seconds, lifetime(alias))
  }
}

/** For how long it may be remembered that there is nothing, or null where the zone of the name does not say so (RFC 2308 2.2 and 5). */
export function negativeSeconds(message: DnsMessage, name: string): number | null {
  for (const record of message.authorities) {
    const zone = record.name.toLowerCase()
    const isAbove = zone === '' || name === zone || name.endsWith(`.${zone}`)
    if (record.type !== DNS_TYPE_SOA || record.class !== DNS_CLASS_IN || !isAbove) continue
    if ('minimum' in record.data) return Math.min(lifetime(record), record.data.minimum, MAX_NEGATIVE_SECONDS)
  }
  return null
}

/** RFC 2181 8: a lifetime whose highest bit is set is none. */
function lifetime({ timeToLive }: DnsRecord): number {
  return timeToLive > 0x7fff_ffff ? 0 : timeToLive
}

function addressOf({ data }: DnsRecord): IpAddress | null {
  if ('address' in data) return IpAddress.v4(data.address)
  return 'address6' in data ? IpAddress.read(6, data.address6, 0) : null
}
