import { DNS_TYPE_OPT, type DnsMessage, type DnsRecord } from './dns.ts'

/** Larger answers may be cut to fragments on the way, and those forged or lost (RFC 9715). */
export const DNS_UDP_PAYLOAD_BYTES = 1232
/** What everybody takes (RFC 1035 section 4.2.1). */
export const DNS_PLAIN_PAYLOAD_BYTES = 512
export const DNS_BAD_VERSION = 16

/** What an OPT record says (RFC 6891 section 6.1.3). */
export interface Edns {
  payloadBytes: number
  /** The response code with its higher bits. */
  responseCode: number
  version: number
}

/** An OPT record without options. */
export function buildEdns(payloadBytes: number, responseCode = 0): DnsRecord {
  const timeToLive = (responseCode >>> 4) * 0x100_0000
  return { name: '', type: DNS_TYPE_OPT, class: payloadBytes, timeToLive, data: { data: new Uint8Array(0) } }
}

/** The OPT record of a message: null for none, undefined where there are several, or one that has a name (section 6.1.1). */
export function readEdns(message: DnsMessage): Edns | null | undefined {
  const records = message.additionals.filter((record) => record.type === DNS_TYPE_OPT)
  if (records.length === 0) return null
  const [{ name, class: payloadBytes, timeToLive }] = records
  if (records.length > 1 || name !== '') return undefined
  const responseCode = ((timeToLive >>> 24) << 4) | message.responseCode
  return { payloadBytes, responseCode, version: (timeToLive >>> 16) & 0xff }
}
