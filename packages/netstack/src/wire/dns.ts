import { DnsNameWriter, readDnsName } from './dns-name.ts'
import { WireError } from './error.ts'
import { type AnyFormat, Format } from './format.ts'

export const DNS_PORT = 53
export const DNS_TYPE_A = 1
const DNS_TYPE_NS = 2
export const DNS_TYPE_CNAME = 5
export const DNS_TYPE_SOA = 6
const DNS_TYPE_PTR = 12
const DNS_TYPE_MX = 15
export const DNS_TYPE_TXT = 16
export const DNS_TYPE_AAAA = 28
const DNS_TYPE_SRV = 33
export const DNS_TYPE_OPT = 41
export const DNS_CLASS_IN = 1
/** Response codes (RFC 1035 section 4.1.1). */
export const DNS_NO_ERROR = 0
export const DNS_FORMAT_ERROR = 1
export const DNS_NAME_ERROR = 3
export const DNS_NOT_IMPLEMENTED = 4
export const DNS_REFUSED = 5

export const DNS_TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  41: 'OPT',
  65: 'HTTPS',
  255: 'ANY',
}

/** The header of a message (RFC 1035 section 4.1.1, RFC 4035 section 3). Flags are 0 or 1. */
export interface DnsHeader {
  id: number
  response: number
  opcode: number
  authoritative: number
  truncated: number
  recursionDesired: number
  recursionAvailable: number
  reserved: number
  authenticData: number
  checkingDisabled: number
  responseCode: number
  questionCount: number
  answerCount: number
  authorityCount: number
  additionalCount: number
}

export interface DnsQuestion {
  name: string
  type: number
  class: number
}

/** What a resource record says, by its type; `data` is kept as bytes where the type is not known. */
export type DnsData =
  | { address: number }
  | { address6: Uint8Array }
  | { target: string }
  | { preference: number; target: string }
  | { priority: number; weight: number; port: number; target: string }
  | {
      primary: string
      mailbox: string
      serial: number
      refresh: number
      retry: number
      expire: number
      minimum: number
    }
  | { texts: Uint8Array[] }
  | { data: Uint8Array }

/** A resource record. `timeToLive` in seconds. */
export interface DnsRecord extends DnsQuestion {
  timeToLive: number
  data: DnsData
}

/** A message. The counts are those of the lists. */
export interface DnsMessage
  extends Omit<DnsHeader, 'questionCount' | 'answerCount' | 'authorityCount' | 'additionalCount'> {
  questions: DnsQuestion[]
  answers: DnsRecord[]
  authorities: DnsRecord[]
  additionals: DnsRecord[]
}

const flag = <Name extends string>(name: Name, label: string, filter: string) =>
  ({ name, label, bits: 1, kind: 'flag', initial: 0, filter }) as const

