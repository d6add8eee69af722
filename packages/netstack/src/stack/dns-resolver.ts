import { IpAddress } from '../internet/address.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDns,
  DNS_CLASS_IN,
  DNS_NAME_ERROR,
  DNS_NO_ERROR,
  DNS_PORT,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_CNAME,
  type DnsMessage,
  parseDns,
} from '../wire/dns.ts'
import { WireError } from '../wire/error.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

/** Codes of `node:dns`. */
export type DnsErrorCode = 'ENOTFOUND' | 'ETIMEOUT' | 'ESERVFAIL' | 'ENODATA'

/** A name that could not be resolved. */
export class DnsError extends Error {
  readonly code: DnsErrorCode
  readonly hostname: string

  constructor(code: DnsErrorCode, hostname: string) {
    super(`query ${code} ${hostname}`)
    this.name = 'DnsError'
    this.code = code
    this.hostname = hostname
  }
}

export interface DnsResolverOptions {
  /** First wait for one server; doubled with each round. */
  timeoutMs?: number
  rounds?: number
  /** Names that are remembered for as long as their records say. */
  maxCacheEntries?: number
}

const MAX_ALIASES = 8

/** A stub resolver over UDP (RFC 1035 7, RFC 5452: random port and identifier for each question). */
export class DnsResolver {
  /** Asked in this order. */
  servers: readonly IpAddress[] = []
  readonly #stack: Stack
  readonly #scheduler: Scheduler
  readonly #options: Required<DnsResolverOptions>
  readonly #cache: Map<string, { addresses: IpAddress[]; until: number }> = new Map()

  constructor(stack: Stack, scheduler: Scheduler, options: DnsResolverOptions = {}) {
    this.#stack = stack
    this.#scheduler = scheduler
    this.#options = { timeoutMs: 2000, rounds: 3, maxCacheEntries: 1024, ...options }
  }

  /**
   * The addresses of a name.
   *
   * @param family 0 for both, IPv4 first
   * @throws {DnsError} ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT
   */
  async resolve(name: string, family: 0 | 4 | 6 = 0): Promise<IpAddress[]> {
    if (family !== 0) return this.#query(name, family)
    const both = await Promise.allSettled([this.#query(name, 4), this.#query(name, 6)])
    const found = both.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    if (found.length > 0) return found
    throw (both[0] as PromiseRejectedResult).reason
  }

  async #query(name: string, family: 4 | 6): Promise<IpAddress[]> {
    const key = `${family} ${name.toLowerCase()}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.until > this.#scheduler.now()) return cached.addresses
    this.#cache.delete(key)
    const message = await this.#ask(name, family === 4 ? DNS_TYPE_A : DNS_TYPE_AAAA)
    const { addresses, seconds } = readAnswer(message, name, family)
    if (addresses.length === 0) throw new DnsError('ENODATA', name)
    if (this.#cache.size >= this.#options.maxCacheEntries) this.#cache.delete(this.#cache.keys().next().value!)
    this.#cache.set(key, { addresses, until: this.#scheduler.now() + seconds * 1000 })
    return addresses
  }

  async #ask(name: string, type: number): Promise<DnsMessage> {
    let failed = false
    for (let round = 0; round < this.#options.rounds; round++) {
      for (const server of this.servers) {
        const message = await this.#askOne(server, name, type, this.#options.timeoutMs * 2 ** round)
        if (message === null) continue
        if (message.responseCode === DNS_NO_ERROR) return message
        if (message.responseCode === DNS_NAME_ERROR) throw new DnsError('ENOTFOUND', name)
        failed = true
      }
      if (failed || this.servers.length === 0) break
    }
    throw new DnsError(failed ? 'ESERVFAIL' : this.servers.length === 0 ? 'ENOTFOUND' : 'ETIMEOUT', name)
  }

  /** Null when the server did not answer. */
  #askOne(server: IpAddress, name: string, type: number, timeoutMs: number): Promise<DnsMessage | null> {
    const id = Math.floor(this.#stack.internet.random() * 0x1_0000)
    const question = { name, type, class: DNS_CLASS_IN }
    return new Promise((resolve) => {
      const socket = this.#stack.udp.open({ family: server.family })
      const end = (message: DnsMessage | null): void => {
        timer.cancel()
        socket.close()
        resolve(message)
      }
      const timer = this.#scheduler.schedule(timeoutMs, () => end(null))
      socket.onError = () => end(null)
      socket.onReadable = () => {
        const message = readReply(socket, id, name, type)
        if (message !== null) end(message)
      }
      try {
        socket.connect(server, DNS_PORT)
        socket.send(buildDns({ id, recursionDesired: 1, questions: [question] }), null, 0, this.#scheduler.now())
      } catch {
        end(null)
      }
    })
  }
}

/** Only what answers this very question counts. */
function readReply(socket: UdpSocket, id: number, name: string, type: number): DnsMessage | null {
  for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
    try {
      const message = parseDns(datagram.bytes)
      const [question] = message.questions
      if (message.id !== id || message.response !== 1 || question?.type !== type) continue
      if (question.name.toLowerCase() === name.toLowerCase()) return message
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
  }
  return null
}

function readAnswer(message: DnsMessage, name: string, family: 4 | 6): { addresses: IpAddress[]; seconds: number } {
  let wanted = name.toLowerCase()
  let seconds = 86_400
  for (let step = 0; step < MAX_ALIASES; step++) {
    const addresses: IpAddress[] = []
    let alias: string | null = null
    for (const record of message.answers) {
      if (record.name.toLowerCase() !== wanted) continue
      if (record.type === DNS_TYPE_CNAME && 'target' in record.data) alias = record.data.target.toLowerCase()
      else if (family === 4 && 'address' in record.data) addresses.push(IpAddress.v4(record.data.address))
      else if (family === 6 && 'address6' in record.data) addresses.push(IpAddress.read(6, record.data.address6, 0))
      else continue
      seconds = Math.min(seconds, record.timeToLive)
    }
    if (addresses.length > 0 || alias === null) return { addresses, seconds }
    wanted = alias
  }
  return { addresses: [], seconds: 0 }
}
