import { IpAddress } from '../internet/address.ts'
import { DnsStream } from '../stack/dns-stream.ts'
import type { ScheduledTask, Scheduler } from '../stack/scheduler.ts'
import type { Stack } from '../stack/stack.ts'
import type { TcpConnection, TcpListener } from '../transport/tcp/mod.ts'
import { UdpError } from '../transport/udp/types.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDns,
  DNS_CLASS_IN,
  DNS_FORMAT_ERROR,
  DNS_HEADER,
  DNS_NAME_ERROR,
  DNS_NO_ERROR,
  DNS_NOT_IMPLEMENTED,
  DNS_PORT,
  DNS_REFUSED,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_CNAME,
  DNS_TYPE_SOA,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  parseDns,
} from '../wire/dns.ts'
import {
  buildEdns,
  DNS_BAD_VERSION,
  DNS_PLAIN_PAYLOAD_BYTES,
  DNS_UDP_PAYLOAD_BYTES,
  type Edns,
  readEdns,
} from '../wire/dns-edns.ts'
import { WireError } from '../wire/error.ts'

const MAX_ALIASES = 8
const TCP_PAYLOAD_BYTES = 65_535
/** RFC 1035 2.3.4: 255 bytes on the wire, which the text is shorter than. */
const MAX_NAME_CHARACTERS = 254

export interface DnsServerOptions {
  /** Connections at a time (RFC 7766 6.2.2); further ones are reset. */
  maxConnections?: number
  /** How long a connection may be silent (RFC 7766 6.2.3). */
  idleTimeoutMs?: number
  /** Addresses and aliases of all names: leases may name them, and whoever asks for a lease chooses the name. */
  maxRecords?: number
}

export interface DnsServerCounters {
  queries: number
  /** Answers sent to a server, and what is too short to have an identifier. */
  ignored: number
  malformed: number
  truncated: number
  connections: number
  connectionsRefused: number
  /** Connections that were silent for too long. */
  connectionsTimedOut: number
  recordsRefused: number
  sendErrors: number
}

/** An authoritative name server over UDP and TCP (RFC 1035, RFC 6891, RFC 7766) for the names that it is given. */
export class DnsServer {
  timeToLiveSeconds = 60
  /** For how long a name that is not there may be remembered (RFC 2308 3). */
  negativeTimeToLiveSeconds = 60
  readonly counters: DnsServerCounters = {
    queries: 0,
    ignored: 0,
    malformed: 0,
    truncated: 0,
    connections: 0,
    connectionsRefused: 0,
    connectionsTimedOut: 0,
    recordsRefused: 0,
    sendErrors: 0,
  }
  readonly #stack: Stack
  readonly #scheduler: Scheduler
  readonly #addresses: Map<string, IpAddress[]> = new Map()
  readonly #aliases: Map<string, string> = new Map()
  #recordCount = 0
  readonly #sockets: UdpSocket[] = []
  readonly #options: Required<DnsServerOptions>
  readonly #listener: TcpListener
  readonly #connections: Set<TcpConnection> = new Set()

  constructor(stack: Stack, scheduler: Scheduler, options: DnsServerOptions = {}) {
    this.#stack = stack
    this.#scheduler = scheduler
    this.#options = { maxConnections: 64, idleTimeoutMs: 10_000, maxRecords: 65_536, ...options }
    const onConnection = (listener: TcpListener): void => {
      for (let next = listener.accept(); next !== undefined; next = listener.accept()) this.#onConnection(next)
    }
    this.#listener = stack.tcp.listen({ port: DNS_PORT, onConnection }, scheduler.now())
    for (const family of [4, 6] as const) {
      const socket = this.#stack.udp.open({ family, ipv6Only: true })
      socket.bind(null, DNS_PORT)
      socket.onReadable = () => this.#onReadable(socket)
      this.#sockets.push(socket)
    }
  }