/** RFC 1035 section 4.1.1. */
export const DNS_HEADER: Format<DnsHeader> = new Format<DnsHeader>({
  name: 'dns',
  label: 'Domain Name System',
  source: 'RFC 1035 section 4.1.1',
  fields: [
    { name: 'id', label: 'Transaction ID', bits: 16, kind: 'hex', filter: 'dns.id' },
    flag('response', 'Response', 'dns.flags.response'),
    {
      name: 'opcode',
      label: 'Opcode',
      bits: 4,
      initial: 0,
      names: { 0: 'QUERY', 4: 'NOTIFY', 5: 'UPDATE' },
      filter: 'dns.flags.opcode',
    },
    flag('authoritative', 'Authoritative Answer', 'dns.flags.authoritative'),
    flag('truncated', 'Truncated', 'dns.flags.truncated'),
    flag('recursionDesired', 'Recursion Desired', 'dns.flags.recdesired'),
    flag('recursionAvailable', 'Recursion Available', 'dns.flags.recavail'),
    flag('reserved', 'Reserved', 'dns.flags.z'),
    flag('authenticData', 'Authentic Data', 'dns.flags.authenticated'),
    flag('checkingDisabled', 'Checking Disabled', 'dns.flags.checkdisable'),
    {
      name: 'responseCode',
      label: 'Response Code',
      bits: 4,
      initial: 0,
      names: { 0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED' },
      filter: 'dns.flags.rcode',
    },
    { name: 'questionCount', label: 'Questions', bits: 16, filter: 'dns.count.queries' },
    { name: 'answerCount', label: 'Answers', bits: 16, filter: 'dns.count.answers' },
    { name: 'authorityCount', label: 'Authorities', bits: 16, filter: 'dns.count.auth_rr' },
    { name: 'additionalCount', label: 'Additionals', bits: 16, filter: 'dns.count.add_rr' },
  ],
})

/** What stands behind the name of a question. */
export const DNS_QUESTION: Format<{ type: number; class: number }> = new Format<{ type: number; class: number }>({
  name: 'question',
  label: 'Question',
  source: 'RFC 1035 section 4.1.2',
  fields: [
    { name: 'type', label: 'Type', bits: 16, names: DNS_TYPE_NAMES, filter: 'dns.qry.type' },
    { name: 'class', label: 'Class', bits: 16, names: { 1: 'IN' }, filter: 'dns.qry.class' },
  ],
})

/** What stands between the name of a resource record and its data. */
export const DNS_RECORD: Format<{ type: number; class: number; timeToLive: number; length: number }> = new Format({
  name: 'record',
  label: 'Resource record',
  source: 'RFC 1035 section 4.1.3',
  fields: [
    { name: 'type', label: 'Type', bits: 16, names: DNS_TYPE_NAMES, filter: 'dns.resp.type' },
    { name: 'class', label: 'Class', bits: 16, names: { 1: 'IN' }, filter: 'dns.resp.class' },
    { name: 'timeToLive', label: 'Time to live', bits: 32, filter: 'dns.resp.ttl' },
    { name: 'length', label: 'Data length', bits: 16, filter: 'dns.resp.len' },
  ],
})

/** The same bytes of an OPT record, which is no record of a name (RFC 6891 section 6.1.2). */
export const DNS_OPT: Format<{
  type: number
  payloadBytes: number
  extendedResponseCode: number
  version: number
  flags: number
  length: number
}> = new Format({
  name: 'opt',
  label: 'Extension mechanisms',
  source: 'RFC 6891 section 6.1.2',
  fields: [
    { name: 'type', label: 'Type', bits: 16, names: DNS_TYPE_NAMES, filter: 'dns.resp.type' },
    { name: 'payloadBytes', label: 'UDP payload size', bits: 16, filter: 'dns.rr.udp_payload_size' },
    {
      name: 'extendedResponseCode',
      label: 'Higher bits of the response code',
      bits: 8,
      kind: 'hex',
      filter: 'dns.resp.ext_rcode',
    },
    { name: 'version', label: 'EDNS version', bits: 8, filter: 'dns.resp.edns0_version' },
    { name: 'flags', label: 'Flags', bits: 16, kind: 'hex', filter: 'dns.resp.z' },
    { name: 'length', label: 'Data length', bits: 16, filter: 'dns.resp.len' },
  ],
})

/** How the data of a record type is laid out: names, and the fixed fields before or behind them. */
export interface DnsDataLayout {
  readonly before?: AnyFormat
  readonly names: readonly { readonly name: string; readonly label: string; readonly filter: string }[]
  readonly behind?: AnyFormat
  /** Names in it may be compressed (RFC 3597 section 4). */
  readonly compress: boolean
}

const number = (name: string, label: string, bits: number, filter: string) => ({ name, label, bits, filter })
const layout = (
  label: string,
  fields: readonly { name: string; label: string; bits: number; filter: string; kind?: 'ipv4' | 'ipv6' }[],
): AnyFormat => new Format<Record<string, number>>({ name: 'data', label, source: 'RFC 1035 section 3.3', fields })
const target = (filter: string) => ({ name: 'target', label: 'Target', filter })

const LAYOUTS: Readonly<Record<number, DnsDataLayout>> = {
  [DNS_TYPE_A]: {
    before: layout('Address', [{ ...number('address', 'Address', 32, 'dns.a'), kind: 'ipv4' }]),
    names: [],
    compress: false,
  },
  [DNS_TYPE_AAAA]: {
    before: layout('Address', [{ ...number('address6', 'Address', 128, 'dns.aaaa'), kind: 'ipv6' }]),
    names: [],
    compress: false,
  },
  [DNS_TYPE_NS]: { names: [target('dns.ns')], compress: true },
  [DNS_TYPE_CNAME]: { names: [target('dns.cname')], compress: true },
  [DNS_TYPE_PTR]: { names: [target('dns.ptr.domain_name')], compress: true },
  [DNS_TYPE_MX]: {
    before: layout('MX', [number('preference', 'Preference', 16, 'dns.mx.preference')]),
    names: [target('dns.mx.mail_exchange')],
    compress: true,
  },
  [DNS_TYPE_SRV]: {
    before: layout('SRV', [
      number('priority', 'Priority', 16, 'dns.srv.priority'),
      number('weight', 'Weight', 16, 'dns.srv.weight'),
      number('port', 'Port', 16, 'dns.srv.port'),
    ]),
    names: [target('dns.srv.target')],
    compress: false,
  },
  [DNS_TYPE_SOA]: {
    names: [
      { name: 'primary', label: 'Primary name server', filter: 'dns.soa.mname' },
      { name: 'mailbox', label: 'Responsible mailbox', filter: 'dns.soa.rname' },
    ],
    behind: layout('SOA', [
      number('serial', 'Serial', 32, 'dns.soa.serial_number'),
      number('refresh', 'Refresh', 32, 'dns.soa.refresh_interval'),
      number('retry', 'Retry', 32, 'dns.soa.retry_interval'),
      number('expire', 'Expire', 32, 'dns.soa.expire_limit'),
      number('minimum', 'Minimum TTL', 32, 'dns.soa.minimum_ttl'),
    ]),
    compress: true,
  },
}

/** The layout of a record type's data; undefined where it is a list of texts (TXT) or not known. */
export function dnsDataLayout(type: number): DnsDataLayout | undefined {
  return LAYOUTS[type]
}

function readTexts(bytes: Uint8Array, start: number, from: number, to: number): Uint8Array[] {
  const texts: Uint8Array[] = []
  for (let position = from; position < to; position += 1 + bytes[position]) {
    if (position + 1 + bytes[position] > to)
      throw new WireError('NETSTACK_ERR_WIRE_LENGTH', 'dns', 'a text runs past its record', position - start)
    texts.push(bytes.subarray(position + 1, position + 1 + bytes[position]))
  }
  return texts
}

function readData(bytes: Uint8Array, start: number, type: number, from: number, to: number): DnsData {
  if (type === DNS_TYPE_TXT) return { texts: readTexts(bytes, start, from, to) }
  const shape = LAYOUTS[type]
  if (shape === undefined || from === to) return { data: bytes.subarray(from, to) }
  const data: Record<string, unknown> = {}
  let position = from
  if (shape.before !== undefined) {
    Object.assign(data, shape.before.parse(bytes, position, to))
    position += shape.before.byteLength
  }
  for (const part of shape.names) {
    const read = readDnsName(bytes, start, to, position)
    data[part.name] = read.name
    position = read.next
  }
  if (shape.behind !== undefined) {
    Object.assign(data, shape.behind.parse(bytes, position, to))
    position += shape.behind.byteLength
  }
  if (position !== to)
    throw new WireError(
      'NETSTACK_ERR_WIRE_LENGTH',
      'dns',
      `data of type ${type} is followed by ${to - position} bytes too many`,
      position - start,
    )
  return data as DnsData
}

/** The message in bytes[start..end), a UDP payload (over TCP: behind its two length bytes). Throws WireError (TRUNCATED, NAME, LENGTH). */
export function parseDns(bytes: Uint8Array, start = 0, end: number = bytes.length): DnsMessage {
  const { questionCount, answerCount, authorityCount, additionalCount, ...header } = DNS_HEADER.parse(bytes, start, end)
  let position = start + DNS_HEADER.byteLength
  const questions: DnsQuestion[] = []
  for (let i = 0; i < questionCount; i++) {
    const { name, next } = readDnsName(bytes, start, end, position)
    questions.push({ name, ...DNS_QUESTION.parse(bytes, next, end) })
    position = next + DNS_QUESTION.byteLength
  }
  const records = (count: number): DnsRecord[] => {
    const list: DnsRecord[] = []
    for (let i = 0; i < count; i++) {
      const { name, next } = readDnsName(bytes, start, end, position)
      const { length, ...fixed } = DNS_RECORD.parse(bytes, next, end)
      const from = next + DNS_RECORD.byteLength
      if (from + length > end)
        throw new WireError(
          'NETSTACK_ERR_WIRE_TRUNCATED',
          'dns',
          'a record runs past the end of the message',
          from - start,
        )
      list.push({ name, ...fixed, data: readData(bytes, start, fixed.type, from, from + length) })
      position = from + length
    }
    return list
  }
  return {
    ...header,
    questions,
    answers: records(answerCount),
    authorities: records(authorityCount),
    additionals: records(additionalCount),
  }
}

function writeData(out: number[], names: DnsNameWriter, record: DnsRecord): void {
  const data = record.data as unknown as Record<string, never>
  if ('data' in record.data) return void out.push(...record.data.data)
  if ('texts' in record.data) {
    for (const text of record.data.texts) {
      if (text.length > 255)
        throw new WireError('NETSTACK_ERR_WIRE_VALUE', 'dns', `a text of ${text.length} bytes is longer than 255`)
      out.push(text.length, ...text)
    }
    return
  }
  const shape = LAYOUTS[record.type]
  if (shape === undefined)
    throw new WireError(
      'NETSTACK_ERR_WIRE_VALUE',
      'dns',
      `data of type ${record.type} must be given as { data: bytes }`,
    )
  if (shape.before !== undefined) out.push(...shape.before.build(data))
  for (const part of shape.names) names.write(out, data[part.name], shape.compress)
  if (shape.behind !== undefined) out.push(...shape.behind.build(data))
}

/** The message as bytes, names compressed; the lists may be left out. Throws WireError (VALUE, NAME). */
export function buildDns(message: Partial<DnsMessage> & Pick<DnsMessage, 'id'>): Uint8Array {
  const { questions = [], answers = [], authorities = [], additionals = [] } = message
  const names = new DnsNameWriter()
  const out: number[] = [
    ...DNS_HEADER.build({
      ...message,
      questionCount: questions.length,
      answerCount: answers.length,
      authorityCount: authorities.length,
      additionalCount: additionals.length,
    }),
  ]
  for (const question of questions) {
    names.write(out, question.name, true)
    out.push(...DNS_QUESTION.build(question))
  }
  for (const record of [...answers, ...authorities, ...additionals]) {
    names.write(out, record.name, true)
    const lengthAt = out.length + 8
    out.push(...DNS_RECORD.build({ type: record.type, class: record.class, timeToLive: record.timeToLive, length: 0 }))
    const from = out.length
    writeData(out, names, record)
    out[lengthAt] = (out.length - from) >>> 8
    out[lengthAt + 1] = (out.length - from) & 255
  }
  return Uint8Array.from(out)
}
