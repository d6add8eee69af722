import { IpAddress } from '../internet/address.ts'
import type { Scheduler } from '../stack/scheduler.ts'
import type { Stack } from '../stack/stack.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDns,
  DNS_CLASS_IN,
  DNS_NAME_ERROR,
  DNS_NO_ERROR,
  DNS_NOT_IMPLEMENTED,
  DNS_PORT,
  DNS_REFUSED,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_CNAME,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  parseDns,
} from '../wire/dns.ts'
import { WireError } from '../wire/error.ts'

const MAX_ALIASES = 8

/** An authoritative name server over UDP (RFC 1035) for the names that it is given. */
export class DnsServer {
  timeToLiveSeconds = 60
  readonly #stack: Stack
  readonly #scheduler: Scheduler
  readonly #addresses: Map<string, IpAddress[]> = new Map()
  readonly #aliases: Map<string, string> = new Map()
  readonly #sockets: UdpSocket[] = []

  constructor(stack: Stack, scheduler: Scheduler) {
    this.#stack = stack
    this.#scheduler = scheduler
    for (const family of [4, 6] as const) {
      const socket = this.#stack.udp.open({ family, ipv6Only: true })
      socket.bind(null, DNS_PORT)
      socket.onReadable = () => this.#onReadable(socket)
      this.#sockets.push(socket)
    }
  }

  /** Adds an address to a name. */
  add(name: string, address: IpAddress | string): void {
    const entry = typeof address === 'string' ? IpAddress.parse(address) : address
    const list = this.#addresses.get(name.toLowerCase())
    if (list === undefined) this.#addresses.set(name.toLowerCase(), [entry])
    else if (!list.some((other) => other.equals(entry))) list.push(entry)
  }

  /** Makes `name` another name of `target`. */
  alias(name: string, target: string): void {
    this.#aliases.set(name.toLowerCase(), target.toLowerCase())
  }

  remove(name: string): void {
    this.#addresses.delete(name.toLowerCase())
    this.#aliases.delete(name.toLowerCase())
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  #onReadable(socket: UdpSocket): void {
    for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
      let query: DnsMessage
      try {
        query = parseDns(datagram.bytes)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        continue
      }
      if (query.response !== 0 || query.questions.length !== 1) continue
      try {
        socket.send(buildDns(this.#answer(query)), datagram.source, datagram.sourcePort, this.#scheduler.now())
      } catch {
        // The asker has gone: it asks again if it still wants to know.
      }
    }
  }

  #answer(query: DnsMessage): Partial<DnsMessage> & Pick<DnsMessage, 'id'> {
    const [question] = query.questions
    const base = { id: query.id, response: 1, opcode: query.opcode, recursionDesired: query.recursionDesired }
    const head = { ...base, authoritative: 1, questions: [question] }
    if (query.opcode !== 0) return { ...head, responseCode: DNS_NOT_IMPLEMENTED }
    if (question.class !== DNS_CLASS_IN) return { ...head, responseCode: DNS_REFUSED }
    const answers = this.#collect(question)
    const known = answers.length > 0 || this.#addresses.has(question.name.toLowerCase())
    return { ...head, answers, responseCode: known ? DNS_NO_ERROR : DNS_NAME_ERROR }
  }

  #collect(question: DnsQuestion): DnsRecord[] {
    const records: DnsRecord[] = []
    const base = { class: DNS_CLASS_IN, timeToLive: this.timeToLiveSeconds }
    let name = question.name.toLowerCase()
    for (let step = 0; step < MAX_ALIASES; step++) {
      const target = this.#aliases.get(name)
      if (target === undefined) break
      records.push({ ...base, name, type: DNS_TYPE_CNAME, data: { target } })
      name = target
    }
    for (const address of this.#addresses.get(name) ?? []) {
      if (address.family === 4 && question.type === DNS_TYPE_A) {
        records.push({ ...base, name, type: DNS_TYPE_A, data: { address: address.w3 } })
      } else if (address.family === 6 && question.type === DNS_TYPE_AAAA) {
        const address6 = new Uint8Array(16)
        address.write(address6, 0)
        records.push({ ...base, name, type: DNS_TYPE_AAAA, data: { address6 } })
      }
    }
    return records
  }
}
