import { type IpAddress, LOOPBACK_V4, LOOPBACK_V6 } from '../internet/address.ts'
import {
  DNS_FORMAT_ERROR,
  DNS_NAME_ERROR,
  DNS_NO_ERROR,
  DNS_NOT_IMPLEMENTED,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  type DnsMessage,
} from '../wire/dns.ts'
import { DNS_UDP_PAYLOAD_BYTES, readEdns } from '../wire/dns-edns.ts'
import { canonicalDnsName } from '../wire/dns-name.ts'
import { WireError } from '../wire/error.ts'
import { negativeSeconds, readAnswer } from './dns-answer.ts'
import { ask, type DnsCounters } from './dns-exchange.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

/** Codes of `node:dns`. */
export type DnsErrorCode = 'ENOTFOUND' | 'ETIMEOUT' | 'ESERVFAIL' | 'ENODATA' | 'EBADNAME' | 'ENOMEM'

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
  /** Questions under way at a time; further ones fail. Each takes a socket. */
  maxQuestions?: number
  /** Addresses that are taken from one answer. */
  maxAddresses?: number
}

const MAX_ALIASES = 8

/** What is known of the addresses that a name has in one family. */
interface Known {
  readonly addresses: readonly IpAddress[]
  /** Why there are none. */
  readonly code: DnsErrorCode
  readonly until: number
}

/**
 * A stub resolver (RFC 1035 7, RFC 1123 6.1.3): random port and identifier for each question (RFC 5452), EDNS (RFC 6891), TCP for
 * large answers (RFC 7766), and a memory also of what is not there (RFC 2308).
 */
export class DnsResolver {
  /** Asked in this order. */
  servers: readonly IpAddress[] = []
  readonly counters: DnsCounters = {
    queries: 0,
    answers: 0,
    mismatched: 0,
    malformed: 0,
    truncated: 0,
    timeouts: 0,
    cacheHits: 0,
    cacheEvicted: 0,
    questionsRefused: 0,
    addressesLeftOut: 0,
  }
  readonly #stack: Stack
  readonly #scheduler: Scheduler
  readonly #options: Required<DnsResolverOptions>
  readonly #cache: Map<string, Known> = new Map()
  /** Questions under way: asked twice, they would be guessed the sooner (RFC 5452 5). */
  readonly #asking: Map<string, Promise<Known>> = new Map()

  constructor(stack: Stack, scheduler: Scheduler, options: DnsResolverOptions = {}) {
    this.#stack = stack
    this.#scheduler = scheduler
    const limits = { maxCacheEntries: 1024, maxQuestions: 1024, maxAddresses: 256 }
    this.#options = { timeoutMs: 2000, rounds: 3, ...limits, ...options }
  }

