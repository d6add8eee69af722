import { RawConnection } from './connection.ts'
import { within } from './deadline.ts'
import { payloadOf, seeded } from './load.ts'
import type { RunningServer } from './server.ts'

const subscribeTimeoutMs = 120_000
const matchTimeoutMs = 60_000
const payloadBytes = 16

/** Many different literal subjects over a few connections: how fast they are subscribed, and how fast messages find the right one. */
export class SubscriptionsBench {
  readonly #server: RunningServer
  readonly #total: number
  readonly #perConnection: number
  readonly #subscribers: RawConnection[] = []
  #publisher: RawConnection | undefined

  constructor(server: RunningServer, total: number, connections: number) {
    this.#server = server
    this.#total = total
    this.#perConnection = total / connections
  }

  /** @returns seconds from the first SUB until the server has answered for the last */
  async subscribe(): Promise<number> {
    const encoded = Array.from({ length: this.#total / this.#perConnection }, (_, connection) => {
      let lines = ''
      const first = connection * this.#perConnection
      for (let index = 0; index < this.#perConnection; index += 1)
        lines += `SUB ${subject(first + index)} ${index + 1}\r\n`
      return Buffer.from(`${lines}PING\r\n`)
    })
    for (let index = 0; index < encoded.length; index += 1)
      this.#subscribers.push(await RawConnection.ready(this.#server.port))
    const begun = performance.now()
    const answered = this.#subscribers.map((subscriber, index) => subscribed(subscriber, encoded[index]!))
    await within(Promise.all(answered), subscribeTimeoutMs, 'subscribing')
    return (performance.now() - begun) / 1000
  }

  /**
   * Publishes to subjects drawn from all of them, so that no small cache answers for the index.
   *
   * @returns seconds until each message has reached the connection that it is for
   */
  async match(messages: number): Promise<{ seconds: number; cpuSeconds: number }> {
    this.#publisher ??= await RawConnection.ready(this.#server.port)
    const random = seeded(11)
    const payload = payloadOf(payloadBytes).toString('latin1')
    const expected = new Float64Array(this.#subscribers.length)
    const chunks: Buffer[] = []
    for (let sent = 0, lines = ''; sent < messages; sent += 1) {
      const index = Math.floor(random() * this.#total)
      const connection = Math.floor(index / this.#perConnection)
      const sid = String((index % this.#perConnection) + 1)
      lines += `PUB ${subject(index)} ${payloadBytes}\r\n${payload}\r\n`
      expected[connection]! += `MSG ${subject(index)} ${sid} ${payloadBytes}\r\n${payload}\r\n`.length
      if (lines.length > 128 * 1024 || sent === messages - 1) {
        chunks.push(Buffer.from(lines))
        lines = ''
      }
    }
    const received = this.#subscribers.map((subscriber, index) => receives(subscriber, expected[index]!))
    const failures = [this.#publisher, ...this.#subscribers].map(({ failed }) => failed)
    const cpu = this.#server.cpuSeconds()
    const begun = performance.now()
    const { socket } = this.#publisher
    for (const chunk of chunks) {
      if (!socket.write(chunk))
        await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), this.#publisher.failed])
    }
    await within(Promise.race([Promise.all(received), ...failures]), matchTimeoutMs, 'delivery')
    return { seconds: (performance.now() - begun) / 1000, cpuSeconds: this.#server.cpuSeconds() - cpu }
  }

  close(): void {
    this.#publisher?.close()
    for (const subscriber of this.#subscribers) subscriber.close()
  }
}

function subject(index: number): string {
  return `site.${index % 1000}.device.${Math.floor(index / 1000)}.state`
}

/** Writes subscriptions and waits for the PONG behind them. */
async function subscribed(subscriber: RawConnection, lines: Buffer): Promise<void> {
  let seen = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  subscriber.onBytes = (chunk, length) => {
    seen = (seen + chunk.toString('latin1', 0, length)).slice(-1024)
    if (seen.includes('-ERR'))
      subscriber.fail(new Error(`the server said: ${seen.slice(seen.indexOf('-ERR')).split('\r\n')[0]}`))
    else if (seen.includes('PONG\r\n')) resolve()
  }
  subscriber.socket.write(lines)
  await Promise.race([promise, subscriber.failed])
}

/** Resolves when exactly so many bytes have come, PINGs of the server apart. */
async function receives(subscriber: RawConnection, bytes: number): Promise<void> {
  let got = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  subscriber.onBytes = (chunk, length) => {
    got += length
    if (chunk[0] === 0x2d && chunk.toString('latin1', 0, 4) === '-ERR') {
      subscriber.fail(new Error(`the server said: ${chunk.toString('latin1', 0, Math.min(length, 200)).trim()}`))
    }
    if (got >= bytes) resolve()
  }
  if (bytes === 0) resolve()
  await promise
}