  /** Adds an address to a name. False when there is no room for it, or the name is too long to be asked for. */
  add(name: string, address: IpAddress | string): boolean {
    const key = name.toLowerCase()
    const entry = typeof address === 'string' ? IpAddress.parse(address) : address
    const list = this.#addresses.get(key) ?? []
    if (list.some((other) => other.equals(entry))) return true
    if (!this.#takesRecord(key)) return false
    list.push(entry)
    this.#addresses.set(key, list)
    return true
  }

  /** Makes `name` another name of `target`. False when there is no room for it, or one of them is too long. */
  alias(name: string, target: string): boolean {
    const key = name.toLowerCase()
    if (target.length > MAX_NAME_CHARACTERS || (!this.#aliases.has(key) && !this.#takesRecord(key))) return false
    this.#aliases.set(key, target.toLowerCase())
    return true
  }

  #takesRecord(key: string): boolean {
    if (this.#recordCount >= this.#options.maxRecords || key.length > MAX_NAME_CHARACTERS) {
      this.counters.recordsRefused++
      return false
    }
    this.#recordCount++
    return true
  }

  remove(name: string): void {
    const key = name.toLowerCase()
    this.#recordCount -= this.#addresses.get(key)?.length ?? 0
    if (this.#aliases.delete(key)) this.#recordCount--
    this.#addresses.delete(key)
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
    this.#listener.close(this.#scheduler.now())
    for (const connection of [...this.#connections]) connection.abort(this.#scheduler.now())
  }

  #onReadable(socket: UdpSocket): void {
    for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
      const answer = this.#respond(datagram.bytes, DNS_UDP_PAYLOAD_BYTES)
      if (answer === null) continue
      try {
        socket.send(answer, datagram.source, datagram.sourcePort, this.#scheduler.now())
      } catch (error) {
        // The asker has gone: it asks again if it still wants to know.
        if (!(error instanceof UdpError)) throw error
        this.counters.sendErrors++
      }
    }
  }

  #onConnection(connection: TcpConnection): void {
    const now = (): number => this.#scheduler.now()
    if (this.#connections.size >= this.#options.maxConnections) {
      this.counters.connectionsRefused++
      connection.abort(now())
      return
    }
    this.counters.connections++
    this.#connections.add(connection)
    const waitForMore = (): ScheduledTask =>
      this.#scheduler.schedule(this.#options.idleTimeoutMs, () => {
        this.counters.connectionsTimedOut++
        connection.abort(now())
      })
    let patience = waitForMore()
    const onMessage = (bytes: Uint8Array): void => {
      patience.cancel()
      patience = waitForMore()
      const answer = this.#respond(bytes, TCP_PAYLOAD_BYTES)
      if (answer !== null) stream.send(answer)
    }
    const onClosed = (): void => {
      patience.cancel()
      this.#connections.delete(connection)
    }
    const stream = new DnsStream(connection, now, { onMessage, onEnd: () => stream.end(), onClosed })
    stream.start()
  }

  /** The answer to a message, or null for none: a server that answered answers would talk to another without end. */
  #respond(bytes: Uint8Array, mostBytes: number): Uint8Array | null {
    if (bytes.length < DNS_HEADER.byteLength || (bytes[2] & 0x80) !== 0) {
      this.counters.ignored++
      return null
    }
    this.counters.queries++
    let query: DnsMessage
    try {
      query = parseDns(bytes)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.counters.malformed++
      const { id, opcode, recursionDesired } = DNS_HEADER.parse(bytes, 0, DNS_HEADER.byteLength)
      return buildDns({ id, response: 1, opcode, recursionDesired, responseCode: DNS_FORMAT_ERROR })
    }
    const edns = readEdns(query)
    // RFC 6891 6.2.5: whoever does not say takes 512 bytes; less cannot be said.
    const told = Math.max(DNS_PLAIN_PAYLOAD_BYTES, edns?.payloadBytes ?? 0)
    const limit = mostBytes === TCP_PAYLOAD_BYTES ? mostBytes : Math.min(mostBytes, told)
    const answer = this.#answer(query, edns)
    const built = buildDns(answer)
    if (built.length <= limit) return built
    this.counters.truncated++
    return buildDns({ ...answer, truncated: 1, answers: [], authorities: [] })
  }

  #answer(query: DnsMessage, edns: Edns | null | undefined): Partial<DnsMessage> & Pick<DnsMessage, 'id'> {
    const { questions, id, opcode, recursionDesired } = query
    const [question] = questions
    const additionals = edns ? [buildEdns(DNS_UDP_PAYLOAD_BYTES)] : []
    const head = { id, response: 1, opcode, recursionDesired, authoritative: 1, questions, additionals }
    if (opcode !== 0) return { ...head, responseCode: DNS_NOT_IMPLEMENTED }
    // RFC 6891 6.1.1: two OPT records are a mistake; RFC 9619: so is more, or less, than one question.
    if (edns === undefined || questions.length !== 1) return { ...head, responseCode: DNS_FORMAT_ERROR }
    if (edns !== null && edns.version > 0) {
      return {
        ...head,
        additionals: [buildEdns(DNS_UDP_PAYLOAD_BYTES, DNS_BAD_VERSION)],
        responseCode: DNS_BAD_VERSION & 0xf,
      }
    }
    if (question.class !== DNS_CLASS_IN) return { ...head, authoritative: 0, responseCode: DNS_REFUSED }
    const answers = this.#collect(question)
    if (answers.some((record) => record.type === question.type)) return { ...head, answers }
    const known = answers.length > 0 || this.#exists(question.name.toLowerCase())
    const responseCode = known ? DNS_NO_ERROR : DNS_NAME_ERROR
    return { ...head, answers, authorities: [this.#authority()], responseCode }
  }

  /** Also a name that is there only because another is below it (RFC 8020 2). */
  #exists(name: string): boolean {
    if (this.#addresses.has(name) || this.#aliases.has(name)) return true
    const below = `.${name}`
    return [...this.#addresses.keys(), ...this.#aliases.keys()].some((other) => other.endsWith(below))
  }

  /** RFC 2308 3: with it whoever asked may remember that there is nothing. */
  #authority(): DnsRecord {
    const minimum = this.negativeTimeToLiveSeconds
    const data = {
      primary: 'localhost',
      mailbox: 'nobody.invalid',
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
    }
    return { name: '', type: DNS_TYPE_SOA, class: DNS_CLASS_IN, timeToLive: minimum, data: { ...data, minimum } }
  }

  #collect(question: DnsQuestion): DnsRecord[] {
    const records: DnsRecord[] = []
    const base = { class: DNS_CLASS_IN, timeToLive: this.timeToLiveSeconds }
    let name = question.name.toLowerCase()
    for (let step = 0; step < MAX_ALIASES; step++) {
      const target = this.#aliases.get(name)
      if (target === undefined) break
      records.push({ ...base, name, type: DNS_TYPE_CNAME, data: { target } })
      if (question.type === DNS_TYPE_CNAME) return records
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
