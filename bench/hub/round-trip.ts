import { RawConnection } from './connection.ts'
import { within } from './deadline.ts'
import { payloadOf } from './load.ts'
import type { RunningServer } from './server.ts'

const roundTimeoutMs = 60_000
const payloadBytes = 16

/** One requester and one responder, each a connection of its own; so many requests are on their way at any time. */
export class RoundTripBench {
  readonly #requester: RawConnection
  readonly #responder: RawConnection
  readonly #requests: readonly Buffer[]

  private constructor(requester: RawConnection, responder: RawConnection, inFlight: number) {
    this.#requester = requester
    this.#responder = responder
    const payload = payloadOf(payloadBytes).toString('latin1')
    this.#requests = Array.from({ length: inFlight }, (_, slot) =>
      Buffer.from(`PUB svc.echo ${inbox(slot)} ${payloadBytes}\r\n${payload}\r\n`),
    )
    const answers = Array.from({ length: inFlight }, (_, slot) =>
      Buffer.from(`PUB ${inbox(slot)} ${payloadBytes}\r\n${payload}\r\n`),
    )
    const take = lineReader((line) => {
      const fields = line.split(' ')
      if (fields[0] === 'MSG') responder.socket.write(answers[slotOf(fields[3]!)]!)
    })
    responder.onBytes = (chunk, length) => {
      responder.socket.cork()
      take(chunk, length)
      responder.socket.uncork()
    }
  }

  static async open(server: RunningServer, inFlight: number): Promise<RoundTripBench> {
    const responder = await RawConnection.ready(server.port, 'SUB svc.echo 1\r\n')
    const requester = await RawConnection.ready(server.port, 'SUB _INBOX.bench.* 1\r\n')
    return new RoundTripBench(requester, responder, inFlight)
  }

  /**
   * @returns round trip times in milliseconds, sorted
   * @throws Error when an answer is missing at the deadline, or the server ends a connection
   */
  async run(requests: number): Promise<Float64Array> {
    const times = new Float64Array(requests)
    const sentAt = new Float64Array(this.#requests.length)
    let sent = 0
    let answered = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const send = (slot: number) => {
      sent += 1
      sentAt[slot] = performance.now()
      this.#requester.socket.write(this.#requests[slot]!)
    }
    const take = lineReader((line) => {
      const fields = line.split(' ')
      if (fields[0] !== 'MSG') return
      const slot = slotOf(fields[1]!)
      times[answered] = performance.now() - sentAt[slot]!
      answered += 1
      if (answered === requests) resolve()
      else if (sent < requests) send(slot)
    })
    this.#requester.onBytes = (chunk, length) => {
      this.#requester.socket.cork()
      take(chunk, length)
      this.#requester.socket.uncork()
    }
    for (let slot = 0; slot < Math.min(requests, this.#requests.length); slot += 1) send(slot)
    await within(
      Promise.race([promise, this.#requester.failed, this.#responder.failed]),
      roundTimeoutMs,
      `answer ${answered + 1} of ${requests}`,
    )
    return times.sort()
  }

  close(): void {
    this.#requester.close()
    this.#responder.close()
  }
}

function inbox(slot: number): string {
  return `_INBOX.bench.${slot}`
}

function slotOf(subject: string): number {
  return Number(subject.slice(subject.lastIndexOf('.') + 1))
}

/** Hands on protocol lines without their CRLF; payload lines too, which begin with no protocol word here. */
function lineReader(onLine: (line: string) => void): (chunk: Buffer, length: number) => void {
  let rest = ''
  return (chunk, length) => {
    const lines = (rest + chunk.toString('latin1', 0, length)).split('\r\n')
    rest = lines.pop()!
    for (const line of lines) onLine(line)
  }
}
