import {
  DNS_HEADER,
  DNS_OPT,
  DNS_QUESTION,
  DNS_RECORD,
  DNS_TYPE_NAMES,
  DNS_TYPE_OPT,
  DNS_TYPE_TXT,
  dnsDataLayout,
} from '../wire/dns.ts'
import { readDnsName } from '../wire/dns-name.ts'
import { WireError } from '../wire/error.ts'
import type { AnyFormat } from '../wire/format.ts'
import { type DissectedField, describeBytes, describeFormat, numberOf } from './tree.ts'
import { pushLayer, type Walk } from './walk.ts'

/** Reads forward through one message; throws WireError where it breaks off. */
class DnsReader {
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number
  position: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.position = start
  }

  name(name: string, label: string, filter: string, end: number = this.#end): DissectedField {
    const from = this.position
    const read = readDnsName(this.#bytes, this.#start, end, from)
    this.position = read.next
    const text = read.name === '' ? '<Root>' : read.name
    return { name, label, value: text, text, start: from, end: read.next, filter }
  }

  fixed(format: AnyFormat, end: number = this.#end): DissectedField[] {
    const described = describeFormat(format, this.#bytes, this.position, end)
    if (described.error !== undefined)
      throw new WireError('NETSTACK_ERR_WIRE_TRUNCATED', 'dns', described.error, this.position - this.#start)
    this.position += format.byteLength
    return described.fields
  }

  question(): DissectedField {
    const start = this.position
    const name = this.name('name', 'Name', 'dns.qry.name')
    const fields = [name, ...this.fixed(DNS_QUESTION)]
    const type = numberOf(fields, 'type')
    return {
      name: 'question',
      label: 'Question',
      text: `${name.text} ${DNS_TYPE_NAMES[type] ?? type}`,
      start,
      end: this.position,
      fields,
    }
  }

  record(section: string): DissectedField {
    const start = this.position
    const name = this.name('name', 'Name', 'dns.resp.name')
    const isOpt = ((this.#bytes[this.position] << 8) | this.#bytes[this.position + 1]) === DNS_TYPE_OPT
    const fields = [name, ...this.fixed(isOpt ? DNS_OPT : DNS_RECORD)]
    const type = numberOf(fields, 'type')
    const end = this.position + numberOf(fields, 'length')
    if (end > this.#end)
      throw new WireError(
        'NETSTACK_ERR_WIRE_TRUNCATED',
        'dns',
        'a record runs past the end of the message',
        start - this.#start,
      )
    const data = this.#data(type, end)
    fields.push(...data)
    this.position = end
    const text = `${name.text} ${DNS_TYPE_NAMES[type] ?? type} ${data.map((field) => field.text).join(' ')}`
    return { name: 'record', label: section, text, start, end, fields }
  }

  #data(type: number, end: number): DissectedField[] {
    const layout = dnsDataLayout(type)
    if (this.position === end) return []
    if (layout === undefined)
      return [describeBytes('data', 'Data', this.#bytes, this.position, end, type === DNS_TYPE_TXT ? 'text' : 'bytes')]
    const fields: DissectedField[] = []
    if (layout.before !== undefined) fields.push(...this.fixed(layout.before, end))
    for (const part of layout.names) fields.push(this.name(part.name, part.label, part.filter, end))
    if (layout.behind !== undefined) fields.push(...this.fixed(layout.behind, end))
    return fields
  }
}

/** A DNS message. */
export function dissectDns(walk: Walk, start: number, end: number): void {
  const reader = new DnsReader(walk.bytes, start, end)
  const fields: DissectedField[] = []
  const told: string[] = []
  let error: string | undefined
  let response = 0
  try {
    fields.push(...reader.fixed(DNS_HEADER))
    response = numberOf(fields, 'response')
    const counts = ['questionCount', 'answerCount', 'authorityCount', 'additionalCount'].map((name) =>
      numberOf(fields, name),
    )
    for (let i = 0; i < counts[0]; i++) fields.push(reader.question())
    told.push(...fields.slice(-counts[0]).map((field) => field.text))
    for (const [i, section] of ['Answer', 'Authority', 'Additional'].entries()) {
      for (let n = 0; n < counts[i + 1]; n++) {
        const record = reader.record(section)
        fields.push(record)
        if (i === 0 && n < 3) told.push(record.text)
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown
    error = thrown.message
  }
  const code = fields.find((field) => field.name === 'responseCode')?.text.replace(/^\d+ \((.*)\)$/, '$1')
  const summary =
    `${response === 1 ? `response${code === 'NOERROR' ? '' : ` ${code}`}` : 'query'} ${told.join('; ')}`.trimEnd()
  pushLayer(walk, 'dns', { label: DNS_HEADER.label, source: DNS_HEADER.source, start, end, summary, fields, error })
}