  /**
   * The addresses of a name. Names of this host (`localhost` and what ends in it) and names that never are (`invalid`) are
   * nobody else's matter (RFC 6761 6.3, 6.4).
   *
   * @param family 0 for both, IPv4 first
   * @throws {DnsError} ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, EBADNAME; ENOMEM when too many questions are under way
   */
  async resolve(name: string, family: 0 | 4 | 6 = 0): Promise<IpAddress[]> {
    const canonical = this.#canonical(name)
    const last = canonical.slice(canonical.lastIndexOf('.') + 1)
    if (last === 'invalid') throw new DnsError('ENOTFOUND', name)
    if (last === 'localhost') {
      return [LOOPBACK_V4, LOOPBACK_V6].filter((address) => family === 0 || address.family === family)
    }
    const families: (4 | 6)[] = family === 0 ? [4, 6] : [family]
    const known = await Promise.all(families.map((each) => this.#known(canonical, each)))
    const found = known.flatMap(({ addresses }) => addresses)
    if (found.length === 0) throw new DnsError(known[0].code, name)
    return found
  }

  #canonical(name: string): string {
    try {
      // Names of other alphabets have a form in ASCII, and are asked for by that.
      const canonical = /^[!-~]+$/.test(name) ? canonicalDnsName(name) : ''
      if (canonical !== '') return canonical
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
    throw new DnsError('EBADNAME', name)
  }

  #known(name: string, family: 4 | 6): Promise<Known> {
    const key = `${family} ${name}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.until > this.#scheduler.now()) {
      this.counters.cacheHits++
      return Promise.resolve(cached)
    }
    this.#cache.delete(key)
    const other = this.#asking.get(key)
    if (other !== undefined) return other
    if (this.#asking.size >= this.#options.maxQuestions) {
      this.counters.questionsRefused++
      return Promise.resolve({ addresses: [], code: 'ENOMEM', until: 0 })
    }
    const asking = this.#find(name, family).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  /** Follows aliases through one answer, and from one answer to the next where a server does not follow them itself. */
  async #find(name: string, family: 4 | 6): Promise<Known> {
    let wanted = name
    let seconds = Number.POSITIVE_INFINITY
    for (let aliases = 0; aliases <= MAX_ALIASES; ) {
      const message = await this.#ask(wanted, family === 4 ? DNS_TYPE_A : DNS_TYPE_AAAA)
      if (typeof message === 'string') return { addresses: [], code: message, until: 0 }
      const answer = readAnswer(message, wanted, family, MAX_ALIASES - aliases)
      seconds = Math.min(seconds, answer.seconds)
      if (answer.addresses.length > 0)
        return this.#remember(name, family, this.#first(answer.addresses), 'ENODATA', seconds)
      aliases += answer.aliases
      if (aliases > MAX_ALIASES) break
      // RFC 6604 3: the code speaks of the last name, and so does the zone that says that there is nothing.
      const isUnknown = message.responseCode === DNS_NAME_ERROR
      const negative = negativeSeconds(message, answer.alias ?? wanted)
      if (isUnknown || answer.alias === null || negative !== null) {
        const code = isUnknown ? 'ENOTFOUND' : 'ENODATA'
        return this.#remember(name, family, [], code, Math.min(seconds, negative ?? 0))
      }
      wanted = answer.alias
    }
    return { addresses: [], code: 'ESERVFAIL', until: 0 }
  }

  /** By TCP an answer may have thousands. */
  #first(addresses: IpAddress[]): IpAddress[] {
    const { maxAddresses } = this.#options
    this.counters.addressesLeftOut += Math.max(0, addresses.length - maxAddresses)
    return addresses.slice(0, maxAddresses)
  }

  #remember(name: string, family: 4 | 6, addresses: IpAddress[], code: DnsErrorCode, seconds: number): Known {
    const known: Known = { addresses, code, until: this.#scheduler.now() + seconds * 1000 }
    // A name that is not there has no addresses of the other family either (RFC 2308 5).
    for (const each of code === 'ENOTFOUND' ? ([4, 6] as const) : [family]) {
      const key = `${each} ${name}`
      if (seconds === 0) continue
      this.#cache.delete(key)
      this.#cache.set(key, known)
      if (this.#cache.size <= this.#options.maxCacheEntries) continue
      this.counters.cacheEvicted++
      this.#cache.delete(this.#cache.keys().next().value!)
    }
    return known
  }

  /** One server after the other, and again with more patience. */
  async #ask(name: string, type: number): Promise<DnsMessage | DnsErrorCode> {
    let failed = false
    for (let round = 0; round < this.#options.rounds; round++) {
      for (const server of this.servers) {
        const message = await this.#askOne(server, name, type, this.#options.timeoutMs * 2 ** round)
        if (message?.responseCode === DNS_NO_ERROR || message?.responseCode === DNS_NAME_ERROR) return message
        failed ||= message !== null
      }
      if (failed || this.servers.length === 0) break
    }
    if (failed) return 'ESERVFAIL'
    return this.servers.length === 0 ? 'ENOTFOUND' : 'ETIMEOUT'
  }

  /** Null when the server did not answer. */
  async #askOne(server: IpAddress, name: string, type: number, timeoutMs: number): Promise<DnsMessage | null> {
    const { counters } = this
    const exchange = { stack: this.#stack, scheduler: this.#scheduler, counters, server, name, type, timeoutMs }
    const message = await ask({ ...exchange, payloadBytes: DNS_UDP_PAYLOAD_BYTES })
    if (message === null) return null
    const edns = readEdns(message)
    const { responseCode } = message
    // RFC 6891 6.2.2: whoever does not know EDNS is asked without.
    const refuses = responseCode === DNS_FORMAT_ERROR || responseCode === DNS_NOT_IMPLEMENTED
    if (refuses && !edns) return ask({ ...exchange, payloadBytes: 0 })
    // The higher bits of the code make an error of what looks like none (6.1.3).
    return edns ? { ...message, responseCode: edns.responseCode } : message
  }
}
