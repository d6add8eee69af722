import type { IpAddress } from '../internet/address.ts'
import { UdpError } from '../transport/udp/types.ts'
import type { UdpSocket } from '../transport/udp/udp-socket.ts'
import {
  buildDns,
  DNS_CLASS_IN,
  DNS_FORMAT_ERROR,
  DNS_NOT_IMPLEMENTED,
  DNS_PORT,
  type DnsMessage,
  parseDns,
} from '../wire/dns.ts'
import { buildEdns } from '../wire/dns-edns.ts'
import { WireError } from '../wire/error.ts'
import { DnsStream } from './dns-stream.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

export interface DnsCounters {
  queries: number
  answers: number
  /** Answers to something else: another identifier, another question. Somebody may be guessing (RFC 5452). */
  mismatched: number
  malformed: number
  /** Answers that did not fit into a datagram, and were asked for by TCP. */
  truncated: number
  timeouts: number
  cacheHits: number
  cacheEvicted: number
  /** Too many were under way. */
  questionsRefused: number
  addressesLeftOut: number
}

/** One question to one server. */
export interface DnsExchange {
  readonly stack: Stack
  readonly scheduler: Scheduler
  readonly counters: DnsCounters
  readonly server: IpAddress
  /** In its canonical text. */
  readonly name: string
  readonly type: number
  readonly timeoutMs: number
  /** Largest answer that we say to take by UDP; 0 says nothing of it (RFC 6891). */
  readonly payloadBytes: number
}

/** Asks by UDP, and by TCP where the answer is too large for that (RFC 7766 5). Null when the server did not answer. */
export async function ask(exchange: DnsExchange): Promise<DnsMessage | null> {
  // RFC 5452 9.2: the identifier is drawn for each question, and the socket draws its port.
  const id = Math.floor(exchange.stack.internet.random() * 0x1_0000)
  const query = buildDns({
    id,
    recursionDesired: 1,
    questions: [{ name: exchange.name, type: exchange.type, class: DNS_CLASS_IN }],
    additionals: exchange.payloadBytes === 0 ? [] : [buildEdns(exchange.payloadBytes)],
  })
  const message = await askByUdp(exchange, id, query)
  if (message === null || message.truncated === 0) return message
  // RFC 2181 9: what is there of a truncated answer is not used.
  exchange.counters.truncated++
  return askByTcp(exchange, id, query)
}

function askByUdp(exchange: DnsExchange, id: number, query: Uint8Array): Promise<DnsMessage | null> {
  const { stack, scheduler, counters, server, timeoutMs } = exchange
  return new Promise((resolve) => {
    let socket: UdpSocket
    try {
      socket = stack.udp.open({ family: server.family })
    } catch (error) {
      if (!(error instanceof UdpError)) throw error
      resolve(null)
      return
    }
    const end = (message: DnsMessage | null): void => {
      timer.cancel()
      socket.close()
      resolve(message)
    }
    const timer = scheduler.schedule(timeoutMs, () => {
      counters.timeouts++
      end(null)
    })
    socket.onError = () => end(null)
    socket.onReadable = () => {
      const message = nextAnswer(socket, exchange, id)
      if (message !== null) end(message)
    }
    try {
      // Connected, so that it hears this address and port only.
      socket.connect(server, DNS_PORT)
      counters.queries++
      socket.send(query, null, 0, scheduler.now())
    } catch {
      end(null)
    }
  })
}

function nextAnswer(socket: UdpSocket, exchange: DnsExchange, id: number): DnsMessage | null {
  for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
    const message = read(datagram.bytes, exchange, id)
    if (message !== null) return message
  }
  return null
}

function askByTcp(exchange: DnsExchange, id: number, query: Uint8Array): Promise<DnsMessage | null> {
  const { stack, scheduler, counters, server, timeoutMs } = exchange
  const local = stack.internet.findPath(server)?.source
  if (local === undefined) return Promise.resolve(null)
  return new Promise((resolve) => {
    let connection: ReturnType<Stack['tcp']['connect']>
    try {
      connection = stack.tcp.connect({ local, remote: server, remotePort: DNS_PORT }, scheduler.now())
    } catch {
      resolve(null)
      return
    }
    const end = (message: DnsMessage | null): void => {
      timer.cancel()
      stream.abandon()
      resolve(message)
    }
    const timer = scheduler.schedule(timeoutMs, () => {
      counters.timeouts++
      end(null)
    })
    const onMessage = (bytes: Uint8Array): void => {
      const message = read(bytes, exchange, id)
      if (message !== null) end(message)
    }
    const onEnd = (): void => end(null)
    const stream = new DnsStream(connection, () => scheduler.now(), { onMessage, onEnd, onClosed: onEnd })
    counters.queries++
    stream.send(query)
  })
}

/** The message, if it answers this very question. */
function read(bytes: Uint8Array, exchange: DnsExchange, id: number): DnsMessage | null {
  let message: DnsMessage
  try {
    message = parseDns(bytes)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    exchange.counters.malformed++
    return null
  }
  if (message.id !== id || message.response !== 1 || message.opcode !== 0 || !repeats(message, exchange)) {
    exchange.counters.mismatched++
    return null
  }
  exchange.counters.answers++
  return message
}

/** RFC 5452 3: name, type and class of the question come back. A server that cannot read it may leave it out (RFC 6891 7). */
function repeats(message: DnsMessage, { name, type }: DnsExchange): boolean {
  const [question] = message.questions
  if (question === undefined) {
    return message.responseCode === DNS_FORMAT_ERROR || message.responseCode === DNS_NOT_IMPLEMENTED
  }
  const isAlone = message.questions.length === 1
  return isAlone && question.type === type && question.class === DNS_CLASS_IN && question.name.toLowerCase() === name
}
